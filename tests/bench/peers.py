#!/usr/bin/env python3
# Counts of the recorded logs in tests/data/servers, and how long they take: the command line beside Debian's pgbadger
# and pt-query-digest. What is right is known otherwise: tests/data/servers/README.md, tests/sql_servers.rs.
#
# usage: ./dev bench peers

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT, build

SERVERS = ROOT / "tests" / "data" / "servers"

# File, and its statements that ended without an error.
LOGS = {
    "psycopg-3.3.9.log": 66,
    "psycopg-3.3.9.csv": 66,
    "psycopg-3.3.9.json": 66,
    "asyncpg-0.32.0.log": 38,
    "pgbouncer-1.24.1.log": 30,
    "auto_explain.log": 39,
    "locks.log": 20,
    "ten.postgres-18.log": 10,
    "ten.postgres-18.csv": 10,
    "ten.postgres-18.json": 10,
    "mysql-9.7.4-slow-extra.log": 56,
    "mariadb-11.8.9-slow-all.log": 53,
    "ten.mariadb.slow.log": 12,
    "mysql-9.7.4-general.log": 57,
    "mariadb-11.8.9-general.log": 49,
    "ten.mariadb.general.log": 12,
}


def timed(command, times=5):
    """What it writes, and its median seconds."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        run = subprocess.run(command, capture_output=True, text=True)
        seconds.append(time.perf_counter() - started)
    return run.stdout, statistics.median(seconds)


def flamedrop(program, path):
    out, seconds = timed([program, "summary", "--json", path])
    return json.loads(out)["documents"][0]["executions"], seconds


def pgbadger(path, directory):
    form = {"log": "stderr", "csv": "csv", "json": "jsonlog"}[path.suffix[1:]]
    command = ["pgbadger", "--quiet", "--format", form, "--extension", "json", "--outfile", directory / "report.json"]
    if form == "stderr":
        prefix = "%m [%p] %q%u@%d " if path.name.startswith("ten.") else "%m [%p] %q%u@%d/%a %h %Q %e: "
        command += ["--prefix", prefix]
        # It does not know PostgreSQL 18's %L and reads no line with it: without.
        text = re.sub(r" 127\.0\.0\.1 127\.0\.0\.1 ", " 127.0.0.1 ", path.read_text())
        path = directory / "without.log"
        path.write_text(text)
    _, seconds = timed([*command, path], times=3)
    stat = json.loads((directory / "report.json").read_text())["overall_stat"]
    databases = [stat, *(each for each in stat.values() if isinstance(each, dict))]
    return sum(each.get("queries_number", 0) for each in databases), seconds


def pt_query_digest(path):
    kind = ["--type", "genlog"] if "general" in path.name else []
    command = ["pt-query-digest", "--no-version-check", "--limit=100%", "--output=json", *kind, path]
    out, seconds = timed(command, times=3)
    classes = json.loads(out[out.index("{") :])["classes"]
    return sum(each["query_count"] for each in classes), seconds


def main():
    program = build()
    for peer, package in {"pgbadger": "pgbadger", "pt-query-digest": "percona-toolkit"}.items():
        if not shutil.which(peer):
            sys.exit(f"{peer} is missing. Install it: apt-get install {package}")
        print(subprocess.run([peer, "--version"], capture_output=True, text=True).stdout.strip())
    print(f"{'':30} {'right':>6} {'flamedrop':>16} {'the other':>16}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for file, right in LOGS.items():
            path = directory / file
            packed = SERVERS / f"{file}.gz"
            path.write_bytes(gzip.decompress(packed.read_bytes()) if packed.exists() else (SERVERS / file).read_bytes())
            ours, seconds = flamedrop(program, path)
            is_postgres = "mysql" not in file and "mariadb" not in file
            theirs, long = pgbadger(path, directory) if is_postgres else pt_query_digest(path)
            print(f"{file:30} {right:6} {ours:6} {seconds * 1e3:6.0f} ms {theirs:6} {long * 1e3:6.0f} ms", flush=True)
            os.remove(path)


if __name__ == "__main__":
    main()
