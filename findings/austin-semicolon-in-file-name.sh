#!/usr/bin/env bash
# Austin 3.7.0 writes a stack that austin-python 2.4.0, its own library, does not read.
#
# Frames of a line are separated by `;`, and Austin writes a file's name as it is. What a program gives to compile() as the
# name of generated code may hold one: `<form; step 2>`. The line then has one frame more, which is none, and
# austin2speedscope stops at it with InvalidFrame; not a frame but the whole recording is lost. The binary format, which has
# strings by number, becomes the same text by mojo2austin.
#
# Needs root, or a kernel that lets a process look at its children (Austin starts the program itself). x86-64, Linux.
# Seen: Austin's line has `<form; step 2>:generated:`; InvalidFrame: <form
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check austin-dist==3.7.0 austin-python==2.4.0
cat >"$work/app.py" <<'PYTHON'
source = """
import time

def generated(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
"""
exec(compile(source, FILE, "exec"))
generated(1.5)
PYTHON
cd "$work"
record() {
    sed "s/FILE/$2/" app.py >"$1.py"
    venv/bin/austin -i 10ms -o "$1.austin" venv/bin/python "$1.py" >/dev/null 2>&1
    grep -o '[^/]*:generated:[0-9]*' "$1.austin" | sort -u
}
record comma '"<form, step 2>"'
record semicolon '"<form; step 2>"'
grep -qF ';<form; step 2>:generated:' semicolon.austin || { echo "Austin has changed" >&2; exit 1; }
venv/bin/austin2speedscope comma.austin comma.json
if venv/bin/austin2speedscope semicolon.austin semicolon.json 2>errors; then echo "austin-python reads it: the note is out of date" >&2; exit 1; fi
tail -n 1 errors
grep -q 'InvalidFrame: Invalid frame: <form$' errors || { echo "the error has changed" >&2; exit 1; }
venv/bin/austin -b -i 10ms -o semicolon.mojo venv/bin/python semicolon.py >/dev/null 2>&1
venv/bin/mojo2austin semicolon.mojo again.austin
grep -qF ';<form; step 2>:generated:' again.austin || { echo "mojo2austin has changed" >&2; exit 1; }
