#!/usr/bin/env bash
# What the rules about events are tested with: a real PostgreSQL server in trouble, each trouble a log of its own
# (NAME), and the same work without it (clean-NAME): temporary files and a work_mem that keeps them in memory,
# deadlocks and one order of locks, a queue behind an idle transaction and a short one, checkpoints forced by WAL,
# autovacuum that has to keep dead rows, unique violations and ON CONFLICT, refused connections, statement timeouts.
# trouble.log has a bit of everything: pgBadger's report on it is what docs/events.md compares with.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
python=$(command -v python3)
source "$here/../shop/postgres.sh"
target=$here/../data/events
mkdir -p "$target"

make_server
"${as_postgres[@]}" mkdir "$work/logs"
export PGOPTIONS=

# begin NAME [SETTING...]: starts a server that logs to NAME.log, with a database made anew.
begin() {
    name=$1
    shift
    {
        cat <<CONF
logging_collector = on
log_directory = '$work/logs'
log_filename = '$name.log'
log_line_prefix = '%m [%p] %q%u@%d/%a %h %e '
log_lock_waits = on
log_temp_files = 0
log_checkpoints = on
log_connections = on
log_disconnections = on
log_autovacuum_min_duration = 0
deadlock_timeout = '100ms'
max_wal_size = '4GB'
CONF
        printf '%s\n' "$@"
    } >"$work/data/run.conf"
    start_server
    # The administrator's own work is not logged.
    admin <<<'DROP DATABASE IF EXISTS shop'
    admin <<<'DROP ROLE IF EXISTS web'
    admin <<<'CREATE ROLE web LOGIN'
    admin <<<'CREATE DATABASE shop OWNER web'
    admin --dbname=shop <<SQL
CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric NOT NULL, note text NOT NULL);
INSERT INTO orders SELECT n, n * 7919 % 500, n % 90, repeat(md5(n::text), 3) FROM generate_series(1, 40000) AS n;
ALTER TABLE orders OWNER TO web;
VACUUM ANALYZE orders;
CHECKPOINT;
SQL
    # From here on everything is.
    echo "log_min_duration_statement = 0" >>"$work/data/run.conf"
    admin <<<'SELECT pg_reload_conf()' >/dev/null
    sleep 0.3
    : >"$work/logs/$name.log"
}

# end: stops it, and keeps the log.
end() {
    sleep 0.3
    cp "$work/logs/$name.log" "$work/$name.kept"
    stop_server
    gzip --best --no-name --stdout "$work/$name.kept" >"$target/$name.log.gz"
    chmod 644 "$target/$name.log.gz"
}

admin() { PGOPTIONS='-c log_min_duration_statement=-1' administer "$@"; }
sql() { PGUSER=web PGDATABASE=shop PGAPPNAME=${app:-shop} "$postgres_bin/psql" --no-psqlrc --quiet --output=/dev/null 2>/dev/null || true; }

report="SELECT customer, note, total FROM orders ORDER BY note, total;"
few="SELECT id, total FROM orders WHERE id = 7;"

# Temporary files; and with the work_mem that the finding names.
sorts() { for _ in 1 2 3 4 5 6; do echo "$report"; echo "$few"; done; }
begin temporary-files "work_mem = '1MB'"
sorts | sql
end
begin clean-temporary-files "work_mem = '16MB'"
sorts | sql
end

# Two transactions that take the same rows in two orders; and in one.
pair() {
    for first in "$1" "$2"; do
        second=$(($1 + $2 - first))
        [[ $3 = same ]] && { first=$1; second=$2; }
        sql <<SQL &
BEGIN;
UPDATE orders SET total = total + 1 WHERE id = $first;
SELECT pg_sleep(0.05);
UPDATE orders SET note = 'paid' WHERE id = $second;
COMMIT;
SQL
    done
    wait
}
begin deadlocks
for row in 10 20 30 40 50; do pair $row $((row + 1)) other; done
end
begin clean-deadlocks
for row in 10 20 30 40 50; do pair $row $((row + 1)) same; done
end

# A transaction that stays open while its program does something else; and one that ends first.
queue() {
    local held=$1 after=$2
    sql <<SQL &
BEGIN;
UPDATE orders SET total = 1 WHERE id = 1;
\! sleep $held
COMMIT;
\! sleep $after
SQL
    sleep 0.2
    for _ in 1 2 3 4; do app=worker sql <<<'UPDATE orders SET total = total + 1 WHERE id = 1;' & done
    wait
}
begin lock-queues
queue 1.5 0
queue 1.2 0
end
begin clean-lock-queues
queue 0 1.5
queue 0 1.2
end

