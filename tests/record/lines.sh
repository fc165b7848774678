#!/usr/bin/env bash
# What rules about lines and memory are to find, each beside the same program without the fault: a loop that asks for a
# row each time (line_profiler), a buffer that is made anew each time (memray's statistics, Scalene). Needs Python 3.12.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=$here/rules/lines
target=$here/../data/lines
venv=${FLAMEDROP_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/flamedrop}/lines-venv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! cmp -s "$programs/requirements.txt" "$venv/requirements.txt"; then
    "${PYTHON:-python3.12}" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$programs/requirements.txt" >&2
    cp "$programs/requirements.txt" "$venv/requirements.txt"
fi

export PYTHONDONTWRITEBYTECODE=1
mkdir -p "$target"
cp "$programs"/*.py "$work"
cd "$work"
# Of no machine. The pickles have the program's name only, which is as it was given.
prefix=$("$venv/bin/python" -c 'import sys; print(sys.base_prefix)')
neutral() { sed -i "s|$work|/srv/shop|g; s|$venv|/srv/venv|g; s|$(realpath "$venv")|/srv/venv|g; s|$prefix|/usr|g" "$@"; }
for clean in "" clean; do
    kind=${clean:+-clean}
    "$venv/bin/kernprof" -l -o "rows$kind.lprof" rows.py $clean >/dev/null
    "$venv/bin/memray" run -f -q -o churn.bin churn.py $clean
    "$venv/bin/memray" stats --json -f -o "churn$kind.memray-stats.json" churn.bin >/dev/null
    "$venv/bin/scalene" run -o "churn$kind.scalene.json" churn.py ${clean:+--- clean} >/dev/null
    neutral "churn$kind.memray-stats.json" "churn$kind.scalene.json"
    gzip --best --no-name --force "churn$kind.scalene.json"
done
cp -- *.lprof *.memray-stats.json *.scalene.json.gz "$target"
chmod 644 "$target"/*
