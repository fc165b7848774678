#!/usr/bin/env bash
# cProfile files of programs in which functions share file, line and name, and beside each what cProfile
# lost of it: tests/data/twins/.
#
#   tests/record/twins.sh [PYTHON ...]
#
# Without arguments: pyenv's Python 3.11, the last in which list comprehensions are functions, and 3.13.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pythons=("$@")
[ ${#pythons[@]} -gt 0 ] || pythons=("${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1{1,3}.*/bin/python)
for python in "${pythons[@]}"; do
    "$python" "$here/pstats/twins.py" "$here/../data/twins"
done
