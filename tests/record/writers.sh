#!/usr/bin/env bash
# pstats files by other tools than cProfile, and by cProfile of what it cannot know: tests/data/pstats/writers/.
# The paths in them are made up: the programs run in /srv/chores. Times differ from recording to recording; where
# tests/writers.rs has exact ones, its file is not made anew.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=$here/../data/pstats/writers
source "$here/../shop/python.sh"
source "$here/python.sh"
"$python" -m pip install --quiet --disable-pip-version-check yappi gevent pyinstrument >&2
mkdir -p /srv/chores
cp "$here"/writers/*.py /srv/chores/
cd /srv/chores
"$python" record.py yappi nap "$data/yappi-nap.prof"
"$python" record.py yappi-builtins nap "$data/yappi-builtins-nap.prof"
"$python" record.py profile chores "$data/profile-chores.prof"
"$python" record.py cProfile greenlets cprofile-greenlets.prof
gzip -9nc cprofile-greenlets.prof > "$data/cprofile-greenlets.prof.gz"
"$python" -m pyinstrument -r pstats -o "$data/pyinstrument-levels.prof" levels.py
