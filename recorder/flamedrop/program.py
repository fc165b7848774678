# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the native program is, and what it makes for the rest of this package."""

import os
import subprocess
import sys
import sysconfig

NAME = "flamedrop.exe" if os.name == "nt" else "flamedrop"


def folders():
    """Where installers put programs, the likeliest first."""
    yield sysconfig.get_path("scripts")
    yield os.path.dirname(sys.executable)
    # pip install --user, and the prefixes of distributions.
    for scheme in sysconfig.get_scheme_names():
        if scheme.endswith("user") or scheme in ("posix_local", "deb_system"):
            yield sysconfig.get_path("scripts", scheme)
    # pip install --target, --prefix: beside, or above, the packages.
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for folder in (here, os.path.join(here, *[os.pardir] * 3)):
        yield os.path.join(folder, "Scripts" if os.name == "nt" else "bin")


def path():
    """The native program.

    Raises FileNotFoundError where it was not installed with this package.
    """
    tried = []
    for folder in folders():
        found = os.path.join(folder, NAME)
        if os.path.isfile(found):
            return found
        tried.append(folder)
    raise FileNotFoundError("flamedrop's program is not in %s: install the wheel anew" % ", ".join(tried))


def page(files, view):
    """The page with these recordings in it, as HTML, nothing left out.

    Raises RuntimeError with what the program says, if it cannot be made.
    """
    command = [path(), "report", "--strip", "nothing", "--view", view, "--output", "-", *files]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode or not done.stdout:
        raise RuntimeError(done.stderr.decode("utf-8", "replace").strip())
    return done.stdout.decode("utf-8")


def open_files(files, arguments=()):
    """Opens recordings in the browser; the exit status."""
    return subprocess.call([path(), "open", *arguments, *files], stdin=subprocess.DEVNULL)
