# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""See where the time of a Python program and its SQL went.

    flamedrop run app.py          records a script and opens it (also: python -m flamedrop run …)
    flamedrop open app.prof       opens recordings
    %load_ext flamedrop           in a notebook: %flamedrop and %%flamedrop
    flamedrop.django              for INSTALLED_APPS and MIDDLEWARE

The work is done by a native program, which this package comes with; here is what must be Python.
"""


def load_ipython_extension(shell):
    """%load_ext flamedrop"""
    from .notebook import Magics

    shell.register_magics(Magics)
