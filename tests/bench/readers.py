#!/usr/bin/env python3
# How fast each reader of a profile is, and how much memory it takes: a large recording in each format, made with the
# structure that the tool itself gives it, and what Flamedrop says of it held against what was put in.
#
# usage: ./dev bench readers [--megabytes N] [--times N] [--keep] [NAME …]      (40 megabytes of each format)
#
# NAME is a format or what several begin with: pprof, vprof-c. Memory above 64 MB and four times the unpacked recording fails;
# what is below 50 MB/s is named. Recordings are made again from their seed, and left behind with --keep.
# Seconds are those of the processor, the fewest of several runs: a reader has one thread, and the machine may do other work.

import argparse
import json
import shutil
import sys
from multiprocessing import Process

import make_binary
import make_json
import make_pages
import make_texts
from measure import INPUTS, build, checked, made, measure

READERS = {
    "pstats": (make_binary.pstats, "pstats (cProfile)"),
    "collapsed": (make_texts.collapsed, "Collapsed stacks (py-spy)"),
    "collapsed-austin": (make_texts.austin, "… of Austin, sample by sample"),
    "speedscope-sampled": (make_json.speedscope_sampled, "speedscope, sampled (py-spy)"),
    "speedscope-evented": (make_json.speedscope_evented, "speedscope, evented (pyinstrument)"),
    "chrome-viztracer": (make_json.viztracer, "Chrome trace of VizTracer"),
    "chrome-py-spy": (make_json.py_spy_trace, "Chrome trace of py-spy"),
    "pyinstrument": (make_json.pyinstrument, "pyinstrument JSON"),
    "pyinstrument-session": (make_json.pyinstrument_session, "pyinstrument session"),
    "importtime": (make_texts.importtime, "python -X importtime"),
    "callgrind": (make_texts.callgrind, "callgrind (pyprof2calltree)"),
    "callgrind-yappi": (make_texts.callgrind_yappi, "callgrind (yappi)"),
    "perf-script": (make_texts.perf_script, "perf script"),
    "vprof-c": (make_json.vprof_c, "vprof, stacks (c)"),
    "vprof-p": (make_json.vprof_p, "vprof, functions (p)"),
    "vprof-m": (make_json.vprof_m, "vprof, memory (m)"),
    "vprof-h": (make_json.vprof_h, "vprof, lines (h)"),
    "memray-csv": (make_texts.memray_csv, "memray, csv"),
    "memray-stats": (make_json.memray_stats, "memray, statistics"),
    "memray-flamegraph": (make_pages.memray_page, "memray, flame graph"),
    "memray-temporal": (make_pages.memray_temporal, "memray, flame graph over time"),
    "memray-table": (make_pages.memray_table, "memray, table"),
    "gprof2dot": (make_json.gprof2dot, "gprof2dot JSON (memray)"),
    "scalene": (make_pages.scalene, "Scalene"),
    "line-profiler": (make_binary.line_profiler, "line_profiler .lprof"),
    "memory-profiler": (make_texts.memory_profiler, "memory_profiler .dat"),
    "tracemalloc": (make_binary.tracemalloc_snapshot, "tracemalloc snapshot"),
    "tachyon": (make_binary.tachyon, "Tachyon .bin, plain"),
    "tachyon-zstd": (make_binary.tachyon_zstd, "Tachyon .bin, zstd"),
    "tachyon-jsonl": (make_texts.tachyon_jsonl, "Tachyon jsonl"),
    "tachyon-flamegraph": (make_pages.tachyon_page, "Tachyon flame graph"),
    "firefox": (make_pages.firefox, "Firefox JSON (Tachyon --gecko)"),
    "mojo": (make_binary.mojo, "Austin MOJO"),
    "pprof": (make_binary.pprof, "pprof, plain (ddtrace)"),
    "pprof-gzip": (make_binary.pprof_gzip, "pprof, gzip"),
    "pprof-zstd": (make_binary.pprof_zstd, "pprof, zstd"),
}

# What issue the readers are held to: bytes of the unpacked recording a second, and memory beside it.
SPEED = 50
MEMORY, MEMORY_PER_BYTE = 64, 4


def near(found, expected):
    return found is not None and abs(found - expected) <= 1e-6 * max(abs(expected), 1e-9)


