#!/usr/bin/env bash
# cProfile files of one small program under every Python there is, and beside each what that
# Python's own pstats reads in it.
#
#   tests/record/pstats.sh [PYTHON ...]
#
# Without arguments: pyenv's interpreters, and Python 3.14 and 3.15 as npm's pyodide.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/pstats
pythons=("$@")
[ ${#pythons[@]} -gt 0 ] || pythons=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python)
mkdir -p "$target"
for python in "${pythons[@]}"; do
    echo "$("$python" --version 2>&1)"
    "$python" "$here/pstats/record.py" "$target"
    # Of Pythons that differ in what they get wrong.
    case $("$python" --version 2>&1) in
        *\ 3.8.* | *\ 3.11.* | *\ 3.12.* | *\ 3.13.*)
            "$python" "$here/pstats/contradictions.py" "$target/contradictions"
            ;;
    esac
    case $("$python" --version 2>&1) in *\ 3.11.*) "$python" "$here/pstats/shapes.py" "$target" ;; esac
done
[ $# -eq 0 ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for version in 314.0.7 315.0.0-alpha.2; do
    echo "Pyodide $version"
    npm install --silent --no-save --prefix "$work/$version" "pyodide@$version" >/dev/null
    node "$here/pstats/pyodide.mjs" "$work/$version/node_modules/pyodide" "$here/pstats" "$target"
done
