#!/usr/bin/env bash
# What findings are tried with beside the shop: a small Django project of pages with one fault each, and the same page
# without it, recorded by recorder/flamedrop_recorder.py with 1 ms of round trip for each statement; measured.json, what
# each fault costs without profiler and recorder. Names of pages may follow: only those. The page that lacks an index
# is recorded on PostgreSQL. On a machine that does nothing else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/pages

mkdir -p "$target"
# SQLite looks for rows while they are fetched, which no log has; PostgreSQL does before.
if [[ $# = 0 ]]; then
    set -- $("$python" "$here/pages/record.py" --names)
fi
if [[ " $* " = *" missing_index "* ]]; then
    make_server
    start_server
    administer --command "CREATE DATABASE library" postgres
    PAGES_POSTGRES_PORT=$postgres_port "$python" "$here/pages/record.py" "$target" missing_index
    stop_server
fi
others=()
for name in "$@"; do [[ $name = missing_index ]] || others+=("$name"); done
if [[ ${#others[@]} -gt 0 ]]; then "$python" "$here/pages/record.py" "$target" "${others[@]}"; fi
for file in "$target"/*.prof "$target"/*.jsonl; do
    gzip --best --no-name --force "$file"
done
chmod 644 "$target"/*
du --bytes --total "$target"/* | tail -n 1
