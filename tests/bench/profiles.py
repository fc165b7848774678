#!/usr/bin/env python3
# Reading large profiles: the command line beside Python's own pstats, in one run.
#
# usage: ./dev bench profiles [FUNCTIONS ...]      (100000 and 10000 if none is given)

import json
import pstats
import sys

import make_profile
from measure import INPUTS, build, checked, made, measure, table

# What a developer does first, and the least of it: only to have the numbers in memory.
LOAD = "import pstats, sys; pstats.Stats(sys.argv[1])"
PRINT = LOAD + ".sort_stats('cumulative').print_stats(50)"


def check(path, summary):
    """The numbers must be pstats' own: a fast wrong answer is no answer."""
    expected = pstats.Stats(str(path))
    document = json.loads(summary.read_bytes())["documents"][0]
    found = {
        (function["file"], function["line"], function["name"]): function
        for function in document["functions"]
    }
    assert len(found) == len(expected.stats), "not all functions were read"
    assert document["calls"] == expected.total_calls
    assert document["primitive_calls"] == expected.prim_calls
    for key, (primitive, calls, self_time, total, callers) in expected.stats.items():
        function = found[key]
        assert function["calls"] == calls and function["primitive_calls"] == primitive, key
        assert function["self"] == self_time and function["total"] == total, key
        assert len(function["callers"]) == len(callers), key


def main():
    program = build()
    for number in [int(argument) for argument in sys.argv[1:]] or [100_000, 10_000]:
        path = INPUTS / f"functions-{number}.prof"
        made(path, make_profile.write, number)
        megabytes = path.stat().st_size / 1e6
        print(f"\n{number:,} functions, {megabytes:.1f} MB, Python {sys.version.split()[0]}")
        summary = measure("flamedrop summary", [program, "summary", path], times=5)
        output = INPUTS / "summary.json"
        command = [program, "summary", "--json", path]
        as_json = measure("flamedrop summary --json (every number)", command, output=output)
        checked(check, path, output)
        table(
            [
                summary,
                as_json,
                measure("pstats.Stats(file)", [sys.executable, "-c", LOAD, path]),
                measure("… .sort_stats().print_stats(50)", [sys.executable, "-c", PRINT, path]),
            ],
            megabytes,
        )


if __name__ == "__main__":
    main()
