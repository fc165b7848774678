"""Records workloads: python tests/treebench DIRECTORY [WORKLOAD ...]

Each in a process of its own, so that what one imported or cached does not shorten another.
"""

import os
import sys

import recorder
import workloads


def main():
    directory, names = sys.argv[1], sys.argv[2:] or list(workloads.ALL)
    os.makedirs(directory, exist_ok=True)
    for name in names:
        child = os.fork()
        if child == 0:
            sys.setrecursionlimit(20_000)
            run = workloads.ALL[name]()
            functions, boxes = recorder.record(run, os.path.join(directory, name))
            print(f"{name:18} {functions:6,} functions {boxes:7,} boxes", flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"{name} failed")


if __name__ == "__main__":
    main()
