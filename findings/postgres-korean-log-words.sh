#!/usr/bin/env bash
# PostgreSQL 15's log in Korean calls one duration by two words, and puts a prepared statement's name first.
#
# With lc_messages in Korean, `duration:` of a statement, a parse and a bind is `실행시간:`, that of an execute `수행시간:`;
# parse and bind have the name before the step's word (`S_1 구문분석: …`), execute behind it (`쿼리실행 S_1: …`), and in
# French three of the four have a comma before the step where the execute has two blanks. So no pattern that is right for
# one line of a language is right for all, and pgBadger refuses other languages than English.
#
# Seen: two words; names on both sides. Takes the server of Debian's package postgresql; needs no locale, as a server
# takes its language from LANGUAGE where lc_messages is C.UTF-8.
set -euo pipefail
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort --version-sort | tail -n 1)
[[ -n $bin ]] || { echo "PostgreSQL is missing. Install it: apt-get install postgresql" >&2; exit 1; }
"$bin/postgres" --version
work=$(mktemp -d)
as=()
stop() { (cd "$work/server" && "${as[@]}" "$bin/pg_ctl" stop --silent --mode=fast --pgdata=data >/dev/null 2>&1 || true); rm -rf "$work"; }
trap stop EXIT
chmod 755 "$work"
mkdir "$work/server"
if [[ $(id -u) = 0 ]]; then as=(runuser -u postgres --) && chown postgres "$work/server"; fi
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.*'
port=$("$work/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$work/server"
"${as[@]}" "$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
printf "port = %s\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nlog_min_duration_statement = 0\nlc_messages = 'C.UTF-8'\n" \
    "$port" >>data/postgresql.conf
LANGUAGE=ko "${as[@]}" "$bin/pg_ctl" start --wait --silent --pgdata=data --log=log
"$work/venv/bin/python" -c "
import psycopg
psycopg.connect('host=127.0.0.1 port=$port user=postgres dbname=postgres', autocommit=True).execute('select %s', (1,), prepare=True)"
grep 'ms' log
grep -q '실행시간: [0-9.]* ms  _pg3_0 구문분석: ' log || { echo "The parse line has changed" >&2; exit 1; }
grep -q '수행시간: [0-9.]* ms  쿼리실행 _pg3_0: ' log || { echo "The execute line has changed" >&2; exit 1; }
