#!/usr/bin/env bash
# pyinstrument 5.1.2's pstats files have -1 for numbers of calls, and count recursion once per level.
#
# `pyinstrument -r pstats` writes files that snakeviz, gprof2dot and pstats open. A sampler sees no calls, so each
# function has (-1, -1); programs that divide by them show negative times per call. And the total of a function that
# calls itself is the sum over all its levels, where cProfile counts outermost calls only: more than the run lasted.
#
# Seen: every count -1; total of `down`, 5 levels deep, between 3 and 6 times the run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyinstrument==5.1.2
cat >"$work/app.py" <<'PYTHON'
import time


def down(depth):
    if depth:
        return down(depth - 1)
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        pass


down(4)
PYTHON
"$work/venv/bin/pyinstrument" -r pstats -o "$work/app.prof" "$work/app.py"
"$work/venv/bin/python" - "$work/app.prof" <<'PYTHON'
import marshal
import sys

with open(sys.argv[1], "rb") as file:
    stats = marshal.load(file)
counts = {entry[:2] for entry in stats.values()}
run = sum(entry[2] for entry in stats.values())
total = next(entry[3] for (_, _, name), entry in stats.items() if name == "down")
print("counts:", counts, "run: %.2f s, total of down: %.2f s" % (run, total))
assert counts == {(-1, -1)}, "counts have changed"
assert total > 3 * run, "recursion is counted once now"
PYTHON
