# Sourced by the scripts that record with MariaDB: a server of this machine's MariaDB in a temporary
# directory, on a loopback port, for as long as the script runs, with an empty database `shop`.

# make_mariadb [OPTION...]: sets `mysql_work` and `mysql_port`; starts the server with these options.
make_mariadb() {
    local tool
    for tool in mariadbd mariadb-install-db mariadb; do
        if ! command -v "$tool" >/dev/null; then
            echo "$tool is missing. Install it: apt-get install mariadb-server" >&2
            return 1
        fi
    done
    mysql_work=$(mktemp -d)
    chmod 755 "$mysql_work"
    mysql_port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    as_mysql=()
    if [[ $(id -u) = 0 ]]; then
        as_mysql=(runuser -u mysql --)
        chown mysql "$mysql_work"
    fi
    mysql_server=
    "${as_mysql[@]}" mariadb-install-db --no-defaults --datadir="$mysql_work/data" \
        --auth-root-authentication-method=normal --skip-test-db >/dev/null
    "${as_mysql[@]}" mariadbd --no-defaults --datadir="$mysql_work/data" --socket="$mysql_work/sock" \
        --port="$mysql_port" --bind-address=127.0.0.1 --pid-file="$mysql_work/pid" --skip-name-resolve \
        --default-time-zone=+00:00 --character-set-server=utf8mb4 "$@" 2>"$mysql_work/error.log" &
    mysql_server=$!
    local attempt
    for attempt in $(seq 300); do
        if administer_mariadb --execute='SELECT 1' >/dev/null 2>&1; then break; fi
        sleep 0.1
    done
    administer_mariadb <<'SQL'
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER shop_web@'127.0.0.1';
GRANT ALL ON shop.* TO shop_web@'127.0.0.1';
SQL
}

stop_mariadb() {
    if [[ -n ${mysql_server:-} ]]; then
        administer_mariadb --execute='SHUTDOWN' || kill "$mysql_server"
        wait "$mysql_server" || true
        mysql_server=
    fi
    if [[ -n ${mysql_work:-} ]]; then rm -rf "$mysql_work"; fi
}

administer_mariadb() { mariadb --no-defaults --socket="$mysql_work/sock" --user=root "$@"; }
