"""How near a call tree is to the true one. Trees are {stack: own seconds}."""

from collections import Counter


def folded(stack):
    """Back to the first occurrence of each function."""
    result, places = [], {}
    for frame in stack:
        if frame in places:
            for gone in result[places[frame] + 1 :]:
                del places[gone]
            del result[places[frame] + 1 :]
        else:
            places[frame] = len(result)
            result.append(frame)
    return tuple(result)


def inclusive(tree):
    result = Counter()
    for stack, seconds in tree.items():
        for depth in range(1, len(stack) + 1):
            result[stack[:depth]] += seconds
    return result


def scores(truth, estimate):
    """(self, inclusive, total): the share of self time on the right stack; the sum of minima of all
    boxes' times by that of maxima, so that too much costs as much as too little; the estimate's
    total by the true one. 1 is right."""
    tree = Counter()
    for stack, seconds in estimate.items():
        tree[folded(stack)] += max(seconds, 0.0)
    total = sum(truth.values())
    right = sum(min(seconds, tree[stack]) for stack, seconds in truth.items())
    ours, theirs = inclusive(tree), inclusive(truth)
    pairs = [(ours[stack], theirs[stack]) for stack in ours.keys() | theirs.keys()]
    agreement = sum(map(min, pairs)) / sum(map(max, pairs))
    return right / total, agreement, sum(estimate.values()) / total
