# -*- coding: utf-8 -*-
"""Profiles the workload under the Python that runs this, and writes what its own pstats reads back.

    record.py TARGET

writes TARGET/VERSION.prof and TARGET/VERSION.json, and the same for `profile`, the profiler in
Python, whose files differ. Runs under Python 2.7 to 3.15.
"""
from __future__ import print_function

import cProfile
import io
import json
import marshal
import os
import pstats
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import workload  # noqa: E402


def text(value):
    """A name as Flamedrop spells it."""
    if hasattr(value, "co_code"):
        return u'<code object %s, file "%s", line %d>' % (
            text(value.co_name), text(value.co_filename), value.co_firstlineno)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")
    return value.encode("utf-8", "backslashreplace" if sys.version_info[0] > 2 else "strict").decode("utf-8")


def key(function):
    file, line, name = function
    return [text(file), line, text(name)]


def number(value):
    """Floats as their shortest exact spelling: JSON readers may round."""
    return repr(float(value))


def oracle(path):
    """What this interpreter's own pstats.Stats holds after reading the file."""
    stats = pstats.Stats(path, stream=io.StringIO() if sys.version_info[0] > 2 else None)
    functions = []
    for function, (primitive, calls, own, total, callers) in stats.stats.items():
        functions.append(key(function) + [calls, primitive, number(own), number(total), sorted(
            key(caller) + ([numbers] if isinstance(numbers, int) else
                           [numbers[0], numbers[1], number(numbers[2]), number(numbers[3])])
            for caller, numbers in callers.items())])
    return {
        "python": sys.version.split()[0],
        "calls": stats.total_calls,
        "primitive_calls": stats.prim_calls,
        "total": number(stats.total_tt),
        "functions": sorted(functions, key=lambda row: row[:3]),
    }


def write_oracle(path, target):
    found = oracle(path)
    with io.open(target, "w", encoding="utf-8") as file:
        file.write(u"{\n")
        for name in ("python", "calls", "primitive_calls", "total"):
            file.write(u'"%s": %s,\n' % (name, json.dumps(found[name])))
        rows = [json.dumps(row, ensure_ascii=True) for row in found["functions"]]
        file.write(u'"functions": [\n%s\n]}\n' % u",\n".join(row if sys.version_info[0] > 2 else row.decode() for row in rows))


def main(target):
    version = "%d.%d" % sys.version_info[:2]
    run = workload.load()

    profiler = cProfile.Profile()
    profiler.enable()
    run()
    profiler.disable()
    path = os.path.join(target, version + ".prof")
    profiler.dump_stats(path)
    write_oracle(path, os.path.join(target, version + ".json"))

    if sys.version_info[:2] == (3, 13):
        # The marshal versions of Pythons that are not there to be run: 2 is that of 3.0 to 3.3, 0 has
        # floats as text.
        with open(path, "rb") as file:
            stats = marshal.load(file)
        for old in (0, 2, 3):
            with open(os.path.join(target, "marshal-%d.prof" % old), "wb") as file:
                marshal.dump(stats, file, old)

    import warnings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import profile
        except ImportError:
            return
        profiler = profile.Profile(bias=0)
        profiler.runctx(compile("run()", "/srv/app/manage.py", "exec"), {"run": run}, {})
    path = os.path.join(target, version + "-profile.prof")
    profiler.dump_stats(path)
    write_oracle(path, os.path.join(target, version + "-profile.json"))


if __name__ == "__main__":
    main(sys.argv[1])
