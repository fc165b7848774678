#!/usr/bin/env python3
# Reading large logs of requests: the command line and the page beside Debian's goaccess, on the same file, in one run. A
# ratio of 20× means: the other took 20 times as long as Flamedrop on one core.
#
# usage: ./dev bench requests [MEGABYTES …]      (100 megabytes, if none is given)

import json
import random
import shutil
import subprocess
import sys
import time

from measure import INPUTS, Run, build, checked, made, measure, opened, table

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"
PATHS = [
    "/",
    "/orders/",
    "/product/{}/",
    "/category/garden/?page={}",
    "/static/shop.css",
    "/api/v1/cart/{}",
    "/search/?q=shelf+{}",
]
STATUSES = [200] * 20 + [302, 404, 500]

# The combined format with nginx' times behind it, as goaccess is told it.
GOACCESS = [
    '--log-format=%h %^[%d:%t %^] "%r" %s %b "%R" "%u" %T %^ %^',
    "--date-format=%d/%b/%Y",
    "--time-format=%H:%M:%S",
]


def write(path, megabytes):
    """About sixty requests a second for a few routes, log-normal durations; says what is in the file."""
    dice, moment, requests, failed, routes = random.Random(1), 1764000000.0, 0, 0, set()
    with open(path, "w", encoding="ascii") as file:
        while file.tell() < megabytes * 1e6:
            moment += dice.expovariate(60)
            path_of_request = dice.choice(PATHS)
            routes.add(path_of_request.split("?")[0])
            status, took = dice.choice(STATUSES), dice.lognormvariate(-3, 1)
            file.write(
                f"10.0.{dice.randrange(256)}.{dice.randrange(256)} - - "
                f"[{time.strftime('%d/%b/%Y:%H:%M:%S +0000', time.gmtime(moment))}] "
                f'"GET {path_of_request.format(dice.randrange(5000))} HTTP/1.1" {status} {dice.randrange(200, 40000)} '
                f'"-" "{AGENT}" {took:.3f} {took * 0.9:.3f} {dice.getrandbits(128):032x}\n'
            )
            requests += 1
            failed += status == 500
    return {"requests": requests, "failed": failed, "routes": len(routes)}


def check(contents, summary):
    """Every request counted, every route told apart, every duration read: a fast wrong answer is no answer."""
    [document] = json.loads(summary.read_bytes())["documents"]
    found = {
        "requests": document["requests"],
        "failed": document["server_errors"],
        "routes": len(document["routes"]),
    }
    assert found == contents, f"read {found}, written {contents}"
    assert all(route["p50_ms"] for route in document["routes"]), "durations are missing"


def in_page(path, contents):
    page = opened(path)
    if page is None:
        return None
    said = f"{contents['requests']:,} requests"
    assert said in page["totals"], f"the page says {page['totals']}, written were {said}"
    # The browser's other processes are not counted: memory is WebAssembly's, of all workers.
    return Run("in the page (Chromium)", page["seconds"], float("nan"), page["memory"] / 1e6)


def main():
    program = build()
    if shutil.which("goaccess"):
        print(f"Beside {subprocess.run(['goaccess', '--version'], capture_output=True, text=True).stdout.splitlines()[0]}")
    else:
        print("goaccess is missing, and so is its figure. Install it: apt-get install goaccess")
    for size in [float(argument) for argument in sys.argv[1:]] or [100]:
        path = INPUTS / f"requests-{size:g}.log"
        contents = made(path, write, size)
        megabytes = path.stat().st_size / 1e6
        print(f"\n{path.name}: {megabytes:.1f} MB, {contents['requests']:,} requests")
        output = INPUTS / "summary.json"
        # As goaccess is: on one core.
        alone = ["taskset", "--cpu-list", "0"] if shutil.which("taskset") else []
        command = [*alone, program, "summary", "--json", path]
        runs = [measure("flamedrop summary --json, one core", command, output=output)]
        checked(check, contents, output)
        runs.append(in_page(path, contents))
        if shutil.which("goaccess"):
            report = INPUTS / "goaccess.json"
            runs.append(measure("goaccess", [*alone, "goaccess", path, *GOACCESS, "-o", report], times=1))
            counted = json.loads(report.read_bytes())["general"]
            assert counted["valid_requests"] == contents["requests"], counted
        table(runs, megabytes)


if __name__ == "__main__":
    main()
