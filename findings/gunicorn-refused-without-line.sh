#!/usr/bin/env bash
# gunicorn 27.0.1 writes no access line for requests that it refuses itself.
#
# A request line of more than 4094 bytes is answered with 414, one header too large with 431, by gunicorn before the
# application sees it. Clients count an error; the access log has no line, where Apache has one with the status.
# So rates of errors of a log of gunicorn's are those of the application only; the refusal stands in the error log, without
# method or path.
#
# Seen: answers 200, 414, 431, 200; two lines, both 200.
set -euo pipefail
work=$(mktemp -d)
server=
stop() { if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$work"; }
trap stop EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1
cat >"$work/app.py" <<'PYTHON'
def app(environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PYTHON
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$work"
venv/bin/gunicorn --worker-class gthread --threads 2 --bind "127.0.0.1:$port" --access-logfile access.log \
    --access-logformat '%(s)s %(r)s' --error-logfile error.log app:app &
server=$!
python3 - "$port" >answers <<'PYTHON'
import http.client
import sys
import time


def ask(path, **headers):
    for attempt in range(150):
        connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        except ConnectionRefusedError:
            time.sleep(0.2)
        finally:
            connection.close()


print(ask("/first"), ask("/search?q=" + "a" * 5000), ask("/", cookie="a" * 9000), ask("/last"))
PYTHON
kill "$server"
wait "$server" || true
server=
echo "answers: $(cat answers)"
echo "access log:" && cat access.log
grep -o 'Invalid request from.*' error.log
[[ $(cat answers) = '200 414 431 200' ]] || { echo "the answers have changed" >&2; exit 1; }
[[ $(cat access.log) = $'200 GET /first HTTP/1.1\n200 GET /last HTTP/1.1' ]] || { echo "refused requests have a line now" >&2; exit 1; }
