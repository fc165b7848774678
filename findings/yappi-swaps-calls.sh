#!/usr/bin/env bash
# yappi 1.7.3 writes pstats files whose two numbers of calls are the other way round.
#
# A function that calls itself is recorded as (calls, primitive calls): 21 and 1 here. cProfile's file has the primitive
# number first, as Python's pstats documents and reads it; yappi's has all calls first, so pstats.Stats prints "1/21"
# where 21/1 is right, and its primitive calls exceed its calls. Numbers of callers are in pstats' own order, so that
# the file contradicts itself.
#
# Seen: cProfile (1, 21), yappi (21, 1); the edge of down to itself (20, 1) and (20, 0), all calls first in both.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet yappi==1.7.3
cat >"$work/record.py" <<'PYTHON'
import cProfile
import marshal
import sys

import yappi


def down(depth):
    return down(depth - 1) + 1 if depth else 0


def counts(path):
    with open(path, "rb") as file:
        stats = marshal.load(file)
    return next(entry for (_, _, name), entry in stats.items() if name == "down")


profiler = cProfile.Profile()
profiler.runcall(down, 20)
profiler.dump_stats(sys.argv[1] + "/cprofile")
yappi.start()
down(20)
yappi.stop()
yappi.get_func_stats().save(sys.argv[1] + "/yappi", type="pstat")
theirs, ours = counts(sys.argv[1] + "/cprofile"), counts(sys.argv[1] + "/yappi")
print("cProfile", theirs[:2], "yappi", ours[:2])
edges = [tuple(edge[:2]) for entry in (theirs, ours) for (_, _, name), edge in entry[4].items() if name == "down"]
print("edges of down to itself:", edges)
assert theirs[:2] == (1, 21), "cProfile has changed"
assert tuple(ours[:2]) == (21, 1), "yappi has changed: the note is out of date"
PYTHON
"$work/venv/bin/python" "$work/record.py" "$work"
