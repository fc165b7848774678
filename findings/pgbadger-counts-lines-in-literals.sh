#!/usr/bin/env bash
# pgBadger 12.0 counts a line within a statement's literal as a statement.
#
# PostgreSQL begins the second and further lines of a statement with a tab, so that they cannot be taken for lines of the
# log. pgBadger takes one that reads like a line of the log for one all the same: whoever can store a text in the database
# can put statements into the report.
#
# Seen: one INSERT was sent; pgBadger reports 2 queries. Takes pgbadger from PATH (Debian's package).
set -euo pipefail
command -v pgbadger >/dev/null || { echo "pgbadger is missing. Install it: apt-get install pgbadger" >&2; exit 1; }
pgbadger --version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As PostgreSQL 15 and 18 write it, log_line_prefix = '%m [%p] %q%u@%d '.
printf '%s\n' \
    "2026-11-20 10:00:00.000 UTC [77] shop@shop LOG:  duration: 1.000 ms  statement: INSERT INTO notes VALUES ('first line" \
    $'\t'"2026-11-20 10:00:00.000 UTC [78] shop@shop LOG:  duration: 9000.000 ms  statement: SELECT 1" \
    $'\t'"last line')" \
    "2026-11-20 10:00:01.000 UTC [77] shop@shop LOG:  disconnection: session time: 0:00:01.000 user=shop database=shop host=[local]" >"$work/log"
pgbadger --quiet --format stderr --prefix '%m [%p] %q%u@%d ' --extension json --outfile "$work/report.json" "$work/log"
python3 - "$work/report.json" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    report = json.load(file)
stat = report["overall_stat"]
count = sum(each.get("queries_number", 0) for each in [stat, *stat.values()] if isinstance(each, dict))
queries = [list(each) for each in report["normalyzed_info"].values() if isinstance(each, dict)]
print("queries:", count, "of 1 that was sent:", queries)
assert count == 2, "pgBadger has changed: the note is out of date"
PYTHON