# Much WAL and little room for it; and room.
writes() {
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
        echo "UPDATE orders SET note = repeat(md5((id * $n)::text), 8);"
    done | sql
}
begin forced-checkpoints "max_wal_size = '64MB'" "min_wal_size = '32MB'" "checkpoint_timeout = '5min'"
writes
end
begin clean-forced-checkpoints "max_wal_size = '4GB'" "checkpoint_timeout = '5min'"
writes
end

# Autovacuum beside a transaction that still may see what was deleted; and without one.
deletes() {
    if [[ $1 = beside ]]; then
        sql <<'SQL' &
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM orders;
\! sleep 9
COMMIT;
SQL
        sleep 0.5
    fi
    sql <<<'UPDATE orders SET total = total + 1;'
    sleep 5
    sql <<<'UPDATE orders SET total = total + 1 WHERE id % 2 = 0;'
    sleep 4
    wait
}
vacuuming=("autovacuum = on" "autovacuum_naptime = '1s'" "autovacuum_vacuum_cost_delay = 0")
begin dead-rows "${vacuuming[@]}"
deletes beside
end
begin clean-dead-rows "${vacuuming[@]}"
deletes alone
end

# The same rows once more; and only those that are new.
inserts() {
    for n in $(seq 1 40); do
        echo "INSERT INTO orders (id, customer, total, note) VALUES ($n, 3, 12.5, 'again')$1;"
        echo "SELECT total FROM orders WHERE id = $n;"
    done | sql
}
begin repeated-errors
inserts ""
end
begin clean-repeated-errors
inserts " ON CONFLICT DO NOTHING"
end

# More clients than the server takes; and as many.
clients() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do sql <<<'SELECT count(*) FROM orders; SELECT pg_sleep(0.6);' & done
    wait
}
begin refused-connections "max_connections = 8"
clients
clients
end
begin clean-refused-connections "max_connections = 30"
clients
clients
end

# A statement that takes longer than it may; and one that does not.
timeouts() {
    for _ in $(seq 1 8); do
        sql <<SQL
SET statement_timeout = '150ms';
$1
SELECT total FROM orders WHERE id = 9;
SQL
    done
}
begin statement-timeouts
timeouts "SELECT count(*) FROM orders a JOIN orders b ON a.customer = b.customer WHERE a.total + b.total > 20;"
end
begin clean-statement-timeouts
timeouts "SELECT count(*) FROM orders a WHERE a.total > 20;"
end

# A bit of everything.
begin trouble "work_mem = '1MB'" "max_wal_size = '64MB'" "min_wal_size = '32MB'" "max_connections = 12" \
    "autovacuum = on" "autovacuum_naptime = '1s'"
sorts | sql
pair 10 11 other
queue 0.8 0
inserts ""
timeouts "SELECT pg_sleep(1);"
writes
clients
sql <<'SQL'
SELECT nosuch FROM orders;
SELECT 'anna'::int;
SELECT 1 / 0;
COMMIT;
BEGIN;
SET lock_timeout = '50ms';
LOCK TABLE orders;
SELECT pg_sleep(0.1);
ROLLBACK;
SELECT pg_sleep(0.2);
SQL
PGUSER=nobody PGDATABASE=shop "$postgres_bin/psql" --no-psqlrc --command='SELECT 1' >/dev/null 2>&1 || true
PGUSER=web PGDATABASE=nosuch "$postgres_bin/psql" --no-psqlrc --command='SELECT 1' >/dev/null 2>&1 || true
sql <<<'SELECT pg_sleep(30);' &
sleep 0.3
admin <<<"SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND pid <> pg_backend_pid()" >/dev/null
sql <<<'SELECT pg_sleep(40);' &
sleep 0.3
admin <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(40)%' AND pid <> pg_backend_pid()" >/dev/null
wait
sleep 3
end

# What pgBadger (12.0) counts in it, as far as it can be compared.
if command -v pgbadger >/dev/null; then
    zcat "$target/trouble.log.gz" >"$work/trouble.log"
    pgbadger --quiet --format stderr --prefix '%m [%p] %q%u@%d/%a %h %e ' --extension json \
        --outfile "$work/report.json" "$work/trouble.log"
    "$python" "$here/pgbadger.py" <"$work/report.json" >"$target/trouble.pgbadger.json"
fi
ls -l "$target"
