#!/usr/bin/env bash
# One request to the shop's order list with its N+1 on, recorded at once by
# cProfile (shop.prof) and by the django.db.backends logger (shop.sql.jsonl, shop.sql.log).
# With PostgreSQL, because a database that answers from within the process (SQLite) hides what a
# query costs.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/shop

(cd "$shop" && "$python" manage.py test --verbosity 0)
make_server
start_server
seed_server
mkdir -p "$target"
cd "$shop"
export SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS=
SHOP_FAULTS=n_plus_one "$python" manage.py record /orders/ "$target/shop" --times 10

for file in "$target"/shop.*; do
    printf '%s: %d bytes, %d gzipped\n' "${file##*/}" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
