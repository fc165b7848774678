#!/usr/bin/env bash
# The server's messages in the languages that the installed PostgreSQL speaks, by which events are read:
# src/import/postgres/languages/messages.txt. Needs PostgreSQL's server package, whose catalogues are in
# /usr/share/locale.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../../src/import/postgres/languages/messages.txt
python3 "$here/messages.py" >"$target.new"
mv "$target.new" "$target"
wc "$target"
