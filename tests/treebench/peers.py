"""How other viewers make a call tree of a pstats file: their rules, restated.

Each takes the profile and returns {stack of functions: own seconds}. They are the rules the programs
draw by, not their user interfaces; frames they draw without time of their own are left out.
"""

from collections import Counter

# A rule that makes more boxes than this does not come to an end in a browser either.
MOST = 400_000


class TooMany(Exception):
    pass


class Graph:
    """The profile by caller and callee."""

    def __init__(self, stats):
        self.stats = stats
        self.callees = {function: {} for function in stats}
        for callee, numbers in stats.items():
            for caller, edge in numbers[4].items():
                self.callees[caller][callee] = edge
        self.uncalled = [function for function, numbers in stats.items() if not numbers[4]]
        self.tree, self.boxes = Counter(), 0

    def total(self, function):
        return self.stats[function][3]

    def box(self):
        self.boxes += 1
        if self.boxes > MOST:
            raise TooMany


def snakeviz(stats, depth=10, cutoff=1e-3):
    """Callees get their edge's total, on whatever stack; scaled down where they exceed the caller."""
    graph = Graph(stats)
    leading = [f for f in graph.uncalled if graph.callees[f]] or graph.uncalled or list(stats)

    def draw(function, seconds, stack):
        graph.box()
        shares = {}
        if len(stack) <= depth:
            shares = {c: edge[3] for c, edge in graph.callees[function].items() if c not in stack}
        below = sum(shares.values())
        scale = min(1.0, seconds / below) if below else 1.0
        for callee, share in shares.items():
            if seconds > 0 and share * scale / seconds > cutoff:
                draw(callee, share * scale, (*stack, callee))
        graph.tree[stack] += max(seconds - below, 0.0)

    root = max(leading, key=graph.total)
    draw(root, graph.total(root), (root,))
    return graph


def tuna(stats):
    """Goes on only where a function has one caller; the rest is one block."""
    graph = Graph(stats)

    def draw(function, own, total, stack):
        graph.box()
        callers = stats[function][4]
        if len(stack) > 1 and len(callers) > 1:
            graph.tree[(*stack, None) if graph.callees[function] else stack] += total
            return
        for callee, edge in graph.callees[function].items():
            if callee not in stack:
                draw(callee, edge[2], edge[3], (*stack, callee))
        graph.tree[stack] += own

    for root in graph.uncalled:
        if graph.total(root) > 1e-5:
            draw(root, stats[root][2], graph.total(root), (root,))
    return graph


def flameprof(stats, cutoff=1e-3):
    """Edges reached on one way only keep their time; the others share what is left of the caller."""
    graph = Graph(stats)
    roots = list(graph.uncalled)
    spent, rooted = sum(numbers[2] for numbers in stats.values()), sum(map(graph.total, roots))
    others = [function for function in stats if function not in roots]
    if others:
        largest = max(others, key=graph.total)
        if 0.8 < (rooted + graph.total(largest)) / spent < 1.2:
            roots.append(largest)
            rooted += graph.total(largest)
        else:
            rooted = spent
    ways = Counter()

    def count(caller, callees, seen):
        for callee in callees:
            ways[caller, callee] += 1
            if ways[caller, callee] == 1 and (caller, callee) not in seen:
                count(callee, graph.callees[callee], seen | {(caller, callee)})

    count(None, roots, frozenset())

    def draw(caller, edges, left, seen, stack, above):
        shares = [(c, own, total, max(ways[caller, c], above)) for c, (own, total) in edges.items()]
        open_ended = sum(total for _, _, total, n in shares if n > 1)
        sure = sum(total for _, _, total, n in shares if n == 1)
        factor = (left - sure) / open_ended if open_ended else 1.0
        for callee, own, total, n in sorted(shares, key=lambda share: share[3] > 1):
            scale = factor if n > 1 else 1.0
            own, total = own * scale, total * scale
            if total / rooted <= cutoff:
                if stack:
                    graph.tree[stack] += total
                continue
            graph.box()
            below = (*stack, callee)
            graph.tree[below] += own
            if (caller, callee) not in seen:
                nested = {c: (edge[2], edge[3]) for c, edge in graph.callees[callee].items()}
                draw(callee, nested, total - own, seen | {(caller, callee)}, below, n)

    top = {root: (stats[root][2], graph.total(root)) for root in roots}
    draw(None, top, rooted, frozenset(), (), 0)
    return graph


def speedscope(stats):
    """Its callgrind importer: a box's time is split in proportion, its own time with it."""
    graph = Graph(stats)
    whole = {f: numbers[2] + sum(e[3] for e in graph.callees[f].values()) for f, numbers in stats.items()}
    least = max(whole.values()) * 1e-4

    def draw(function, seconds, stack):
        if function in stack[:-1] or seconds < least or not whole[function]:
            return 0.0
        graph.box()
        used = sum(
            draw(callee, seconds * edge[3] / whole[function], (*stack, callee))
            for callee, edge in graph.callees[function].items()
        )
        graph.tree[stack] += seconds - used
        return seconds

    for root in graph.uncalled:
        draw(root, whole[root], (root,))
    return graph


RULES = {"snakeviz": snakeviz, "tuna": tuna, "flameprof": flameprof, "speedscope": speedscope}
