#!/usr/bin/env bash
# flameprof 0.4 loses a quarter of the time of what a recursive function calls.
#
# A pstats file has callers, not stacks, so flameprof makes up stacks: of a function that is called by itself and by another
# it gives each the same share, and of what is left again at the next level, but not further than three levels. The rest is
# in no stack. `--format log`, for flamegraph.pl, then adds up to less than the profile; the image has an empty place.
#
# Seen: `burn`, called once, from the deepest of 11 levels of `down`: half of its time under the first level, a quarter under
# the second, a quarter nowhere. Without recursion (`flat`) all of it is there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check flameprof==0.4
cat >"$work/record.py" <<'PYTHON'
import cProfile
import sys
import time


def burn():
    end = time.perf_counter() + 0.4
    while time.perf_counter() < end:
        pass


def down(depth):
    if depth:
        down(depth - 1)
    else:
        burn()


def flat():
    burn()


for name, run in (("down", lambda: down(10)), ("flat", flat)):
    profiler = cProfile.Profile()
    profiler.runcall(run)
    profiler.dump_stats(f"{sys.argv[1]}/{name}.prof")
PYTHON
"$work/venv/bin/python" "$work/record.py" "$work"
for name in down flat; do "$work/venv/bin/python" -m flameprof --format log "$work/$name.prof" >"$work/$name.log"; done
"$work/venv/bin/python" - "$work" <<'PYTHON'
import pstats
import sys

shares = {}
for name in ("down", "flat"):
    total = pstats.Stats(f"{sys.argv[1]}/{name}.prof").total_tt
    levels = {}
    with open(f"{sys.argv[1]}/{name}.log", encoding="utf-8") as file:
        for line in file:
            stack, _, microseconds = line.rpartition(" ")
            level = stack.count(":down")
            levels[level] = levels.get(level, 0) + int(microseconds) / total / 1e6
    print(name, "%.2f s," % total, "by levels of down:", {level: round(share, 3) for level, share in levels.items()})
    shares[name] = levels
assert abs(sum(shares["flat"].values()) - 1) < 0.02, "all time without recursion"
assert abs(shares["down"][1] - 0.5) < 0.02 and abs(shares["down"][2] - 0.25) < 0.02, "the shares have changed"
assert abs(sum(shares["down"].values()) - 0.75) < 0.02, "no time is lost: the note is out of date"
PYTHON
