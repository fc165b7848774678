"""What the benchmarks share: building the command line, running it beside its peers, one table."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing import Process
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Inputs are large and made again from their seed: kept out of the repository, between runs.
INPUTS = ROOT / "target" / "bench"


@dataclass
class Run:
    """One program's best run."""

    name: str
    wall: float
    cpu: float
    peak_mb: float


def build():
    """The release build of the command line."""
    print("Building the release command line …", flush=True)
    messages = subprocess.run(
        ["cargo", "build", "--release", "--bin", "flamedrop", "--message-format=json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    for line in messages.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "flamedrop":
            return message["executable"]
    sys.exit("cargo built no flamedrop")


def measure(name, command, times=3, output=os.devnull):
    """Runs the command so many times and keeps the fastest: the others measure the machine.

    Its output goes to a file, not through this process, whose memory would count as the command's.
    """
    best = None
    for _ in range(times):
        with open(output, "wb") as file:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdout=file)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{name} failed: {' '.join(map(str, command))}")
        if best is None or wall < best.wall:
            cpu = usage.ru_utime + usage.ru_stime
            # Kilobytes on Linux, bytes on macOS.
            peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
            best = Run(name, wall, cpu, peak)
    return best


def paired(command, other, times=9, output=os.devnull):
    """Median seconds of the command and of another one, run in turns: whatever slows the machine for a while slows
    both. Who begins changes from pair to pair."""
    seconds = {0: [], 1: []}
    for pair in range(times):
        for which in (0, 1) if pair % 2 == 0 else (1, 0):
            run = measure(f"program {which + 1}", (command, other)[which], times=1, output=output)
            seconds[which].append(run.wall)
    return statistics.median(seconds[0]), statistics.median(seconds[1])


def opened(path, *options, site=ROOT / "dist"):
    """What page.mjs finds when the built page opens the file, in Chromium; None where either is missing."""
    if not (site / "index.html").exists() or not shutil.which("node"):
        print(f"{site}/ or node is missing, so not in the page: ./dev build makes both")
        return None
    command = ["node", ROOT / "tests" / "bench" / "page.mjs", path, *options]
    environment = os.environ | {"FLAMEDROP_DIST": str(site.resolve())}
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if run.returncode:
        return None
    # What the tests' support is made of prints a summary of no tests as well.
    return json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))


def table(runs, megabytes):
    """All runs beside the first; a run that could not be is None."""
    first = runs[0]
    print(f"{'':44} {'seconds':>9} {'CPU':>9} {'MB/s':>8} {'peak MB':>8} {'ratio':>8}")
    for run in filter(None, runs):
        print(
            f"{run.name:44} {run.wall:9.3f} {run.cpu:9.3f} {megabytes / run.wall:8.1f} "
            f"{run.peak_mb:8.0f} {run.wall / first.wall:7.1f}×"
        )


def checked(check, *arguments):
    """Runs the check in a process of its own (see measure) and ends the benchmark if it fails."""
    process = Process(target=check, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit("What was read is not what was written.")


def made(path, make, *arguments):
    """What make(path, …) said it wrote there; called unless the file is there from an earlier run."""
    contents = path.with_name(f"{path.name}.contents.json")
    if not contents.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"Making {path.relative_to(ROOT)} …", flush=True)
        # Written last: an interrupted run leaves no half input that looks whole.
        contents.write_text(json.dumps(make(path, *arguments)))
    return json.loads(contents.read_text())
