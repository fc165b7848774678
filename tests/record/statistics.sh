#!/usr/bin/env bash
# pg_stat_statements of the shop's visitors, exported in every way psql has. Twice, with a second visit in
# between: as both visits run the same statements, the difference of the two must be the first.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/statistics

make_server
start_server
seed_server
administer --command='SELECT pg_stat_statements_reset()' >/dev/null
visit() { (cd "$shop" && SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS= "$python" manage.py workload); }
view="SELECT pg_stat_statements.* FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = 'shop'"
few=${view/pg_stat_statements.\*/userid, queryid, query, calls, total_exec_time, min_exec_time, max_exec_time, stddev_exec_time, rows}
psql=("$postgres_bin/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1)

mkdir -p "$target"
visit
# No export may count itself: all are made of one copy.
administer --command="CREATE TABLE copy AS $view"
of_copy() { echo "${1/FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid WHERE datname = \'shop\'/FROM copy AS pg_stat_statements}"; }
view_of_copy=$(of_copy "$view") few_of_copy=$(of_copy "$few")
"${psql[@]}" --csv --command="$view_of_copy" >"$target/first.csv"
"${psql[@]}" --csv --pset=csv_fieldsep=';' --command="$view_of_copy" >"$target/first_semicolon.csv"
"${psql[@]}" --command="COPY ($view_of_copy) TO STDOUT (HEADER)" >"$target/first.tsv"
"${psql[@]}" --command="$few_of_copy" >"$target/first_aligned.txt"
"${psql[@]}" --no-align --command="$few_of_copy" >"$target/first_unaligned.txt"
"${psql[@]}" --expanded --command="$few_of_copy" >"$target/first_expanded.txt"
"${psql[@]}" --pset=border=2 --command="$few_of_copy" >"$target/first_framed.txt"
administer --command="SELECT json_agg(copy) FROM ($view_of_copy) AS copy" >"$target/first.json"
administer --command="SELECT to_json(copy) FROM ($view_of_copy) AS copy" >"$target/first_lines.json"
visit
"${psql[@]}" --csv --command="$view" >"$target/second.csv"
find "$target" -type f -size +40k ! -name '*.gz' -exec gzip --best --no-name --force {} +
chmod 644 "$target"/*
ls -l "$target"
