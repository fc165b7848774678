#!/usr/bin/env python3
# Reading large profiles beside Python's own pstats, in one run: the command line, and the built page from the
# choice of the file to its flame graph on screen, in Chromium. Of the page the medians of five, in turns with
# pstats.
#
# usage: ./dev bench profiles [--against DIST] [FUNCTIONS ...]      (100000 and 10000 if none is given)
#
# --against is the dist/ of another build, which then takes its turns as well. Of an earlier commit:
#
#     git worktree add ../before COMMIT && (cd ../before && ./dev build)
#     ./dev build && ./dev bench profiles --against ../before/dist

import json
import pstats
import statistics
import subprocess
import sys
from pathlib import Path

import make_profile
from measure import INPUTS, ROOT, build, checked, made, measure, opened, table

TURNS = 5

# What a developer does first, and the least of it: only to have the numbers in memory.
LOAD = "import pstats, sys; pstats.Stats(sys.argv[1])"
# Without Python's start: the page has been started, too.
TIMED = "import pstats, sys, time; began = time.perf_counter(); pstats.Stats(sys.argv[1])"
TIMED += "; print(time.perf_counter() - began)"
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


def loaded(path):
    """Seconds that pstats takes."""
    command = [sys.executable, "-c", TIMED, path]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def in_page(path, number, sites):
    """Each site's and pstats' medians, and how they compare."""
    names, times, reference = list(sites), {name: [] for name in sites}, []
    for _ in range(TURNS):
        for name, site in sites.items():
            page = opened(path, "1", "tree", site=site)
            if page is None:
                return
            assert any(total.startswith(f"{number:,} ") for total in page["totals"]), page["totals"]
            times[name].append(page["seconds"])
        reference.append(loaded(path))
    pstats_time = statistics.median(reference)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    for name in names:
        every = ", ".join(f"{seconds:.3f}" for seconds in times[name])
        print(f"{name:44} {medians[name]:9.3f} s {medians[name] / pstats_time:6.2f} × pstats   ({every})")
    every = ", ".join(f"{seconds:.3f}" for seconds in reference)
    print(f"{'pstats.Stats(file), without the start':44} {pstats_time:9.3f} s {'':15}   ({every})")
    if len(names) > 1:
        print(f"{'this page by the other':44} {medians[names[0]] / medians[names[1]]:9.3f}")


def main():
    arguments, sites = sys.argv[1:], {"flame graph in the page": ROOT / "dist"}
    if "--against" in arguments:
        at = arguments.index("--against")
        sites["… in the other page"] = Path(arguments.pop(at + 1))
        arguments.pop(at)
    program = build()
    for number in [int(argument) for argument in arguments] or [100_000, 10_000]:
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
        in_page(path, number, sites)


if __name__ == "__main__":
    main()
