# -*- coding: utf-8 -*-
"""Profiles programs of which cProfile writes numbers that contradict each other.

    contradictions.py TARGET

writes TARGET/PROGRAM-VERSION.prof. What a Python does not get wrong is recorded as well: it must not be
complained about.
"""
import cProfile
import marshal
import os
import sys
import sysconfig

PROGRAMS = {
    # Two code objects with one file, line and name: the numbers of one are lost.
    "lambdas": u'''
def work(n):
    return sum(number * number for number in range(n))

def main():
    first, second = (lambda: work(20000)), (lambda: work(300))
    return first(), second()
''',
    # The same; from 3.12 on, list comprehensions are no functions.
    "comprehensions": u'''
def work(n):
    return sorted(range(n))

def main():
    return [work(n) for n in (1000, 2000)], [work(n) for n in (20000, 300)]
''',
    "executed": u'''
def work(n):
    return sorted(range(n))

def main():
    scope = {"work": work}
    for size in (20000, 300):
        exec("def made():\\n    return work(%d)\\n" % size, scope)
        scope["made"]()
''',
    # What is lost called nothing: only its caller shows that something is missing.
    "leaves": u'''
def main():
    base = 7
    first, second = (lambda: base ** 20000), (lambda: base ** 30000)
    return first(), second()
''',
    # Until 3.11 only the thread that switches the profiler on is recorded.
    "threads": u'''
import threading
import time

def leaf(n):
    return sum(range(n))

def left(n):
    for _ in range(n):
        leaf(2000)
        time.sleep(0.0005)

def right(n):
    for _ in range(n):
        inner()

def inner():
    leaf(3000)
    time.sleep(0.0003)

def main():
    threads = [threading.Thread(target=target, args=(20,)) for target in (left, right)]
    for thread in threads:
        thread.start()
    left(10)
    for thread in threads:
        thread.join()
''',
    # Generators that are closed, thrown into and left early are entered and left in turn.
    "generators": u'''
def numbers(n):
    try:
        for number in range(n):
            yield number
    except ValueError:
        yield -1
    finally:
        sum(range(100))

def main():
    for _ in range(20):
        thrown, closed, left = numbers(5), numbers(5), numbers(5)
        next(thrown), next(closed), next(left)
        thrown.throw(ValueError)
        closed.close()
        try:
            left.throw(KeyError)
        except KeyError:
            pass
''',
}


def neutral(key):
    file, line, name = key
    library = sysconfig.get_path("stdlib")
    version = "%d.%d" % sys.version_info[:2]
    return file.replace(library, "/usr/lib/python" + version), line, name


def record(name, target):
    scope = {"__name__": "app"}
    exec(compile(PROGRAMS[name], "/srv/app/%s.py" % name, "exec"), scope)
    profiler = cProfile.Profile()
    profiler.enable()
    scope["main"]()
    profiler.disable()
    profiler.create_stats()
    stats = {}
    for key, numbers in profiler.stats.items():
        callers = {neutral(caller): edge for caller, edge in numbers[4].items()}
        stats[neutral(key)] = numbers[:4] + (callers,)
    with open(os.path.join(target, "%s-%d.%d.prof" % ((name,) + sys.version_info[:2])), "wb") as file:
        marshal.dump(stats, file)


def main(target):
    if not os.path.isdir(target):
        os.makedirs(target)
    for name in PROGRAMS:
        record(name, target)


if __name__ == "__main__":
    main(sys.argv[1])
