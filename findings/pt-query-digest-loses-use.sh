#!/usr/bin/env bash
# pt-query-digest 3.2.1 loses a record whose statement is USE, and shows the next record's header as a query.
#
# A client can send `use shop` as a statement; the server logs it like any other, behind SET timestamp. pt-query-digest
# takes it for the line that servers write before a statement, and goes on to the next record: there the header is the
# statement's text.
#
# Seen: 3 records, 2 queries, one of them "user@host: …". Takes pt-query-digest from PATH (Debian's percona-toolkit).
set -euo pipefail
command -v pt-query-digest >/dev/null || { echo "pt-query-digest is missing. Install it: apt-get install percona-toolkit" >&2; exit 1; }
pt-query-digest --version
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As MariaDB 11.8 writes it.
header='# User@Host: d[d] @  [127.0.0.1]
# Thread_id: 4  Schema: shop  QC_hit: No
# Query_time: 0.000140  Lock_time: 0.000000  Rows_sent: 0  Rows_examined: 0
# Rows_affected: 0  Bytes_sent: 11
SET timestamp=1795904811;'
printf '%s\n' '# Time: 261128 22:26:51' "$header" 'SELECT 1;' "$header" 'use shop;' "$header" 'SELECT 2;' >"$work/log"
pt-query-digest --no-version-check --limit=100% --output=json "$work/log" >"$work/report" 2>/dev/null
python3 - "$work/report" <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
classes = json.loads(text[text.index("{") :])["classes"]
for entry in classes:
    print(entry["query_count"], entry["fingerprint"])
count = sum(entry["query_count"] for entry in classes)
assert count == 2, f"{count} queries: pt-query-digest has changed"
assert any("user@host" in entry["fingerprint"] for entry in classes), "the header is no query any more"
PYTHON
