#!/usr/bin/env bash
# py-spy 0.4.3's Chrome trace ends the calls of one process in another.
#
# Forked processes share the number of their main thread, and `--format chrometrace --subprocesses` keeps one stack for each
# thread number: where a sample of the child follows one of the parent, the parent's calls end, but their end events carry
# the child's process number. What pairs B and E by process and thread, as the format has it, finds calls of the parent
# that never end, and ends in the child of functions that it never ran.
#
# Needs root, or a kernel that lets a process look at its children (py-spy starts the program itself).
# Seen: `alpha` runs in the parent only; its B are all in the parent, most of its E in the child. `beta` the other way round.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check py-spy==0.4.3
cat >"$work/app.py" <<'PYTHON'
import os
import time


def burn(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def alpha():
    burn(1.5)


def beta():
    burn(1.5)


child = os.fork()
if child:
    alpha()
    os.waitpid(child, 0)
else:
    beta()
PYTHON
"$work/venv/bin/py-spy" record --subprocesses --format chrometrace --output "$work/trace.json" -- "$work/venv/bin/python" "$work/app.py" >/dev/null 2>&1
"$work/venv/bin/python" - "$work/trace.json" <<'PYTHON'
import collections
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    events = json.load(file)
counts = collections.Counter((event["name"], event["ph"], event["pid"]) for event in events if event["name"] in ("alpha", "beta"))
for (name, phase, process), count in sorted(counts.items()):
    print(name, phase, "process", process, count)
begun = {name: {process for (each, phase, process) in counts if (each, phase) == (name, "B")} for name in ("alpha", "beta")}
assert all(len(processes) == 1 for processes in begun.values()) and begun["alpha"] != begun["beta"], begun
assert len({event["tid"] for event in events}) == 1, "threads of the two have different numbers now"
strays = sum(count for (name, phase, process), count in counts.items() if phase == "E" and process not in begun[name])
print("ends in the other process:", strays)
assert strays > 0, "calls end where they began: the note is out of date"
PYTHON
