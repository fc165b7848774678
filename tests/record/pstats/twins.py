"""Profiles programs in which functions share file, line and name, and writes down what cProfile loses.

    twins.py TARGET

writes TARGET/PROGRAM-VERSION.prof, and as PROGRAM-VERSION.json the calls that are not in it: caller, key
(each file, line, name), calls, self time, total time. `getstats()` has them still, by code object.
"""
import cProfile
import json
import marshal
import os
import sys
import sysconfig

# What `decorator` (https://pypi.org/project/decorator) makes: a function of the decorated one's name, out of
# a text that is compiled.
DECORATOR = '''
def decorator(caller):
    def decorate(function):
        scope = {"call": caller, "function": function}
        exec("def %s(*args):\\n    return call(function, *args)\\n" % function.__name__, scope)
        return scope[function.__name__]
    return decorate

@decorator
def logged(function, *args):
    return function(*args)

@decorator
def cached(function, *args):
    return function(*args)
'''

WORK = '''
def work(n):
    return sorted(range(10 * n), reverse=True)
'''

# With a generator expression: of those there could be two on a line as well.
SUM = '''
def work(n):
    return sum(number * number for number in range(n))
'''

PROGRAMS = {
    # The one that is called less, or more, is lost: that depends on where they lie in memory.
    "decorated": DECORATOR + WORK + '''
@logged
def run(n):
    return work(n)

class Job:
    @cached
    def run(self, n):
        return work(n) + work(n)

def main():
    run(300)
    job = Job()
    for _ in range(3):
        job.run(2000)
''',
    # Twins below twins.
    "stacked": DECORATOR + WORK + '''
@logged
@cached
def run(n):
    return work(n)

def main():
    for n in (200, 3000, 10):
        run(n)
''',
    # The same with one that is within itself: how long it was recorded for overlaps.
    "stacked_again": DECORATOR + WORK + '''
@logged
@cached
@logged
def run(n):
    return work(n)

def main():
    for n in (200, 3000, 10):
        run(n)
''',
    # Two callers, and between them recursion that has nothing to do with it.
    "callers": DECORATOR + SUM + '''
@logged
def run(n):
    return work(n)

class Job:
    @cached
    def run(self, n):
        return work(n)

class Task:
    @cached
    def run(self, n):
        return work(n)

def tree(depth):
    return 1 if depth == 0 else tree(depth - 1) + other(depth - 1)

def other(depth):
    return work(20) + tree(depth)

def morning():
    for _ in range(20):
        run(100)
    return Job().run(9000)

def evening():
    return Task().run(5000)

def main():
    return morning(), tree(4), evening()
''',
    # Two keys with twins, each with a caller of its own.
    "crossed": DECORATOR + WORK + '''
class Reader:
    @logged
    def run(self):
        return work(9000)

    @cached
    def get(self):
        return work(200)

class Writer:
    @logged
    def run(self):
        return work(11000)

    @cached
    def get(self):
        return work(5000)

def running():
    return Reader().run(), Writer().run()

def getting():
    return Reader().get(), Writer().get()

def main():
    return running(), getting()
''',
    # `__init__` of every dataclass is one key.
    "dataclasses": WORK + '''
import dataclasses

@dataclasses.dataclass
class Point:
    x: int
    y: int

    def __post_init__(self):
        work(self.x)

@dataclasses.dataclass
class Line:
    length: int
    start: Point

    def __post_init__(self):
        work(self.length)

def main():
    for n in range(5):
        Line(4000, Point(150 + n, 1))
''',
    # The same, but they call nothing.
    "plain_dataclasses": '''
import dataclasses

@dataclasses.dataclass
class Point:
    x: int
    y: int

@dataclasses.dataclass
class Size:
    width: int
    height: int
    depth: int

def points():
    for n in range(200):
        Point(n, n)

def sizes():
    for n in range(100):
        Size(n, n, n)

def main():
    points()
    sizes()
    Point(1, 2)
''',
    "lambdas": WORK + '''
def main():
    first, second, third = (lambda: work(2000)), (lambda: work(30)), (lambda: 7)
    return first(), second(), third(), first()
''',
    "comprehensions": WORK + '''
def main():
    return [work(n) for n in (1000, 2000)], {len(work(n)) for n in (100, 300)}, [work(n) for n in range(9)]
''',
    # Entered once for each of their numbers, by what adds them up.
    "generators": WORK + '''
def main():
    return max(work(n) for n in (1000, 2000)), max(work(2 * n) for n in (100, 300, 500))
''',
    # The inner one is called by the outer one.
    "nested": WORK + '''
def main():
    return [[work(40 * m) for m in range(n)] for n in range(9)]
''',
    # Nothing says which lambda's twins the caller called.
    "undecided": '''
def main():
    base = 7
    first, second = (lambda: base ** 20000), (lambda: base ** 30000)
    third, fourth = (lambda: base ** 20000), (lambda: base ** 30000)
    return first(), second(), third(), fourth()
''',
}


def neutral(code):
    file, line, name = cProfile.label(code)
    library = sysconfig.get_path("stdlib")
    version = "%d.%d" % sys.version_info[:2]
    return file.replace(library, "/usr/lib/python" + version), line, name


def lost(entries):
    last = {cProfile.label(entry.code): id(entry.code) for entry in entries}
    kept, recorded = set(last.values()), {id(entry.code) for entry in entries}
    calls = {}
    for entry in entries:
        for called in entry.calls or ():
            if id(called.code) in recorded and id(called.code) not in kept:
                sums = calls.setdefault((neutral(entry.code), neutral(called.code)), [0, 0.0, 0.0])
                sums[0] += called.callcount
                sums[1] += called.inlinetime
                sums[2] += called.totaltime
    return [[list(caller), list(key)] + sums for (caller, key), sums in sorted(calls.items())]


def record(name, target):
    scope = {"__name__": "app"}
    exec(compile(PROGRAMS[name], "/srv/app/%s.py" % name, "exec"), scope)
    profiler = cProfile.Profile()
    profiler.enable()
    scope["main"]()
    profiler.disable()
    profiler.create_stats()
    keys = {cProfile.label(entry.code): neutral(entry.code) for entry in profiler.getstats()}
    stats = {}
    for key, numbers in profiler.stats.items():
        callers = {keys[caller]: edge for caller, edge in numbers[4].items()}
        stats[keys[key]] = numbers[:4] + (callers,)
    path = os.path.join(target, "%s-%d.%d" % ((name,) + sys.version_info[:2]))
    with open(path + ".prof", "wb") as file:
        marshal.dump(stats, file)
    with open(path + ".json", "w") as file:
        json.dump(lost(profiler.getstats()), file, indent=1)
        file.write("\n")


def main(target):
    os.makedirs(target, exist_ok=True)
    for name in PROGRAMS:
        record(name, target)


if __name__ == "__main__":
    main(sys.argv[1])
