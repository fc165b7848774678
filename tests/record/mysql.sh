#!/usr/bin/env bash
# MariaDB's slow query log and general log of the shop's visitors, and what percona-toolkit's
# pt-query-digest counts in the slow one, which the readers must equal; performance_schema's digests
# of the same time, as `mariadb --batch` and as JSON.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/mariadb.sh"
source "$here/python.sh"
target=$here/../data/mysql

if ! command -v pt-query-digest >/dev/null; then
    echo "pt-query-digest is missing. Install it: apt-get install percona-toolkit" >&2
    exit 1
fi

trap stop_mariadb EXIT
make_mariadb --performance-schema=ON --innodb-flush-log-at-trx-commit=0 \
    --slow-query-log-file=slow.log --general-log-file=general.log \
    --log-slow-verbosity=query_plan,innodb,explain
administer() { administer_mariadb "$@"; }
cd "$shop"
export SHOP_MYSQL_PORT=$mysql_port
"$python" manage.py migrate --verbosity 0
"$python" manage.py seed

# The administrator's connections never get into the logs: they switch them on and off.
administer <<'SQL'
TRUNCATE performance_schema.events_statements_summary_by_digest;
SET sql_log_off = 1;
SET GLOBAL long_query_time = 0;
SET GLOBAL slow_query_log = ON;
SET GLOBAL general_log = ON;
SQL
"$python" manage.py workload
administer <<'SQL'
SET sql_log_off = 1;
SET long_query_time = 1000;
SET GLOBAL long_query_time = 1000;
SET GLOBAL slow_query_log = OFF;
SET GLOBAL general_log = OFF;
SQL

mkdir -p "$target"
digests="SELECT * FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = 'shop'"
administer --batch --execute="$digests" >"$target/digests.tsv"
# As people look at it: in frames, and a line for each column.
few=${digests/\*/SCHEMA_NAME, DIGEST, DIGEST_TEXT, COUNT_STAR, SUM_TIMER_WAIT, MIN_TIMER_WAIT, MAX_TIMER_WAIT, SUM_ROWS_SENT}
administer --table --execute="$few" >"$target/digests_table.txt"
administer --vertical --execute="$few" >"$target/digests_vertical.txt"
columns=$(administer --batch --skip-column-names --execute="SELECT GROUP_CONCAT(CONCAT(QUOTE(COLUMN_NAME), ', ', COLUMN_NAME) ORDER BY ORDINAL_POSITION) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'performance_schema' AND TABLE_NAME = 'events_statements_summary_by_digest'")
administer --batch --raw --skip-column-names --execute="SELECT JSON_OBJECT($columns) FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME = 'shop'" |
    sed -e '1s/^/[\n/; $!s/$/,/; $s/$/\n]/' >"$target/digests.json"

# The server's own start names directories.
for log in slow general; do
    sed -e 's|/[^ ]*/sock|/run/mysqld/mysqld.sock|' -e 's|^[^ ]*mariadbd, Version|/usr/sbin/mariadbd, Version|' "$mysql_work/data/$log.log" |
        gzip --best --no-name >"$target/shop.$log.log.gz"
done
# One line for each of its classes, with the sample it keeps, and how many queries it put there.
gzip -dc "$target/shop.slow.log.gz" | pt-query-digest --no-version-check --limit=100% --output=json - 2>"$mysql_work/pt" |
    "$python" -c '
import json, sys
text = sys.stdin.read()
classes = json.loads(text[text.index("{") :])["classes"]
entries = sorted((each["fingerprint"], each["query_count"], each["example"]["query"]) for each in classes)
print("[")
print(",\n".join(json.dumps({"fingerprint": f, "calls": c, "example": e}, ensure_ascii=False) for f, c, e in entries))
print("]")
' >"$target/shop.pt-query-digest.json"
gzip --best --no-name --force "$target/digests.json"
chmod 644 "$target"/*
cd "$target"
for file in shop.* digests.*; do
    printf '%s: %d bytes, %d gzipped\n' "$file" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
