#!/usr/bin/env bash
# Small logs of requests, made anew: tests/data/requests/recorded, each with the client's own times beside it. Servers are
# PyPI's, in the versions of requests/requirements.txt, and nginx, Apache and HAProxy of the system (Debian: apt-get install
# nginx-light apache2-bin haproxy), where there are any; their versions are in the names of the files. Names may follow: only
# those. tests/requests_recorded.rs holds counts, durations and beginnings against them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
requirements=$here/requests/requirements.txt
venv=$cache/requests-venv
python=$venv/bin/python
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    echo "Setting up a Python with servers (requests/requirements.txt) in $venv" >&2
    "$(find_python)" -m venv --clear "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$venv/requirements.txt"
fi
target=$here/../data/requests/recorded
mkdir -p "$target"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here"/requests/*.py "$work"
cd "$work"
export PATH="$venv/bin:$PATH" TZ=UTC
port=8731
wanted=("$@")

is_wanted() {
    [[ ${#wanted[@]} = 0 ]] || [[ " ${wanted[*]} " == *" $1 "* ]]
}

version() { "$python" -c 'import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))' "$1"; }

# record NAME VERSION COMMAND…: the server writes its log to log.
record() {
    local name=$1 version=$2
    shift 2
    is_wanted "$name" || return 0
    local file=$name-$version
    "$python" ask.py $port "$target/$file.csv" "$@"
    # No recording names directories of the machine it was made on.
    sed -e "s|$work|/srv/site|g" -e "s|$venv|/srv/venv|g" log >"$target/$file.log"
    rm -f log
    printf '%s: %d lines\n' "$file.log" "$(wc -l <"$target/$file.log")"
    port=$((port + 1))
}


common='%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"'
gunicorn=$(version gunicorn)
record gunicorn-seconds "$gunicorn" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port --access-logfile log \
    --error-logfile errors --access-logformat "$common %(L)s %(p)s" pages:wsgi
record gunicorn-atoms "$gunicorn" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port --access-logfile log \
    --error-logfile errors --access-logformat "$common D=%(D)s p=%(p)s q=%(q)s" pages:wsgi
labels=$'time:%(t)s\thost:%(h)s\tmethod:%(m)s\turi:%(U)s\tquery:%(q)s\tprotocol:%(H)s\tstatus:%(s)s\tsize:%(b)s\treqtime:%(L)s\tua:%(a)s'
record gunicorn-labels "$gunicorn" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port --access-logfile log \
    --error-logfile errors --access-logformat "$labels" pages:wsgi
record gunicorn-default "$gunicorn" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port --access-logfile log \
    --error-logfile errors pages:wsgi
record uvicorn "$(version uvicorn)" bash -c "exec uvicorn --port $port --no-use-colors pages:asgi >log 2>errors"
record hypercorn "$(version hypercorn)" hypercorn -b 127.0.0.1:$port --access-logfile log --error-logfile errors \
    --access-logformat "$common %(L)s" pages:asgi
record daphne "$(version daphne)" daphne -p $port --access-log log pages:asgi
granian=$(version granian)
record granian-wsgi "$granian" bash -c \
    "exec granian --interface wsgi --port $port --blocking-threads 4 --access-log pages:wsgi >log 2>&1"
record granian-asgi "$granian" bash -c "exec granian --interface asgi --port $port --access-log pages:asgi >log 2>&1"
record runserver "$(version Django)" bash -c "exec python -u pages.py runserver --noreload 127.0.0.1:$port >out 2>log"
record werkzeug "$(version Werkzeug)" bash -c "exec python pages.py werkzeug $port >out 2>log"
export RECORD=structlog STRUCTLOG=$work/log
record django-structlog "$(version django-structlog)" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port \
    --error-logfile errors pages:wsgi
export RECORD=spans SPANS=$work/log
record spans "$(version opentelemetry-sdk)" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port --error-logfile errors \
    pages:wsgi
export OTEL_SEMCONV_STABILITY_OPT_IN=http
record spans-stable "$(version opentelemetry-sdk)" gunicorn -k gthread --threads 4 -b 127.0.0.1:$port \
    --error-logfile errors pages:wsgi
unset RECORD OTEL_SEMCONV_STABILITY_OPT_IN

# Proxies ask a gunicorn behind them.
behind=8790
site() { gunicorn -k gthread --threads 8 -b 127.0.0.1:$behind --error-logfile errors pages:wsgi & }
stop() { kill "$1" && wait "$1" || true; }

if command -v nginx >/dev/null && is_wanted nginx; then
    site
    server=$!
    sleep 1
    cat >nginx.conf <<CONF
daemon off; master_process off; pid $work/nginx.pid; error_log $work/errors;
events {}
http {
    log_format timed '\$remote_addr - \$remote_user [\$time_local] "\$request" \$status \$body_bytes_sent '
        '"\$http_referer" "\$http_user_agent" \$request_time \$upstream_response_time';
    access_log $work/log timed;
    server { listen 127.0.0.1:$port; location / { proxy_pass http://127.0.0.1:$behind; } }
}
CONF
    record nginx "$(nginx -v 2>&1 | sed 's|.*/||')" nginx -c "$work/nginx.conf"
    stop $server
fi
apache=$(command -v apache2 || true)
if [[ -n $apache ]] && is_wanted apache; then
    site
    server=$!
    sleep 1
    modules=/usr/lib/apache2/modules
    cat >apache.conf <<CONF
ServerName localhost
Listen 127.0.0.1:$port
PidFile $work/apache.pid
ErrorLog $work/errors
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule proxy_module $modules/mod_proxy.so
LoadModule proxy_http_module $modules/mod_proxy_http.so
ProxyPass / http://127.0.0.1:$behind/
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D %T" timed
CustomLog $work/log timed
CONF
    record apache "$($apache -v | sed -n 's|.*Apache/\([0-9.]*\).*|\1|p')" "$apache" -X -f "$work/apache.conf"
    stop $server
fi
if command -v haproxy >/dev/null && is_wanted haproxy; then
    site
    server=$!
    sleep 1
    cat >haproxy.cfg <<CONF
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend all
    bind 127.0.0.1:$port
    default_backend site
backend site
    server one 127.0.0.1:$behind
CONF
    record haproxy "$(haproxy -v | sed -n 's|.*version \([0-9.]*\).*|\1|p')" \
        bash -c "exec haproxy -f $work/haproxy.cfg >log 2>errors"
    stop $server
fi
