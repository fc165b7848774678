#!/usr/bin/env bash
# py-spy 0.4.3 writes other paths into collapsed stacks than into speedscope's JSON.
#
# `--format raw` has of each file only what follows the directory its package lies in: json/encoder.py of Python's own
# library, work.py of the program. `--format speedscope` of the same program has whole paths. So raw stacks do not say
# whether json/encoder.py is Python's or a package of the user's; nothing in the file says that directories are missing.
# What tells own code from libraries by site-packages or lib/python3 in the path takes all of it for the user's own.
#
# Needs root, or a kernel that lets a process look at its children (py-spy starts the program itself).
# Seen: raw "json/encoder.py" and "work.py", speedscope "/…/json/encoder.py" and "/…/work.py".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet py-spy==0.4.3
cat >"$work/work.py" <<'PYTHON'
import json

# Without C code: in the encoder's own Python.
json.encoder.c_make_encoder = None
rows = [{"number": number, "text": "x" * 20} for number in range(400)]
for _ in range(400):
    json.dumps(rows)
PYTHON
record() { "$work/venv/bin/py-spy" record --format "$1" --output "$work/$1" -- "$work/venv/bin/python" "$work/work.py" >/dev/null 2>&1; }
record raw
record speedscope
files() { grep -oE "[^\"( ]*(encoder|work)\\.py" "$work/$1" | sort -u; }
echo "raw:" $(files raw)
echo "speedscope:" $(files speedscope | sed "s|$work|/…|; s|^/.*/json|/…/json|")
[ "$(files raw | tr '\n' ' ')" = "json/encoder.py work.py " ] || { echo "py-spy's raw stacks have changed"; exit 1; }
if files speedscope | grep -v '^/'; then echo "py-spy's speedscope files have changed"; exit 1; fi
