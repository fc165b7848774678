#!/usr/bin/env bash
# What the findings' rules are tested with: each page of the shop as it should be (clean-PAGE) and
# with each of its faults (FAULT), recorded by recorder/flamedrop_recorder.py with 1 ms of round trip
# for each statement; measured.json, what each fault costs without profiler and recorder;
# visits.sql.jsonl, many requests in one file, and visits.json, what django-cachalot, cached sessions and
# denormalised columns save on them; PostgreSQL's logs of visitors without and with faults, of a rush, of
# a stocktake with and without superfluous indexes, and of a crowd on one server and beside a streaming
# replica; rush.json, stocktake.json and crowd.json, what these faults cost. On a machine that does
# nothing else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/findings

(cd "$shop" && "$python" manage.py test --verbosity 0)
make_server
rm -rf "$target"
mkdir -p "$target"

(
    cd "$shop"
    export SHOP_SQLITE=$work/shop.sqlite3
    "$python" manage.py migrate --verbosity 0
    "$python" manage.py seed
    export SHOP_ROUND_TRIP=1
    SHOP_FAULTS=runtime_import "$python" manage.py findings "$target"
    "$python" manage.py findings "$target"
    SHOP_CACHALOT=1 "$python" manage.py visits "$target"
)

{
    echo "logging_collector = on"
    echo "log_directory = '$work/logs'"
    # Debian's prefix.
    echo "log_line_prefix = '%m [%p] %q%u@%d '"
} >"$work/data/run.conf"
"${as_postgres[@]}" mkdir "$work/logs"
start_server
seed_server
stop_server
export SHOP_POSTGRES_PORT=$postgres_port

manage() { (cd "$shop" && PGOPTIONS= "$python" manage.py "$@"); }

# log NAME: starts the server, which writes what takes place into this log.
log() {
    echo "log_filename = '$1.log'" >>"$work/data/run.conf"
    echo "log_min_duration_statement = 0" >>"$work/data/run.conf"
    start_server
    renew_shop
}

# Stops it, and keeps the log.
keep() {
    stop_replica
    stop_server
    cp "$work/logs/$1.log" "$target/postgres-$1.log"
}

for visit in clean faults rush; do
    log $visit
    manage workload --only $visit
    keep $visit
done
log clean-stocktake
manage stocktake
keep clean-stocktake
log stocktake
SHOP_FAULTS=overindexed manage stocktake
# As it is dumped, but for the key that newer servers put around it, another each time.
"$postgres_bin/pg_dump" --schema-only shop | sed -e '/^\\\(un\)\?restrict /d' >"$target/postgres-stocktake.sql"
keep stocktake
for side in clean-crowd crowd; do
    log $side
    start_replica
    SHOP_REPLICA_PORT=$replica_port manage crowd --only $side
    keep $side
done

# Without the log, which is a part of what a statement takes.
echo "log_min_duration_statement = -1" >>"$work/data/run.conf"
echo "pg_stat_statements.track_planning = on" >>"$work/data/run.conf"
start_server
renew_shop
manage workload --measure "$target/rush.json"
renew_shop
manage stocktake --measure "$target/stocktake.json"
renew_shop
start_replica
SHOP_REPLICA_PORT=$replica_port manage crowd --measure "$target/crowd.json"
stop_replica
stop_server

for file in "$target"/*.prof "$target"/*.log; do
    gzip --best --no-name --force "$file"
done
for file in "$target"/*.jsonl; do
    if [[ $(wc -c <"$file") -gt 100000 ]]; then gzip --best --no-name --force "$file"; fi
done
chmod 644 "$target"/*
du --bytes --total "$target"/* | tail -n 1
