#!/usr/bin/env python3
# Reading large SQL logs: the command line and the page beside Debian's pgbadger and pt-query-digest, on
# the same files, in one run. A ratio of 60× means: the other took 60 times as long as Flamedrop on one core.
#
# usage: ./dev bench logs [KIND …] [MEGABYTES …]      (every kind, 100 megabytes, if none is given)
#        ./dev bench logs --against PROGRAM [KIND …] [MEGABYTES …]
#        ./dev bench logs --jobs N [KIND …] [MEGABYTES …]
#
# --against: instead of the other tools another flamedrop, say one built from an earlier commit in a `git worktree`.
# The medians of nine pairs of runs, in turns; fails where this one takes more than 1.05 times as long.
#
# --jobs: with N threads beside one, the medians of nine pairs of runs, in turns; fails where what they say differs.

import json
import os
import shutil
import subprocess
import sys
import tempfile

import make_log
from measure import INPUTS, Run, build, checked, made, measure, opened, paired, table

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


# Slower than this is slower: less than what a machine's other work makes of the same program.
MOST = 1.05


def against(other, program, kinds, sizes):
    """The medians of this program and of another one, for each kind of log."""
    alone = ["taskset", "--cpu-list", "0"] if shutil.which("taskset") else []
    output = INPUTS / "summary.json"
    slower = []
    print(f"{'':28} {'statements':>10} {'this, s':>9} {'other, s':>9} {'ratio':>7}")
    for size in sizes:
        for kind in kinds:
            path = INPUTS / f"{kind}-{size:g}.{ENDINGS.get(kind, 'log')}"
            contents = made(path, make_log.write, kind, size)
            command = [*alone, program, "summary", "--json", path]
            measure("flamedrop", command, times=1, output=output)
            checked(check, contents, output)
            ours, theirs = paired(command, [*alone, other, "summary", "--json", path])
            ratio = ours / theirs
            print(f"{path.name:28} {contents['statements']:10,} {ours:9.3f} {theirs:9.3f} {ratio:7.3f}", flush=True)
            if ratio > MOST:
                slower.append(path.name)
    if slower:
        sys.exit(f"More than {MOST} times as long: {', '.join(slower)}")


def with_jobs(jobs, program, kinds, sizes):
    """The medians with so many threads and with one, for each kind of log."""
    print(f"{'':28} {'statements':>10} {'one, s':>9} {f'{jobs}, s':>9} {'× as fast':>9} {'MB, one':>8} {f'MB, {jobs}':>8}")
    for size in sizes:
        for kind in kinds:
            path = INPUTS / f"{kind}-{size:g}.{ENDINGS.get(kind, 'log')}"
            contents = made(path, make_log.write, kind, size)
            said, memory = [], []
            for count in (1, jobs):
                output = INPUTS / f"summary-{count}.json"
                command = [program, "summary", "--json", "--jobs", str(count), path]
                memory.append(measure("flamedrop", command, times=1, output=output).peak_mb)
                checked(check, contents, output)
                said.append(output.read_bytes())
            assert said[0] == said[1], f"{path.name}: {jobs} threads say something else than one"
            command = [program, "summary", "--json", "--jobs"]
            many, one = paired([*command, str(jobs), path], [*command, "1", path])
            print(
                f"{path.name:28} {contents['statements']:10,} {one:9.3f} {many:9.3f} {one / many:9.2f}"
                f" {memory[0]:8.0f} {memory[1]:8.0f}",
                flush=True,
            )


def main():
    other = jobs = None
    if "--jobs" in sys.argv:
        at = sys.argv.index("--jobs")
        jobs = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    if "--against" in sys.argv:
        at = sys.argv.index("--against")
        if at + 1 == len(sys.argv) or not shutil.which(sys.argv[at + 1]):
            sys.exit("usage: ./dev bench logs --against PROGRAM [KIND …] [MEGABYTES …]")
        other = os.path.abspath(shutil.which(sys.argv[at + 1]))
        del sys.argv[at : at + 2]
    kinds = [argument for argument in sys.argv[1:] if argument in make_log.FORMATS]
    sizes = [float(argument) for argument in sys.argv[1:] if argument not in make_log.FORMATS]
    program = build()
    if jobs:
        with_jobs(jobs, program, kinds or list(make_log.FORMATS), sizes or [100])
        return
    if other:
        against(other, program, kinds or list(make_log.FORMATS), sizes or [100])
        return
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
