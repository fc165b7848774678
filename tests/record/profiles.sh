#!/usr/bin/env bash
# What other profilers write of small programs whose truth is known: tests/data/profiles/ (its README says which
# program and which options). Records what pip can install beside one Python; Austin, perf, Python 3.15 and other
# versions' files need those tools themselves. Paths in the files are those of the machine: replace them before they
# are committed. usage: profiles.sh FOLDER, with a PYTHON of 3.13 in the environment.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath "${1:?a folder to write to}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
bin=$work/venv/bin
"$bin/pip" install --quiet --disable-pip-version-check -r "$here/profiles/requirements.txt" >&2
cd "$here/profiles"

for format in raw speedscope chrometrace; do
    "$bin/py-spy" record -f "$format" -o "$out/py-spy.$format" -- "$bin/python" workload.py 0.1
done
"$bin/py-spy" record -t -f raw -o "$out/py-spy-threads.raw.txt" -- "$bin/python" workload.py 0.1
for format in json session speedscope; do
    "$bin/python" -m pyinstrument -r "$format" -o "$out/pyinstrument.$format" workload.py 0.05
done
"$bin/viztracer" --ignore_frozen -o "$out/viztracer.json" -- simple_workload.py
"$bin/viztracer" -o "$out/viztracer-threads.json" -- viztracer_threads_workload.py
"$bin/viztracer" -o "$out/viztracer-fork.json" -- viztracer_fork_workload.py
"$bin/python" yappi_workload.py wall "$work/yappi"
cp "$work/yappi.callgrind" "$out/yappi-wall.callgrind"
"$bin/python" -m cProfile -o "$work/simple.prof" simple_workload.py
"$bin/pyprof2calltree" -i "$work/simple.prof" -o "$out/pyprof2calltree.callgrind"
"$bin/vprof" -c c simple_workload.py --output-file "$out/vprof.c.json"
"$bin/vprof" -c p simple_workload.py --output-file "$out/vprof.p.json"
"$bin/memray" run -f -o "$work/memray.bin" memray_workload.py
"$bin/memray" transform -f speedscope -o "$out/memray.speedscope.json" "$work/memray.bin"
"$bin/python" -X importtime -c 'import json' 2> "$out/importtime.txt"
