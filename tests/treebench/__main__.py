"""Records workloads: python tests/treebench DIRECTORY [WORKLOAD ...]

Each in a process of its own, so that what one imported or cached does not shorten another.
"""

import os
import subprocess
import sys

import recorder
import script
import workloads


def in_fork(name, target):
    """Set up and recorded in a copy of this process; the exit status."""
    child = os.fork()
    if child == 0:
        sys.setrecursionlimit(20_000)
        functions, boxes = recorder.record(target, workloads.PREPARED[name]())
        script.say(name, functions, boxes)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return status


def main():
    directory, names = sys.argv[1], sys.argv[2:] or workloads.ALL
    os.makedirs(directory, exist_ok=True)
    for name in names:
        target = os.path.join(directory, name)
        if name in script.SCRIPTS:
            status = subprocess.run([sys.executable, script.__file__, name, target]).returncode
        else:
            status = in_fork(name, target)
        if status:
            sys.exit(f"{name} failed")


if __name__ == "__main__":
    main()