def check(contents, summary):
    """What Flamedrop says of the recording is what was put into it."""
    [document] = json.loads(summary.read_bytes())["documents"]
    found = {}
    for function in document["functions"]:
        found[function["name"]] = found.get(function["name"], 0) + (function["self"] or 0)
    for key, expected in contents.items():
        if key == "functions":
            assert len(document["functions"]) == expected, f"{len(document['functions'])} functions, {expected} written"
        elif key == "self":
            for name, value in expected.items():
                assert near(found.get(name), value), f"{name} has {found.get(name)}, {value} written"
        elif key == "measures":
            totals = {measure["name"]: measure["total"] for measure in document["measures"]}
            for name, value in expected.items():
                assert near(totals.get(name), value), f"{name} is {totals.get(name)}, {value} written"
        elif key == "lines":
            for name, value in expected.items():
                sums = sum(one["value"] for line in document["lines"] for one in line["values"] if one["name"] == name)
                assert near(sums, value), f"lines have {sums} of {name}, {value} written"
        elif key == "points":
            points = sum(len(curve["at"]) for curve in document["series"])
            assert points == expected, f"{points} measurements, {expected} written"
        elif key in ("total", "calls"):
            assert near(document[key], expected), f"{key} is {document[key]}, {expected} written"


def chosen(names):
    """The readers that are called so, or begin so."""
    found = [key for key in READERS if not names or key in names or any(key.startswith(f"{name}-") for name in names)]
    unknown = [name for name in names if not any(key == name or key.startswith(f"{name}-") for key in READERS)]
    if unknown:
        sys.exit(f"There is no reader called {', '.join(unknown)}. There are: {', '.join(READERS)}")
    return found


def main():
    parser = argparse.ArgumentParser(prog="./dev bench readers")
    parser.add_argument("--megabytes", type=float, default=40)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leave the recordings behind")
    parser.add_argument("--program", help="another build of the command line")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    keys = chosen(arguments.names)
    program = arguments.program or build()
    alone = ["taskset", "--cpu-list", "0"] if shutil.which("taskset") else []
    slow, large, rows = [], [], []
    for key in keys:
        make, title = READERS[key]
        path = INPUTS / f"reader-{key}-{arguments.megabytes:g}"
        # In a process of its own, as the check is: what this one has had counts as a program's that it starts.
        process = Process(target=made, args=(path, make, arguments.megabytes))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"There is no recording of {title}.")
        contents = made(path, make, arguments.megabytes)
        unpacked = contents.pop("unpacked", path.stat().st_size) / 1e6
        output = INPUTS / "summary.json"
        measure(key, [program, "summary", "--json", path], times=1, output=output)
        checked(check, contents, output)
        runs = [measure(key, [*alone, program, "summary", path], times=1) for _ in range(arguments.times)]
        run = min(runs, key=lambda run: run.cpu)
        if not arguments.keep:
            path.unlink()
            path.with_name(f"{path.name}.contents.json").unlink()
        speed, budget = unpacked / run.cpu, MEMORY + MEMORY_PER_BYTE * unpacked
        if speed < SPEED:
            slow.append(f"{title} ({speed:.0f})")
        if run.peak_mb > budget:
            large.append(f"{title} ({run.peak_mb:.0f} of {budget:.0f} MB)")
        rows.append((title, unpacked, run.cpu, speed, run.peak_mb, run.peak_mb / unpacked, budget))
    print(f"\n| {'':34} | {'MB':>5} | {'seconds':>7} | {'MB/s':>5} | {'peak MB':>7} | {'a byte':>6} | {'budget':>6} |")
    print(f"|{'-' * 36}|{'|'.join('-' * (width + 1) + ':' for width in (5, 7, 5, 7, 6, 6))}|")
    for title, unpacked, seconds, speed, peak, ratio, budget in rows:
        print(f"| {title:34} | {unpacked:5.1f} | {seconds:7.3f} | {speed:5.0f} | {peak:7.0f} | {ratio:6.1f} | {budget:6.0f} |")
    if slow:
        print(f"\nBelow {SPEED} MB/s: {', '.join(slow)}")
    if large:
        sys.exit(f"\nMore memory than {MEMORY} MB and {MEMORY_PER_BYTE} times the recording: {', '.join(large)}")


if __name__ == "__main__":
    main()
