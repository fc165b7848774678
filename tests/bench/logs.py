#!/usr/bin/env python3
# Reading large SQL logs: the command line beside Debian's pgbadger, in one run.
#
# usage: ./dev bench logs [MEGABYTES ...]      (100 if none is given)

import json
import os
import shutil
import subprocess
import sys
import tempfile

import make_log
from measure import INPUTS, build, checked, made, measure, table


def check(contents, summary):
    """Every statement counted, every shape told apart: a fast wrong answer is no answer."""
    [document] = json.loads(summary.read_bytes())["documents"]
    found = {
        "statements": document["executions"],
        "shapes": len(document["fingerprints"]),
    }
    assert found == contents, f"read {found}, written {contents}"


def pgbadger(path, jobs, directory):
    """pgbadger on the same file; None, with what to type, where it is missing."""
    program = shutil.which("pgbadger")
    if not program:
        return None
    report = os.path.join(directory, f"report-{jobs}.html")
    command = [program, "--quiet", "--jobs", str(jobs), "--format", "stderr"]
    command += ["--prefix", "%m [%p] %q%u@%d ", "--outfile", report, str(path)]
    # Half a minute and more for each: once is enough to know.
    return measure(f"pgbadger --jobs {jobs}", command, times=1)


def main():
    program = build()
    if shutil.which("pgbadger"):
        version = subprocess.run(["pgbadger", "--version"], capture_output=True, text=True).stdout
        print(f"Beside {version.strip()}")
    else:
        print("pgbadger is missing, so only our own figures. Install it: apt-get install pgbadger")
    for size in [float(argument) for argument in sys.argv[1:]] or [100]:
        for kind, ending in [("postgres", "log"), ("django", "jsonl")]:
            path = INPUTS / f"{kind}-{size:g}.{ending}"
            contents = made(path, make_log.write, kind, size)
            megabytes = path.stat().st_size / 1e6
            print(f"\n{path.name}: {megabytes:.1f} MB, {contents['statements']:,} statements")
            runs = [measure("flamedrop summary", [program, "summary", path])]
            output = INPUTS / "summary.json"
            command = [program, "summary", "--json", path]
            runs.append(measure("flamedrop summary --json", command, output=output))
            checked(check, contents, output)
            if kind == "postgres":
                with tempfile.TemporaryDirectory() as directory:
                    runs += [pgbadger(path, jobs, directory) for jobs in {1, os.cpu_count()}]
            table(runs, megabytes)


if __name__ == "__main__":
    main()
