#!/usr/bin/env bash
# memray 1.20.0's csv says of what three threads allocated that one of them did.
#
# `memray transform csv` has the columns tid and thread_name, but merges allocations of one stack whatever thread made them;
# the row has the thread of one of them. A pool's threads all run one function, so that a thread seems to hold the memory of
# the whole pool. Pages of `memray flamegraph` are merged the same way unless they are asked to --split-threads, which
# transform does not take.
#
# Seen: three threads of 5 MB each; one row of 3 allocations and 15 MB, of one thread.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check memray==1.20.0
cat >"$work/app.py" <<'PYTHON'
import threading

keep = []


def work():
    keep.append(bytearray(5_000_000))


for number in range(3):
    thread = threading.Thread(target=work, name=f"pool-{number}")
    thread.start()
    thread.join()
PYTHON
"$work/venv/bin/memray" run --quiet --output "$work/app.bin" "$work/app.py"
"$work/venv/bin/memray" transform csv --output "$work/app.csv" "$work/app.bin" >/dev/null
"$work/venv/bin/python" - "$work/app.csv" <<'PYTHON'
import csv
import sys

with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = [row for row in csv.DictReader(file) if row["stack_trace"].startswith("work;") and int(row["size"]) >= 5_000_000]
for row in rows:
    print(row["num_allocations"], "allocations,", row["size"], "bytes, thread", row["tid"], row["thread_name"])
assert len(rows) == 1, "threads have their own rows: the note is out of date"
assert rows[0]["num_allocations"] == "3" and int(rows[0]["size"]) >= 15_000_000, "the row has changed"
assert "pool-" in rows[0]["thread_name"], "the row names no thread any more"
PYTHON
