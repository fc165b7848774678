#!/usr/bin/env bash
# What imports that are worth putting off are found with: a small program that loads pandas at its start and builds a
# table while it is imported, and the same with both put off, by python -X importtime. Prints the versions.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/imports
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pandas==2.3.3
mkdir "$work/shop"
touch "$work/shop/__init__.py"
cat >"$work/shop/tables.py" <<'PYTHON'
def build():
    return {number: sum(int(digit) for digit in str(number)) for number in range(300_000)}
PYTHON
write() {
    printf '%s\n' "$1" >"$work/shop/prices.py"
    printf '%s\n' "$2" >"$work/shop/report.py"
    printf 'from . import prices, report\n' >"$work/shop/main.py"
}
record() {
    (cd "$work" && "venv/bin/python" -c 'import shop.main' && "venv/bin/python" -X importtime -c 'import shop.main' 2>"$1")
    gzip --best --no-name --stdout "$work/$1" >"$target/$1.gz"
}
write 'from .tables import build
TABLE = build()' 'import pandas
def report(rows):
    return pandas.DataFrame(rows)'
record start.txt
write 'import functools
from .tables import build
table = functools.cache(build)' 'def report(rows):
    import pandas
    return pandas.DataFrame(rows)'
record clean-start.txt
"$work/venv/bin/python" -c 'import sys, pandas; print(sys.version.split()[0], "pandas", pandas.__version__)'
