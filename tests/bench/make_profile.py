"""Makes large pstats files whose numbers hold together as a real program's do.

In a random call graph without cycles, callers before callees, calls are drawn and shared among the
callers, and times are added from the bottom up: every function's total time is its self time and its
callees', and its calls are its callers'. Recursion (a function that calls itself) is laid on top.

usage: make_profile.py FUNCTIONS FILE
"""

import marshal
import random
import sys

PACKAGES = (
    "django/db/models django/template django/core/handlers django/utils psycopg celery kombu redis "
    "requests urllib3 jinja2 lxml numpy/core pandas/core sqlalchemy/orm rest_framework wagtail"
).split()
NOUNS = "query field node form value signal token cache row page model key url header".split()
VERBS = "get resolve render clean compile as_sql iterate load save build parse check copy".split()
BUILTINS = (
    "<built-in method builtins.{}>",
    "<method '{}' of 'dict' objects>",
    "<method '{}' of 'list' objects>",
)


def functions(number, draw):
    """Keys as pstats has them: unique (file, line, name)."""
    keys = []
    files = max(1, number // 20)
    lines = [1] * files
    for index in range(number):
        verb, noun = draw.choice(VERBS), draw.choice(NOUNS)
        if index % 17 == 16:
            keys.append(("~", 0, draw.choice(BUILTINS).format(f"{verb}_{noun}_{index}")))
            continue
        file = draw.randrange(files)
        if file % 5:
            package = PACKAGES[file % len(PACKAGES)]
            path = f"/srv/venv/lib/python3.12/site-packages/{package}/{noun}s_{file}.py"
        else:
            path = f"/srv/app/shop/{noun}s_{file}.py"
        lines[file] += draw.randint(3, 40)
        keys.append((path, lines[file], f"{verb}_{noun}" if index % 9 else "<lambda>"))
    return keys


def make(number, seed=1838):
    """The dictionary that pstats reads."""
    draw = random.Random(seed)
    keys = functions(number, draw)
    callees = [[] for _ in keys]
    callers = [{} for _ in keys]
    for callee in range(1, number):
        for _ in range(min(12, int(draw.paretovariate(1.0)))):
            # Most calls stay near (a module), some come from the hubs that call everything.
            if draw.random() < 0.75:
                caller = draw.randrange(max(0, callee - 300), callee)
            else:
                caller = draw.randrange(callee // 40 + 1)
            callers[callee][caller] = 0
    calls = [1] * number
    for callee in range(1, number):
        # Most functions are called a few times, a few of them millions of times.
        wanted = min(draw.paretovariate(0.7), 5e6)
        shares = {caller: draw.expovariate(1) for caller in callers[callee]}
        for caller, share in shares.items():
            callers[callee][caller] = 1 + int(wanted * share / sum(shares.values()))
            callees[caller].append(callee)
        calls[callee] = sum(callers[callee].values())
    self_time = [count * draw.lognormvariate(-15, 1.3) for count in calls]
    total = self_time[:]
    for caller in range(number - 1, -1, -1):
        for callee in callees[caller]:
            total[caller] += total[callee] * callers[callee][caller] / calls[callee]
    stats = {}
    for index, key in enumerate(keys):
        edges = {}
        for caller, made in callers[index].items():
            share = made / calls[index]
            edges[keys[caller]] = (made, made, self_time[index] * share, total[index] * share)
        recursive = calls[index] // 2 if index % 40 == 39 else 0
        if recursive:
            edges[key] = (recursive, 0, self_time[index] * 0.3, total[index] * 0.3)
        stats[key] = (
            calls[index],
            calls[index] + recursive,
            self_time[index],
            total[index],
            edges,
        )
    return stats


def write(path, number, seed=1838):
    """Writes the file and returns what it is."""
    stats = make(number, seed)
    with open(path, "wb") as file:
        marshal.dump(stats, file)
    return {"functions": len(stats), "edges": sum(len(callers) for *_, callers in stats.values())}


if __name__ == "__main__":
    write(sys.argv[2], int(sys.argv[1]))
