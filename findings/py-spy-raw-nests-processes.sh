#!/usr/bin/env bash
# py-spy 0.4.3's collapsed stacks put a child process on top of its parent, as if the parent had called it.
#
# With `--subprocesses --format raw` the stack of a child begins with a frame of its parent, then its own, then its
# functions. What takes the first frame for the process, or sums a frame's total, counts the child's samples for the parent,
# at times when the parent ran other code or waited (and waiting, it has no samples of its own).
#
# Needs root, or a kernel that lets a process look at its children (py-spy starts the program itself).
# Seen: `process A;process B;…;beta (app.py:…)`, while A only waited; no stack begins with B.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check py-spy==0.4.3
cat >"$work/app.py" <<'PYTHON'
import os
import time


def beta():
    end = time.perf_counter() + 1.5
    while time.perf_counter() < end:
        pass


child = os.fork()
if child:
    os.waitpid(child, 0)
else:
    beta()
PYTHON
"$work/venv/bin/py-spy" record --subprocesses --format raw --output "$work/raw" -- "$work/venv/bin/python" "$work/app.py" >/dev/null 2>&1
"$work/venv/bin/python" - "$work/raw" <<'PYTHON'
import re
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    stacks = [line.rpartition(" ")[::2] for line in file]
rows = []
for stack, count in stacks:
    processes = [re.match(r"process (\d+)", frame)[1] for frame in stack.split(";") if frame.startswith("process ")]
    rows.append((processes, "beta (" in stack, int(count)))
samples = {}
for processes, beta, count in rows:
    key = (tuple(processes), beta)
    samples[key] = samples.get(key, 0) + count
for (processes, beta), count in samples.items():
    print("processes:", *processes, "with beta:" if beta else "without beta:", count, "samples")
first = {processes[0] for processes, _, _ in rows}
assert len(first) == 1, "a child's stack begins with itself now"
assert any(beta for _, beta, _ in rows)
assert all(len(processes) == 2 and processes[0] != processes[1] for processes, beta, _ in rows if beta), "the parent is no frame any more"
PYTHON
