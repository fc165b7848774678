"""How near a call tree is to the true one. Trees are {stack: own seconds}."""

import re
from collections import Counter
from typing import NamedTuple

# Flamedrop's box for many small ones. The functions below it are known, the way to them is not.
MERGED = re.compile(r"\(\d+ more\)")


class Scores(NamedTuple):
    """1 is right."""

    # Share of self time on the right stack.
    own: float
    # Sum of minima of all boxes' times by that of maxima, so that too much costs as much as too little.
    inclusive: float
    # How well each function's boxes add up to its true time, which is its cumulative time in the file.
    kept: float
    # The estimate's total by the true one.
    total: float


def normal(stack):
    """Each function where it is first, so that a recursive leaf is own time of the box it is in."""
    return tuple(dict.fromkeys(frame for frame in stack if not MERGED.fullmatch(frame)))


def normalised(tree):
    result = Counter()
    for stack, seconds in tree.items():
        result[normal(stack)] += max(seconds, 0.0)
    return result


def inclusive(tree):
    result = Counter()
    for stack, seconds in tree.items():
        for depth in range(1, len(stack) + 1):
            result[stack[:depth]] += seconds
    return result


def by_function(tree):
    result = Counter()
    for stack, seconds in tree.items():
        for function in stack:
            result[function] += seconds
    return result


def scores(truth, estimate):
    total, ratio = sum(truth.values()), sum(estimate.values()) / sum(truth.values())
    truth, estimate = normalised(truth), normalised(estimate)
    right = sum(min(seconds, estimate[stack]) for stack, seconds in truth.items())
    ours, theirs = inclusive(estimate), inclusive(truth)
    pairs = [(ours[stack], theirs[stack]) for stack in ours.keys() | theirs.keys()]
    agreement = sum(map(min, pairs)) / sum(map(max, pairs))
    ours, theirs = by_function(estimate), by_function(truth)
    missed = sum(abs(seconds - ours[function]) for function, seconds in theirs.items())
    return Scores(right / total, agreement, 1 - missed / sum(theirs.values()), ratio)
