#!/usr/bin/env bash
# The page's sample: one request to the shop's order list with its N+1 on, recorded by
# recorder/flamedrop_recorder.py: its profile (orders.prof) and its SQL (orders.sql.jsonl).
# With PostgreSQL, because a database that answers from within the process (SQLite) hides what a
# query costs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/sample

make_server
start_server
seed_server
recorded=$work/recorded
mkdir -p "$target" "$recorded"
echo '[]' >"$recorded/measured.json"
(
    cd "$shop"
    export SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS=
    "$python" manage.py findings "$recorded" n_plus_one --runs 15
)
cp "$recorded/n_plus_one.prof" "$target/orders.prof"
sed '1s/n_plus_one\.prof/orders.prof/' "$recorded/n_plus_one.sql.jsonl" >"$target/orders.sql.jsonl"
chmod 644 "$target"/*

for file in "$target"/*; do
    printf '%s: %d bytes, %d gzipped\n' "${file##*/}" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
