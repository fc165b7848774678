#!/usr/bin/env python3
# Call trees out of pstats beside the trees that were really there: Flamedrop and other viewers' rules.
#
# usage: ./dev bench trees [--fresh [TIMES]] [WORKLOAD ...]
#
# Scores the committed recordings, and what is too large for the repository as it was recorded here first.
# With --fresh everything is recorded anew so many times (5), and the table has medians: no two recordings are
# alike. What else a machine does becomes time of some box. After a build, as root,
#
#     chrt --fifo 1 ./dev bench trees --fresh
#
# keeps most of it out. Each cell is the share of self time on the right stack / the agreement of all boxes'
# times / how well each function's boxes add up to its total time; 1 is right. A mean counts a tree of too many
# boxes as 0. FLAMEDROP=program uses that command line instead of building one.

import os
import statistics
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "treebench"))
sys.dont_write_bytecode = True

import environment
import peers
import recorder
import workloads
from measure import INPUTS, build
from scoring import Scores, scores

COLUMNS = ["Flamedrop", *peers.RULES]


def spelt(label):
    file, line, name = label
    return f"{name} ({file}:{line})".replace(";", ":").replace("\n", " ")


def truth_of(tree, frames):
    stacks = []
    for parent, function, _ in tree:
        stacks.append((stacks[parent] if parent >= 0 else ()) + (frames[function],))
    return {stack: nanoseconds / 1e9 for stack, (_, _, nanoseconds) in zip(stacks, tree)}


def flamedrop(program, path):
    lines = subprocess.run(
        [program, "export", "--as", "folded", path], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    tree = {}
    for line in lines.splitlines():
        stack, _, microseconds = line.rpartition(" ")
        stack = tuple(stack.split(";"))
        tree[stack] = tree.get(stack, 0.0) + float(microseconds) / 1e6
    return tree


def drawn(column, program, target, stats):
    if column == "Flamedrop":
        return flamedrop(program, f"{target}.prof.gz")
    found = peers.RULES[column](stats).tree
    return {tuple(spelt(f) if f else "?" for f in stack): seconds for stack, seconds in found.items()}


def scored(program, target):
    """Each column's scores for one recording; None for too many boxes."""
    stats, tree = recorder.read(target)
    truth = truth_of(tree, [spelt(label) for label in stats])
    result = {}
    for column in COLUMNS:
        try:
            result[column] = scores(truth, drawn(column, program, target, stats))
        except peers.TooMany:
            result[column] = None
    return result


def recorded(names, fresh):
    """Where each workload's recordings are."""
    if fresh:
        for time in range(1, fresh + 1):
            print(f"Recording {time} of {fresh} …", file=sys.stderr, flush=True)
            environment.record(INPUTS / "trees" / str(time), names)
        return {name: [INPUTS / "trees" / str(time) / name for time in range(1, fresh + 1)] for name in names}
    kept, here = TESTS / "data" / "trees", INPUTS / "trees"
    missing = [name for name in names if name in workloads.LARGE and not (here / f"{name}.tree.gz").exists()]
    if missing:
        environment.record(here, missing)
    return {name: [(here if name in workloads.LARGE else kept) / name] for name in names}


def medians(runs):
    """Of each score by itself. As many boxes are too many each time, or the rule is at the limit."""
    if None in runs:
        return None
    return Scores(*(statistics.median(values) for values in zip(*runs)))


def cell(score):
    if score is None:
        return "too many boxes"
    total = "" if abs(score.total - 1) < 0.005 else f" (total {score.total:.2f})"
    return f"{score.own:.3f} / {score.inclusive:.3f} / {score.kept:.3f}{total}"


def row(name, cells):
    print(f"| {name} |", " | ".join(cells), "|", flush=True)


def main():
    names, fresh = sys.argv[1:], 0
    if "--fresh" in names:
        at = names.index("--fresh")
        fresh = int(names.pop(at + 1)) if names[at + 1 : at + 2] and names[at + 1].isdigit() else 5
        names.pop(at)
    names = names or workloads.ALL
    targets = recorded(names, fresh)
    program = os.environ.get("FLAMEDROP") or build()
    sys.setrecursionlimit(100_000)
    row("workload", COLUMNS)
    print("|---|" + "---|" * len(COLUMNS))
    found = {column: [] for column in COLUMNS}
    for name in names:
        runs = [scored(program, target) for target in targets[name]]
        for column in COLUMNS:
            found[column].append(medians([run[column] for run in runs]))
        row(name, [cell(scores[-1]) for scores in found.values()])
    means = []
    for column in COLUMNS:
        counted = [score[:3] if score else (0, 0, 0) for score in found[column]]
        means.append("**{:.3f} / {:.3f} / {:.3f}**".format(*map(statistics.mean, zip(*counted))))
    row("mean", means)


if __name__ == "__main__":
    main()
