#!/usr/bin/env bash
# memray 1.20.0's page of `flamegraph --temporal --leaks` has no snapshots to look at: they are null, and what leaked is what has
# no end.
#
# The page of `--temporal` has `high_water_mark_by_snapshot`, a number for each moment, and intervals that begin and end before
# such moments: what lives at the highest is what the plain page shows. With --leaks that list is null, not empty and not of one
# number, though intervals are there as before: taking the first moment for the peak, one has nothing at all.
#
# Seen: null; the intervals whose end is null add up to what the page of --leaks alone has.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check memray==1.20.0
cd "$work"
cat >keeper.py <<'PYTHON'
kept = []


def keep():
    kept.append(bytearray(7_000_000))


def pass_on():
    return len(bytearray(9_000_000))
PYTHON
cat >app.py <<'PYTHON'
import time

import keeper

for _ in range(3):
    keeper.keep()
    keeper.pass_on()
    time.sleep(0.1)
PYTHON
venv/bin/memray run --quiet --output app.bin app.py
venv/bin/memray flamegraph --temporal --leaks --output temporal.html app.bin >/dev/null
venv/bin/memray flamegraph --leaks --output plain.html app.bin >/dev/null
venv/bin/python - <<'PYTHON'
import json


def packed(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    begin = text.index("packed_data = ") + len("packed_data = ")
    return json.JSONDecoder().raw_decode(text, begin)[0]


temporal, plain = packed("temporal.html"), packed("plain.html")
leaked = sum(one[-1] for one in temporal["intervals"] if one[1] is None)
total = plain["nodes"]["value"][0]
print("peaks:", temporal["high_water_mark_by_snapshot"], "leaked:", leaked, "the plain page:", total)
assert temporal["high_water_mark_by_snapshot"] is None, "there are peaks: the note is out of date"
assert leaked == total >= 21_000_000, "intervals without an end are not what leaked"
PYTHON
