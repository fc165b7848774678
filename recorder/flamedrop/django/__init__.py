# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""Flamedrop for Django.

    INSTALLED_APPS = [..., "flamedrop.django"]                      # manage.py flamedrop URL
    MIDDLEWARE = ["flamedrop.django.RecorderMiddleware", ...]       # ?flamedrop, or the header X-Flamedrop

Settings, all of the middleware:

    FLAMEDROP_ALLOW = True          records where DEBUG is false; SQL's parameters are written as they are
    FLAMEDROP_RECORD = "all"        records every request, without being asked
    FLAMEDROP_DIRECTORY = "..."     where recordings go; "flamedrop" if nothing is said

The middleware is that of recorder/flamedrop_recorder.py, whose docstring has the rest.
"""


def __getattr__(name):
    # Not before it is asked for: an app may be loaded before models may be imported.
    if name == "RecorderMiddleware":
        from flamedrop_recorder import RecorderMiddleware

        return RecorderMiddleware
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
