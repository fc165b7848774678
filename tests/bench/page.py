#!/usr/bin/env python3
# The built page beside another build of it, in Chromium: the seconds from the choice of a file until its totals are
# on screen, and, asked for as soon as they can be, until its findings, its timeline, its flame graph are. The medians
# of nine pairs, in turns; what both say of the file is checked first.
#
# usage: ./dev bench page --against DIST [--pairs N] [CASE ...]      (every case, if none is given)
#
# DIST is the dist/ of another build. Of an earlier commit:
#
#     git worktree add ../before COMMIT && (cd ../before && ./dev build)
#     ./dev build && ./dev bench page --against ../before/dist

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import make_log
import make_profile
from logs import ENDINGS
from measure import INPUTS, ROOT, made

MEGABYTES = 100
FUNCTIONS = 100_000
DATA = ROOT / "tests" / "data"


def log(kind):
    path = INPUTS / f"{kind}-{MEGABYTES}.{ENDINGS.get(kind, 'log')}"
    return path, f"{made(path, make_log.write, kind, MEGABYTES)['statements']:,} executions"


def profile():
    path = INPUTS / f"functions-{FUNCTIONS}.prof"
    made(path, make_profile.write, FUNCTIONS)
    return path, f"{FUNCTIONS:,} functions"


def recorded(path, said):
    return lambda: (DATA / path, said)


# What is opened, what both must say of it (a pattern, where the file is a recording), and what is waited for.
CASES = {
    "postgres": (lambda: log("postgres"), "open findings timeline"),
    "postgres-csv": (lambda: log("postgres-csv"), "open"),
    "postgres-json": (lambda: log("postgres-json"), "open"),
    "mysql": (lambda: log("mysql"), "open"),
    "django": (lambda: log("django"), "open findings"),
    "functions": (profile, "open tree"),
    "small-profile": (recorded("shop/shop.prof", r"[\d,]+ functions"), "open tree"),
    "small-log": (recorded("shop/shop.sql.jsonl", r"[\d,]+ executions"), "open findings"),
}


def in_turns(path, pairs, view, sites):
    command = ["node", ROOT / "tests" / "bench" / "page.mjs", path, str(pairs), view, *sites]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    # What the tests' support is made of prints a summary of no tests as well.
    return json.loads(next(line for line in output.splitlines() if line.startswith("[")))


def main():
    parser = argparse.ArgumentParser(prog="./dev bench page", usage="%(prog)s --against DIST [--pairs N] [CASE ...]")
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--site", type=Path, default=ROOT / "dist", help=argparse.SUPPRESS)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    arguments = parser.parse_args()
    if unknown := set(arguments.cases) - CASES.keys():
        sys.exit(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(CASES)}")
    sites = [arguments.site.resolve(), arguments.against.resolve()]
    for site in sites:
        if not (site / "index.html").exists():
            sys.exit(f"{site} is no built page: ./dev build makes one")
    print(f"{os.cpu_count()} cores; load before: {os.getloadavg()[0]:.1f}")
    print(f"{'':28} {'this, s':>9} {'other, s':>9} {'× as fast':>9} {'this, MB':>9} {'other, MB':>9}")
    for name in arguments.cases or CASES:
        find, views = CASES[name]
        path, said = find()
        for view in views.split():
            ours, theirs = in_turns(path, arguments.pairs, view, sites)
            totals = " ".join(ours["totals"])
            if not re.search(said, totals) or ours["totals"] != theirs["totals"]:
                sys.exit(f"{name}: this page says {ours['totals']}, the other {theirs['totals']}")
            print(
                f"{f'{name}, {view}':28} {ours['seconds']:9.3f} {theirs['seconds']:9.3f} "
                f"{theirs['seconds'] / ours['seconds']:9.2f} {ours['memory'] / 1e6:9.0f} {theirs['memory'] / 1e6:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
