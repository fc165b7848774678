#!/usr/bin/env bash
# hypercorn 0.18.0 takes gunicorn's letters for its access log, and fills them with other values.
#
# %(H)s is "1.1" where gunicorn's (and Apache's %H) is "HTTP/1.1", and so is the end of %(r)s, in the default format too:
# "GET /ok 1.1". %(r)s has no query, which %(R)s has. %(h)s is address and port. So a line in Apache's common format, with
# the letters that gunicorn writes it with, is none that looks for a protocol or an address.
#
# Seen: `127.0.0.1:PORT "GET /ok 1.1" "GET /ok?page=2 1.1" 1.1` where gunicorn 27.0.1 has
# `127.0.0.1 "GET /ok?page=2 HTTP/1.1" "-" HTTP/1.1`.
set -euo pipefail
work=$(mktemp -d)
server=
stop() { if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$work"; }
trap stop EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hypercorn==0.18.0 gunicorn==27.0.1
cat >"$work/app.py" <<'PYTHON'
def wsgi(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


async def asgi(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
PYTHON
cd "$work"
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
line() {
    "venv/bin/$1" --bind "127.0.0.1:$port" --access-logfile "$1.log" --access-logformat '%(h)s "%(r)s" "%(R)s" %(H)s' "$2" >"$1.out" 2>&1 &
    server=$!
    python3 -c '
import sys, time, urllib.request
for attempt in range(150):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/ok?page=2").read()
        break
    except OSError:
        time.sleep(0.2)' "$port"
    kill "$server"
    wait "$server" || true
    server=
    echo "$1: $(cat "$1.log")"
}
line hypercorn app:asgi
line gunicorn app:wsgi
grep -qE '127\.0\.0\.1:[0-9]+ "GET /ok 1\.1" "GET /ok\?page=2 1\.1" 1\.1$' hypercorn.log || { echo "hypercorn has changed" >&2; exit 1; }
grep -qxF '127.0.0.1 "GET /ok?page=2 HTTP/1.1" "-" HTTP/1.1' gunicorn.log || { echo "gunicorn has changed" >&2; exit 1; }
