#!/usr/bin/env bash
# What the findings' rules are tested with: each page of the shop as it should be (clean-PAGE) and
# with each of its faults (FAULT), recorded by recorder/flamedrop_recorder.py with 1 ms of round trip
# for each statement; measured.json, what each fault costs without profiler and recorder;
# visits.sql.jsonl, many requests in one file, and visits.json, what django-cachalot, cached sessions and
# a denormalised column save on them; PostgreSQL's logs of visitors without and with faults, and of a
# rush, and rush.json, what the rush's faults cost.
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
for visit in clean faults rush; do
    echo "log_filename = '$visit.log'" >>"$work/data/run.conf"
    echo "log_min_duration_statement = 0" >>"$work/data/run.conf"
    start_server
    renew_shop
    (cd "$shop" && SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS= "$python" manage.py workload --only "$visit")
    stop_server
    cp "$work/logs/$visit.log" "$target/postgres-$visit.log"
done
# Without the log, which is a part of what a statement takes.
echo "log_min_duration_statement = -1" >>"$work/data/run.conf"
start_server
renew_shop
(cd "$shop" && SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS= "$python" manage.py workload --measure "$target/rush.json")
stop_server

for file in "$target"/*.prof "$target"/*.log; do
    gzip --best --no-name --force "$file"
done
for file in "$target"/*.jsonl; do
    if [[ $(wc -c <"$file") -gt 100000 ]]; then gzip --best --no-name --force "$file"; fi
done
chmod 644 "$target"/*
du --bytes --total "$target"/* | tail -n 1
