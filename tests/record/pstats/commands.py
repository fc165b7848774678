#!/usr/bin/env python3
"""Packs cProfile files of commands for tests/data/pstats/commands/, without the paths of the machine.

    python -m cProfile -o black.prof -m black app.py
    python -m cProfile -o pytest.prof -m pytest
    python -m cProfile -o makemigrations.prof manage.py makemigrations
    tests/record/pstats/commands.py black.prof tests/data/pstats/commands/black-3.8.prof.gz \
        /home/me/venv=/srv/venv /home/me/python=/usr

Each pair is a folder and what is written in place of it. Functions that differ in nothing else stay apart.
"""

import gzip
import marshal
import sys
from pathlib import Path

source, target, *pairs = sys.argv[1:]
folders = [pair.split("=", 1) for pair in pairs]


def renamed(key):
    file, line, name = key
    for folder, new in folders:
        file, name = file.replace(folder, new), name.replace(folder, new)
    return file, line, name


stats = marshal.loads(Path(source).read_bytes())
packed = {
    renamed(key): (*numbers, {renamed(caller): edge for caller, edge in callers.items()})
    for key, (*numbers, callers) in stats.items()
}
if len(packed) != len(stats):
    sys.exit("two functions became one")
Path(target).parent.mkdir(parents=True, exist_ok=True)
Path(target).write_bytes(gzip.compress(marshal.dumps(packed, 2), 9, mtime=0))
