#!/usr/bin/env bash
# Scalene 2.4.0's JSON places a function on the line where a function of the same name stands in another file.
#
# `files[…].functions` has a row for each function with its name and `lineno`. Where two files have a function of one name,
# both rows have the line of one of them: a link to the code from the other leads to some other statement, an import mostly. The
# lines of `files[…].lines` are the file's own.
#
# Seen: `render` is on line 1 of one.py and on line 20 of two.py; both rows say 20.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check scalene==2.4.0
cd "$work"
cat >one.py <<'PYTHON'
def render(count):
    total = 0
    for number in range(count):
        total += number * number % 7
    return total
PYTHON
{ for line in $(seq 19); do echo "# line $line"; done; cat one.py; } >two.py
cat >app.py <<'PYTHON'
import one
import two

for _ in range(30):
    one.render(300_000)
    two.render(300_000)
PYTHON
"$work/venv/bin/python" -m scalene run --cpu-only -o out.json app.py >/dev/null 2>&1
"$work/venv/bin/python" - out.json <<'PYTHON'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    files = json.load(file)["files"]
rows = {
    path.rsplit("/")[-1]: function["lineno"]
    for path, of in files.items()
    for function in of["functions"]
    if function["line"].endswith("render")
}
print(rows)
assert set(rows) >= {"one.py", "two.py"}, "not both files have a row"
assert rows["one.py"] == rows["two.py"], "each has its own line: the note is out of date"
PYTHON
