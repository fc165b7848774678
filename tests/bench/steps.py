#!/usr/bin/env python3
# How long the worker's half of a step, an inversion, a sandwich or a search takes, natively, and what memory it holds.
# The page's half is in ./dev bench profile_views.
#
# usage: ./dev bench steps [FUNCTIONS [ROUNDS]]      (100,000 and 5 if none are given)

import subprocess
import sys

from make_profile import write
from measure import INPUTS, ROOT


def main():
    functions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    INPUTS.mkdir(parents=True, exist_ok=True)
    path = INPUTS / f"views-{functions}.prof"
    if not path.exists():
        write(path, functions)
    command = ["cargo", "run", "--release", "--quiet", "--example", "steps", "--", str(path), *sys.argv[2:3]]
    sys.exit(subprocess.run(command, cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
