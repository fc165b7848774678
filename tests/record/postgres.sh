#!/usr/bin/env bash
# PostgreSQL's logs of the shop's visitors, as several settings write them, and beside each the
# server's own count of the same statements (pg_stat_statements), which the reader must equal.
#
#   client    Django's defaults: literals in the text. PostgreSQL's default prefix; all three formats
#   server    parameters bound by the server: parse, bind, execute. Debian's prefix; all three formats
#   prepared  the same with named prepared statements, used again. A prefix of many parts
#   pgbadger  the prefix pgBadger recommends, times in Paris, to the second
#   paired    log_statement and log_duration instead: texts and their durations on lines of their own
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/../shop/postgres.sh"
target=$here/../data/postgres

# record NAME FORMATS [SETTING=VALUE ...]: server settings beside the defaults of these recordings.
record() {
    local name=$1 formats=$2 setting
    shift 2
    {
        echo "logging_collector = on"
        echo "log_destination = '$formats'"
        echo "log_directory = '$work/logs'"
        echo "log_filename = '$name.log'"
        for setting in "$@"; do
            echo "${setting%%=*} = '${setting#*=}'"
        done
    } >"$work/data/run.conf"
    start_server
    renew_shop
    administer --command='SELECT pg_stat_statements_reset()' >/dev/null
    (cd "$shop" && SHOP_POSTGRES_PORT=$postgres_port PGOPTIONS= "$python" manage.py workload)
    # One line for each of the server's entries, so that a new recording can be compared.
    administer >"$target/$name.statements.json" <<'EOF'
SELECT '[' || E'\n' || string_agg(entry, E',\n' ORDER BY entry) || E'\n' || ']'
  FROM (SELECT json_build_object('query', query, 'calls', calls, 'rows', rows)::text AS entry
          FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
         WHERE datname = 'shop'
           -- The server's own checks of foreign keys: no client sent them, no log has them.
           AND query NOT LIKE 'SELECT $2 FROM ONLY % FOR KEY SHARE OF x') AS entries
EOF
    stop_server
    rm -f "$target/$name".{log,csv,json}{,.gz}
    cp "$work/logs/$name".* "$target/"
}

make_server
start_server
seed_server
stop_server
mkdir -p "$target"
"${as_postgres[@]}" mkdir "$work/logs"

record client stderr,csvlog,jsonlog log_min_duration_statement=0
export SHOP_SERVER_SIDE_BINDING=1
record server stderr,csvlog,jsonlog log_min_duration_statement=0 'log_line_prefix=%m [%p] %q%u@%d '
export SHOP_PREPARE_THRESHOLD=1
record prepared stderr log_min_duration_statement=0 'log_line_prefix=%n %c %l %v %e %q%a|%u|%d|%r|%i|%Q: '
unset SHOP_SERVER_SIDE_BINDING SHOP_PREPARE_THRESHOLD
record pgbadger stderr log_min_duration_statement=0 log_timezone=Europe/Paris \
    'log_line_prefix=%t [%p]: user=%u,db=%d,app=%a,client=%h '
record paired stderr log_statement=all log_duration=on 'log_line_prefix=%m [%p] %q%u@%d '

# Three lines and a parameter list for each statement: the repository keeps these packed.
gzip --best --no-name --force "$target"/server.{csv,json} "$target"/prepared.log
chmod 644 "$target"/*
cd "$target"
for file in *; do
    printf '%s: %d bytes, %d gzipped\n' "$file" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
