#!/usr/bin/env bash
# A program before a change and after it, three runs of each; the change moves every line. Once more after it from another
# place and by another Python.
#
#   tests/record/compare.sh
#
# With pyenv's 3.11 and 3.13; the sums with all of its Pythons.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$here/../data/compare
versions=${PYENV_ROOT:-$HOME/.pyenv}/versions
one=$(echo "$versions"/3.11.*/bin/python)
other=$(echo "$versions"/3.13.*/bin/python)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"

# Records `main` of the program $2 three times, or as often as $5 says, as if it were installed as $3.
record() {
    mkdir -p "$work/stock"
    cp "$here/compare/$2.py" "$work/stock/stock.py"
    "$1" - "$work/stock" "$3" "$target/$4" "${5:-3}" <<'PYTHON'
import cProfile
import marshal
import pstats
import sys

folder, installed, target, runs = sys.argv[1:]
sys.path.insert(0, folder)
import stock

library = sys.modules["re"].__file__.split("/re")[0]
# A first run compiles regular expressions and fills caches.
stock.main()


def moved(function):
    """The function without the paths of the machine that recorded it."""
    file, line, name = function
    version = "python%d.%d" % sys.version_info[:2]
    file = file.replace(folder, installed).replace(library, "/usr/lib/" + version)
    return file, line, name.replace(folder, installed)


for run in range(1, int(runs) + 1):
    profile = cProfile.Profile()
    profile.enable()
    stock.main()
    profile.disable()
    stats = {}
    for function, (calls, all_calls, own, total, callers) in pstats.Stats(profile).stats.items():
        callers = {moved(caller): numbers for caller, numbers in callers.items()}
        stats[moved(function)] = (calls, all_calls, own, total, callers)
    with open("%s-%d.prof" % (target, run), "wb") as file:
        marshal.dump(stats, file)
PYTHON
}

"$one" --version
record "$one" before /home/ada/shop before
record "$one" after /home/ada/shop after
"$other" --version
record "$other" after /srv/shop/current elsewhere 1

# What every Python's own pstats makes of some of them together: all say the same.
recordings=("$target"/before-1.prof "$target"/after-1.prof "$target"/elsewhere-1.prof "$target"/before-2.prof)
recordings+=("$here"/../data/pstats/{3.6,3.8,3.10,3.11,3.12,3.13,3.14,3.15}.prof)
for python in "$versions"/3.*/bin/python; do
    "$python" "$here/compare/added.py" "${recordings[@]}" > "$work/added.json"
    echo "$("$python" --version): $(cksum < "$work/added.json")"
    [ ! -e "$work/first.json" ] || cmp "$work/first.json" "$work/added.json"
    cp "$work/added.json" "$work/first.json"
done
cp "$work/first.json" "$target/added.json"
