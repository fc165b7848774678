#!/usr/bin/env bash
# VizTracer 1.1.1 counts calls from before os.fork() once for each process.
#
# A forked child inherits what VizTracer holds of its parent, and saves it with its own events under its own process
# number. The combined file has the parent's calls twice, at the same times (but for rounding): sums over the whole file
# double, and the child seems to have run, before it began, what only its parent did. The files of both are valid; nothing
# marks the copies.
#
# Seen: `before`, called 10 times, 10 times in each of two processes, at equal times; `child` and `parent` in one each.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check viztracer==1.1.1
cat >"$work/app.py" <<'PYTHON'
import os


def before():
    return 1


def child():
    return 2


def parent():
    return 3


for _ in range(10):
    before()
number = os.fork()
if number:
    for _ in range(5):
        parent()
    os.waitpid(number, 0)
else:
    for _ in range(3):
        child()
PYTHON
"$work/venv/bin/viztracer" --output_file "$work/trace.json" "$work/app.py" >/dev/null 2>&1
"$work/venv/bin/python" - "$work/trace.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    events = [event for event in json.load(file)["traceEvents"] if event["ph"] == "X"]


def calls(name):
    times = {}
    for event in events:
        if event["name"].split(" ")[0] == name:
            times.setdefault(event["pid"], []).append((event["ts"], event["dur"]))
    return list(times.values())


for name in ("before", "parent", "child"):
    print(name, "in each process:", [len(times) for times in calls(name)])
assert [len(times) for times in calls("parent")] == [5] and [len(times) for times in calls("child")] == [3]
before = calls("before")
assert [len(times) for times in before] == [10, 10], "the child has its own calls only: the note is out of date"
apart = max(abs(one[0] - other[0]) for one, other in zip(*map(sorted, before)))
print("the two processes' times of it differ by at most %.3f µs" % apart)
assert apart < 0.1, "the calls are no copies any more"
PYTHON
