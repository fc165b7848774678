#!/usr/bin/env bash
# gunicorn 27.0.1 logs a request whose application raised with the path "None" and almost no time.
#
# The line of such a request is written by another part of gunicorn than all others: it makes a new environment without
# PATH_INFO, so that %(U)s is the word None, and starts its clock when the exception has arrived, so that %(D)s, %(M)s and
# %(L)s leave out all the time the application took. %(r)s is right. So the slowest errors are the fastest requests of a
# log, and formats of %(m)s and %(U)s put the errors of all routes into one.
#
# Seen: 200 after 400 ms with "/ok"; 500 after 400 ms with "None" and below 100 ms, "GET /crash HTTP/1.1" in %(r)s.
set -euo pipefail
work=$(mktemp -d)
server=
stop() { if [[ -n $server ]]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi; rm -rf "$work"; }
trap stop EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check gunicorn==27.0.1
cat >"$work/app.py" <<'PYTHON'
import time


def app(environ, start):
    time.sleep(0.4)
    if environ["PATH_INFO"] == "/crash":
        raise RuntimeError("on purpose")
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
PYTHON
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
cd "$work"
venv/bin/gunicorn --worker-class gthread --threads 2 --bind "127.0.0.1:$port" --access-logfile access.log \
    --access-logformat '%(s)s|%(m)s|%(U)s|%(r)s|%(M)s' --log-level critical app:app 2>/dev/null &
server=$!
python3 - "$port" <<'PYTHON'
import sys
import time
import urllib.error
import urllib.request

for path in ("/ok", "/crash"):
    for attempt in range(150):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}{path}").read()
        except urllib.error.HTTPError as error:
            assert error.code == 500
        except OSError:
            time.sleep(0.2)
            continue
        break
PYTHON
kill "$server"
wait "$server" || true
server=
cat access.log
python3 - <<'PYTHON'
with open("access.log", encoding="utf-8") as file:
    lines = [line.rstrip("\n").split("|") for line in file]
assert [line[:4] for line in lines] == [["200", "GET", "/ok", "GET /ok HTTP/1.1"], ["500", "GET", "None", "GET /crash HTTP/1.1"]], "the lines have changed"
assert int(lines[0][4]) >= 400 > 4 * int(lines[1][4]), "the time of an error is its own now"
PYTHON
