#!/usr/bin/env bash
# A profile and an SQL log of one run, both with the time of day (tests/data/pair/): two threads ask a small Django site
# under VizTracer, while the recorder writes their SQL. With a PYTHON of 3.13 in the environment.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/pair
python=$(command -v "${PYTHON:-python3}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    "$(grep -i '^Django==' "$here/requirements.txt")" "$(grep '^viztracer==' "$here/profiles/requirements.txt")" >&2
library=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
mkdir -p "$target" "$work/sql"
cp "$here/pair/two_threads.py" "$here/../../recorder/flamedrop_recorder.py" "$work"
(cd "$work" && venv/bin/python two_threads.py "$work/orders.json" "$work/sql")

# Of no machine.
neutral() { sed -e "s|$work/venv/lib|/srv/venv/lib|g" -e "s|$library|/usr/lib/python3|g" -e "s|$work|/srv/shop|g"; }
neutral <"$work/orders.json" | gzip -9n >"$target/orders.json.gz"
cat "$work"/sql/*.sql.jsonl | neutral >"$target/orders.sql.jsonl"
ls -l "$target" >&2
