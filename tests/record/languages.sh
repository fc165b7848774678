#!/usr/bin/env bash
# The same statements in the log of Debian's PostgreSQL in each language it is translated into: kept in
# tests/data/servers/languages. A server takes its messages' language from LANGUAGE where lc_messages is C.UTF-8, so no
# locale has to be made. Its version, and that of psycopg, is printed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/servers/languages
bin=$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)
version=$(basename "$(dirname "$bin")")
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
"$bin/postgres" --version
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.*'
port=$("$work/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_postgres=()
if [[ $(id -u) = 0 ]]; then as_postgres=(runuser -u postgres --); fi
mkdir "$work/server"
if [[ $(id -u) = 0 ]]; then chown postgres "$work/server"; fi
cd "$work/server"
"${as_postgres[@]}" "$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
cat >>data/postgresql.conf <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
log_min_duration_statement = 0
lc_messages = 'C.UTF-8'
CONF
cat >"$work/statements.py" <<'PYTHON'
import sys

import psycopg

print("psycopg", psycopg.__version__)
connection = psycopg.connect(host="127.0.0.1", port=int(sys.argv[1]), user="postgres", dbname="postgres", autocommit=True)
connection.execute("select 1")
connection.execute("select %s::int + 1", (5,))
for number in range(7):
    connection.execute("select %s::text", (f"a\nb{number}",), prepare=True)
try:
    connection.execute("select 1/0")
except psycopg.Error:
    pass
connection.close()
PYTHON
mkdir -p "$target"
languages=$(ls /usr/share/locale/*/LC_MESSAGES/postgres-"$version".mo | cut -d / -f 5)
for language in en $languages; do
    LANGUAGE=$language "${as_postgres[@]}" "$bin/pg_ctl" start --wait --silent --pgdata=data --log="$language.log"
    "$work/venv/bin/python" "$work/statements.py" "$port" >"$work/version"
    "${as_postgres[@]}" "$bin/pg_ctl" stop --wait --silent --mode=fast --pgdata=data
    grep -v -e 'Debian' -e '127\.0\.0\.1' "$language.log" >"$target/$language.log"
done
cat "$work/version"
chmod 644 "$target"/*
wc -c "$target"/*
