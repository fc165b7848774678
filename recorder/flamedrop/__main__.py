# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""`python -m flamedrop …` is `flamedrop …`, with this Python for `run`."""

import os
import subprocess
import sys

from . import program


def main():
    path, words = program.path(), sys.argv[1:]
    if words[:1] == ["run"] and here(words[1:]):
        from . import run

        # In this process, so that options of the interpreter (-O, -W, -X) hold for the program as well.
        run.main(["--flamedrop", path, *words[1:]])
    elif os.name == "nt":
        sys.exit(subprocess.call([path, *words]))
    else:
        os.execv(path, [path, *words])


def here(words):
    """Whether the options before the program's name ask for nothing that only the native program has."""
    for word in words:
        if word in ("-h", "--help") or word.startswith("--python"):
            return False
        if word in ("-m", "--") or not word.startswith("-"):
            return True
    return False


if __name__ == "__main__":
    main()
