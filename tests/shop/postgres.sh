# Sourced by the scripts that record with PostgreSQL: a server of this machine's newest PostgreSQL in
# a temporary directory, on a loopback port, for as long as the script runs.

# Sets `work` and `postgres_bin`; writes the server's settings; does not start it.
make_server() {
    postgres_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort --version-sort | tail -n 1)
    [[ -n $postgres_bin ]] || postgres_bin=$(dirname "$(command -v initdb || true)")
    if [[ ! -x $postgres_bin/initdb ]]; then
        echo "PostgreSQL is missing. Install it: apt-get install postgresql" >&2
        return 1
    fi
    work=$(mktemp -d)
    chmod 755 "$work"
    trap 'stop_replica; stop_server; rm -rf "$work"' EXIT
    postgres_port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # PostgreSQL refuses to run as root.
    as_postgres=()
    if [[ $(id -u) = 0 ]]; then
        as_postgres=(runuser -u postgres --)
        chown postgres "$work"
    fi
    "${as_postgres[@]}" "$postgres_bin/initdb" --pgdata="$work/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C --no-sync >/dev/null
    # No Unix socket: the server's log would name its directory.
    cat >>"$work/data/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
port = $postgres_port
unix_socket_directories = ''
fsync = off
autovacuum = off
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = top
timezone = 'UTC'
log_timezone = 'UTC'
include_if_exists = 'run.conf'
EOF
    # The administrator's own statements never get into the logs.
    export PGHOST=127.0.0.1 PGPORT=$postgres_port PGUSER=postgres PGDATABASE=postgres
    export PGOPTIONS='-c log_min_duration_statement=-1 -c log_statement=none -c log_duration=off'
}

start_server() {
    (cd "$work" && "${as_postgres[@]}" "$postgres_bin/pg_ctl" start --wait --silent \
        --pgdata="$work/data" --log="$work/server.log") || { cat "$work/server.log" >&2; return 1; }
}

stop_server() {
    if [[ -f $work/data/postmaster.pid ]]; then
        (cd "$work" && "${as_postgres[@]}" "$postgres_bin/pg_ctl" stop --wait --silent --mode=fast --pgdata="$work/data")
    fi
}

administer() { "$postgres_bin/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# The database `shop`, seeded, and `shop_seed` to make it anew from.
seed_server() {
    administer <<EOF
CREATE EXTENSION pg_stat_statements;
CREATE ROLE shop_web LOGIN;
CREATE DATABASE shop OWNER shop_web;
EOF
    (cd "$shop" && export SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS= &&
        "$python" manage.py migrate --verbosity 0 && "$python" manage.py seed)
    administer --dbname=shop --command='VACUUM ANALYZE'
    administer --command='ALTER DATABASE shop RENAME TO shop_seed'
    renew_shop
}

renew_shop() {
    administer --command='SET client_min_messages = warning' --command='DROP DATABASE IF EXISTS shop' \
        --command='CREATE DATABASE shop TEMPLATE shop_seed OWNER shop_web'
}

# Sets `replica_port`: a streaming replica of the running server, on another port.
start_replica() {
    rm -rf "$work/replica"
    replica_port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (cd "$work" && "${as_postgres[@]}" "$postgres_bin/pg_basebackup" --pgdata="$work/replica" --write-recovery-conf \
        --checkpoint=fast --no-sync)
    printf 'port = %s\nlogging_collector = off\nlog_min_duration_statement = -1\n' "$replica_port" >"$work/replica/run.conf"
    (cd "$work" && "${as_postgres[@]}" "$postgres_bin/pg_ctl" start --wait --silent \
        --pgdata="$work/replica" --log="$work/replica.log") || { cat "$work/replica.log" >&2; return 1; }
}

stop_replica() {
    if [[ -f $work/replica/postmaster.pid ]]; then
        (cd "$work" && "${as_postgres[@]}" "$postgres_bin/pg_ctl" stop --wait --silent --mode=fast --pgdata="$work/replica")
    fi
}
