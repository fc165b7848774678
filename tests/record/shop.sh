#!/usr/bin/env bash
# The page's sample: one request to the shop's order list with its N+1 on, recorded at once by
# cProfile (shop.prof) and by the django.db.backends logger (shop.sql.jsonl, shop.sql.log).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
target=$here/../data/shop
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$shop"
"$python" manage.py test --verbosity 0
export SHOP_SQLITE=$work/shop.sqlite3
"$python" manage.py migrate --verbosity 0
"$python" manage.py seed
mkdir -p "$target"
SHOP_FAULTS=n_plus_one "$python" manage.py record /orders/ "$target/shop"

for file in "$target"/shop.*; do
    printf '%s: %d bytes, %d gzipped\n' "${file##*/}" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
