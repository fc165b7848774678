#!/usr/bin/env python3
# Reading large SQL logs: the command line and the page beside Debian's pgbadger and pt-query-digest, on
# the same files, in one run. A ratio of 60× means: the other took 60 times as long as Flamedrop on one core.
#
# usage: ./dev bench logs [KIND …] [MEGABYTES …]      (every kind, 100 megabytes, if none is given)

import json
import os
import shutil
import subprocess
import sys
import tempfile

import make_log
from measure import INPUTS, Run, build, checked, made, measure, opened, table

ENDINGS = {"postgres-csv": "csv", "postgres-json": "json", "django": "jsonl"}

# What there is to compare with, and how to get it.
PEERS = {"pgbadger": "pgbadger", "pt-query-digest": "percona-toolkit"}


def check(contents, summary):
    """Every statement counted, every shape told apart: a fast wrong answer is no answer."""
    [document] = json.loads(summary.read_bytes())["documents"]
    found = {
        "statements": document["executions"],
        "shapes": len(document["fingerprints"]),
    }
    assert found == contents, f"read {found}, written {contents}"


def peers(kind, path, directory):
    """The other tools on the same file. Half a minute and more for each: once is enough to know."""
    if kind.startswith("postgres") and shutil.which("pgbadger"):
        form = {"postgres": "stderr", "postgres-csv": "csv", "postgres-json": "jsonlog"}[kind]
        for jobs in sorted({1, os.cpu_count()} if kind == "postgres" else {1}):
            report = os.path.join(directory, f"report-{jobs}.html")
            command = ["pgbadger", "--quiet", "--jobs", str(jobs), "--format", form]
            if kind == "postgres":
                command += ["--prefix", "%m [%p] %q%u@%d "]
            yield measure(f"pgbadger --jobs {jobs}", [*command, "--outfile", report, path], times=1)
    if kind in ("mysql", "percona") and shutil.which("pt-query-digest"):
        command = ["pt-query-digest", "--no-version-check", path]
        yield measure("pt-query-digest", command, times=1)


def in_page(path, contents):
    page = opened(path)
    if page is None:
        return None
    said = f"{contents['statements']:,} executions"
    assert said in page["totals"], f"the page says {page['totals']}, written were {said}"
    # The browser's other processes are not counted: memory is WebAssembly's, of all workers.
    return Run("in the page (Chromium)", page["seconds"], float("nan"), page["memory"] / 1e6)


def main():
    kinds = [argument for argument in sys.argv[1:] if argument in make_log.FORMATS]
    sizes = [float(argument) for argument in sys.argv[1:] if argument not in make_log.FORMATS]
    program = build()
    for peer, package in PEERS.items():
        if shutil.which(peer):
            version = subprocess.run([peer, "--version"], capture_output=True, text=True).stdout
            print(f"Beside {version.strip()}")
        else:
            print(f"{peer} is missing, and so is its figure. Install it: apt-get install {package}")
    for size in sizes or [100]:
        for kind in kinds or make_log.FORMATS:
            path = INPUTS / f"{kind}-{size:g}.{ENDINGS.get(kind, 'log')}"
            contents = made(path, make_log.write, kind, size)
            megabytes = path.stat().st_size / 1e6
            print(f"\n{path.name}: {megabytes:.1f} MB, {contents['statements']:,} statements")
            output = INPUTS / "summary.json"
            command = [program, "summary", "--json", path]
            # As peers are: on one core.
            alone = ["taskset", "--cpu-list", "0"] if shutil.which("taskset") else []
            runs = [measure("flamedrop summary --json, one core", alone + command, output=output)]
            checked(check, contents, output)
            runs.append(in_page(path, contents))
            with tempfile.TemporaryDirectory() as directory:
                runs += peers(kind, path, directory)
            table(runs, megabytes)


if __name__ == "__main__":
    main()
