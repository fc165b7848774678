#!/usr/bin/env bash
# gprof2dot 2025.4.14 writes 1× at the edge of a function to itself that called itself 20 times.
#
# Of a caller, cProfile's file has all calls and then the primitive ones, other than of a function, where primitive calls
# come first. gprof2dot shows the primitive calls of such an edge, and an edge of recursion has almost none, but all calls
# in the box. The box says 21×, its arrows in add up to 2×.
#
# Seen: pstats (20, 1) for down to down; gprof2dot: box 21×, arrow to itself 1×.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gprof2dot==2025.4.14
cat >"$work/record.py" <<'PYTHON'
import cProfile
import sys


def down(depth):
    return down(depth - 1) + sum(range(20_000)) if depth else 0


def main():
    down(20)


profiler = cProfile.Profile()
profiler.runcall(main)
profiler.dump_stats(sys.argv[1])
PYTHON
"$work/venv/bin/python" "$work/record.py" "$work/app.prof"
"$work/venv/bin/gprof2dot" --format pstats --node-thres 0 --edge-thres 0 --output "$work/app.dot" "$work/app.prof"
"$work/venv/bin/python" - "$work/app.prof" "$work/app.dot" <<'PYTHON'
import marshal
import re
import sys

with open(sys.argv[1], "rb") as file:
    stats = marshal.load(file)
function, entry = next((function, entry) for function, entry in stats.items() if function[2] == "down")
with open(sys.argv[2], encoding="utf-8") as file:
    text = file.read()
node, box = re.search(r'^\s*(\d+) \[.*label="[^"]*:down\\n[^"]*?(\d+)×"', text, re.M).groups()
arrow = re.search(rf'^\s*{node} -> {node} \[.*label="[^"]*?(\d+)×"', text, re.M)[1]
print("pstats: down", entry[:2], "down to down", entry[4][function][:2])
print(f"gprof2dot: box {box}×, arrow {arrow}×")
assert entry[:2] == (1, 21) and entry[4][function][:2] == (20, 1), "cProfile has changed"
assert (box, arrow) == ("21", "1"), "gprof2dot has changed: the note is out of date"
PYTHON
