#!/usr/bin/env python3
"""Call trees out of pstats beside the trees that were really there: Flamedrop and other viewers' rules.

usage: ./dev bench trees [--fresh] [WORKLOAD ...]

Scores the committed recordings; with --fresh records the workloads anew. Each cell is the share of
self time on the right stack / the agreement of all boxes' times; 1 is right. FLAMEDROP=program uses
that command line instead of building one.
"""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "treebench"))
sys.dont_write_bytecode = True

import environment
import peers
import recorder
from measure import INPUTS, build
from scoring import scores


def truth_of(tree, frames):
    stacks, truth = [], {}
    for parent, function, nanoseconds in tree:
        stacks.append((stacks[parent] if parent >= 0 else ()) + (frames[function],))
        truth[stacks[-1]] = nanoseconds / 1e9
    return truth


def spelt(label):
    file, line, name = label
    return f"{name} ({file}:{line})".replace(";", ":").replace("\n", " ")


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


def main():
    names = [argument for argument in sys.argv[1:] if argument != "--fresh"]
    directory = TESTS / "data" / "trees"
    if "--fresh" in sys.argv:
        directory = INPUTS / "trees"
        environment.record(directory, names)
    names = names or sorted(path.name.removesuffix(".tree.gz") for path in directory.glob("*.tree.gz"))
    program = os.environ.get("FLAMEDROP") or build()
    sys.setrecursionlimit(100_000)
    columns = ["Flamedrop", *peers.RULES]
    sums = {column: [0.0, 0.0] for column in columns}
    print("| workload |", " | ".join(columns), "|")
    print("|---|" + "---|" * len(columns))
    for name in names:
        stats, tree = recorder.read(directory / name)
        truth = truth_of(tree, [spelt(label) for label in stats])
        cells = []
        for column in columns:
            try:
                if column == "Flamedrop":
                    estimate = flamedrop(program, directory / f"{name}.prof.gz")
                else:
                    found = peers.RULES[column](stats).tree
                    estimate = {
                        tuple(spelt(f) if f else "?" for f in stack): seconds
                        for stack, seconds in found.items()
                    }
            except peers.TooMany:
                cells.append("too many boxes")
                continue
            own, agreement, total = scores(truth, estimate)
            sums[column][0] += own / len(names)
            sums[column][1] += agreement / len(names)
            kept = "" if abs(total - 1) < 0.005 else f" (total {total:.2f})"
            cells.append(f"{own:.3f} / {agreement:.3f}{kept}")
        print(f"| {name} |", " | ".join(cells), "|", flush=True)
    means = [f"**{own:.3f} / {agreement:.3f}**" for own, agreement in sums.values()]
    print("| mean |", " | ".join(means), "|")


if __name__ == "__main__":
    main()
