#!/usr/bin/env bash
# One session of a PostgreSQL server in which things happen to statements, logged in all four ways at
# once (stderr, csvlog, jsonlog, syslog), and the server's own count of the same statements
# (pg_stat_statements): errors, a statement timeout, a lock timeout, a cancel, a deadlock, waits for locks,
# temporary files (of a cursor, too), and plans of auto_explain, in the simple and in the extended protocol.
#
# syslog's lines go to /dev/log, where a small reader (syslog.py) writes them as rsyslog does; so this runs
# as root, where nothing else listens there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$(command -v python3)
source "$here/../shop/postgres.sh"
target=$here/../data/postgres

make_server
"${as_postgres[@]}" mkdir "$work/logs"
cat >"$work/data/run.conf" <<EOF
logging_collector = on
log_destination = 'stderr,csvlog,jsonlog,syslog'
log_directory = '$work/logs'
log_filename = 'events.log'
log_line_prefix = '%m [%p] %q%u@%d %e '
log_disconnections = on
log_lock_waits = on
log_temp_files = 0
deadlock_timeout = '100ms'
work_mem = '64kB'
session_preload_libraries = 'auto_explain'
auto_explain.log_analyze = on
EOF
"$python" "$here/syslog.py" "$work/logs/events.syslog" &
reader=$!
trap 'stop_server; kill "$reader" 2>/dev/null || true; rm -rf "$work"' EXIT
while [[ ! -S /dev/log ]]; do sleep 0.1; done

start_server
administer <<EOF
CREATE EXTENSION pg_stat_statements;
CREATE ROLE shop_web LOGIN;
CREATE DATABASE shop OWNER shop_web;
EOF
as_shop() { PGUSER=shop_web PGDATABASE=shop PGOPTIONS="-c log_min_duration_statement=0 -c auto_explain.log_min_duration=0" "$@"; }
sql() { as_shop "$postgres_bin/psql" --no-psqlrc --quiet --output=/dev/null 2>/dev/null; }
# auto_explain's settings are the administrator's to give away.
administer --command='GRANT SET ON PARAMETER log_min_duration_statement, "auto_explain.log_min_duration" TO shop_web' >/dev/null
administer --command='SELECT pg_stat_statements_reset()' >/dev/null

sql <<'EOF'
CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL, shelf int);
INSERT INTO items SELECT n, repeat('n' || n, 8), n % 50 FROM generate_series(1, 20000) AS n;
SELECT count(*) FROM items WHERE shelf = 7 AND name LIKE '%7%';
SELECT 1 / 0;
SELECT nosuch
  FROM items;
INSERT INTO items VALUES (1, 'twice');
SELECT name, count(*) FROM items GROUP BY name ORDER BY name DESC LIMIT 3;
BEGIN;
DECLARE sorted CURSOR FOR SELECT * FROM items ORDER BY name;
FETCH 10 FROM sorted;
COMMIT;
SET statement_timeout = '50ms';
SELECT pg_sleep(5);
RESET statement_timeout;
SELECT * FROM items
	WHERE id IN (SELECT id FROM items WHERE shelf = 3 AND name <> 'a long text to make a line that syslog has to cut in pieces of nine hundred bytes: one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty twenty-one twenty-two twenty-three twenty-four twenty-five twenty-six twenty-seven twenty-eight twenty-nine thirty thirty-one thirty-two thirty-three thirty-four thirty-five thirty-six thirty-seven thirty-eight thirty-nine forty forty-one forty-two forty-three forty-four forty-five forty-six forty-seven forty-eight forty-nine fifty fifty-one fifty-two fifty-three fifty-four fifty-five fifty-six fifty-seven fifty-eight fifty-nine sixty sixty-one sixty-two sixty-three sixty-four sixty-five sixty-six sixty-seven sixty-eight sixty-nine seventy seventy-one seventy-two seventy-three seventy-four seventy-five seventy-six seventy-seven')
	ORDER BY id LIMIT 2;
EOF
# The extended protocol: portals are dropped after their execute was logged.
cat >"$work/extended.sql" <<'EOF'
\set shelf random(1, 3)
SELECT name, count(*) FROM items WHERE shelf < :shelf + 20 GROUP BY name ORDER BY name LIMIT 3;
BEGIN;
SELECT id, name FROM items WHERE shelf <> :shelf ORDER BY name LIMIT 15000;
UPDATE items SET shelf = shelf WHERE id = :shelf;
COMMIT;
EOF
chmod 644 "$work/extended.sql"
as_shop "$postgres_bin/pgbench" --no-vacuum --protocol=extended --random-seed=7 --transactions=3 --file="$work/extended.sql" shop >/dev/null 2>&1
# A wait that ends, one that a timeout ends, a cancel.
sql <<<"BEGIN; UPDATE items SET shelf = 1 WHERE id = 1; SELECT pg_sleep(0.8); COMMIT;" &
sleep 0.2
sql <<<"UPDATE items SET shelf = 2 WHERE id = 1;"
wait %?sql 2>/dev/null || true
sql <<'EOF' &
BEGIN;
UPDATE items SET shelf = 1 WHERE id = 2;
SELECT pg_sleep(0.8);
ROLLBACK;
EOF
holder=$!
sleep 0.2
sql <<'EOF'
SET lock_timeout = '250ms';
UPDATE items SET shelf = 2 WHERE id = 2;
EOF
wait "$holder"
sql <<<"SELECT pg_sleep(30);" &
sleeper=$!
sleep 0.3
administer --command="SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
wait "$sleeper"
# Each waits for the other.
for pair in "3 4" "4 3"; do
    read -r first second <<<"$pair"
    sql <<EOF &
BEGIN;
UPDATE items SET shelf = 1 WHERE id = $first;
SELECT pg_sleep(0.4);
UPDATE items SET shelf = 1 WHERE id = $second;
COMMIT;
EOF
    dead[$first]=$!
done
wait "${dead[3]}" "${dead[4]}"

administer >"$target/events.statements.json" <<'EOF'
SELECT '[' || E'\n' || string_agg(entry, E',\n' ORDER BY entry) || E'\n' || ']'
  FROM (SELECT json_build_object('query', query, 'calls', calls, 'rows', rows)::text AS entry
          FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
         WHERE datname = 'shop') AS entries
EOF
stop_server
sleep 0.2
for format in log csv json syslog; do
    gzip --best --no-name --stdout "$work/logs/events.$format" >"$target/events.$format.gz"
done
chmod 644 "$target"/events.*
ls -l "$target"/events.*
