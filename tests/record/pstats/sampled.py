"""A pstats file of the sampling profiler of Python 3.15, written by its own collector.

The profiler itself cannot attach to another process where this runs (Pyodide), so the samples are
taken from inside: the stack at every seventh line that is run. Frames are what it would have read:
file, current line, qualified name.
"""
import itertools
import os
import sys

PROGRAM = '''
import json

class Basket:
    def __init__(self, lines):
        self.lines = [Line(amount) for amount in lines]

    def total(self):
        total = 0
        for line in self.lines:
            total += line.total()
        return total

class Line:
    def __init__(self, amount):
        self.amount = amount

    def total(self):
        price = self.amount * 3
        return price

def fibonacci(n):
    if n < 2:
        return n
    left = fibonacci(n - 1)
    right = fibonacci(n - 2)
    return left + right

def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)

def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)

def report(basket):
    rows = []
    for line in basket.lines:
        rows.append({"amount": line.amount, "total": line.total()})
    return json.dumps(rows, indent=1)

def main():
    for size in (30, 60):
        basket = Basket(range(size))
        basket.total()
        report(basket)
    fibonacci(10)
    for _ in range(5):
        is_even(20)
'''

EVERY = 7


def record(target):
    from _remote_debugging import FrameInfo, InterpreterInfo, ThreadInfo
    from profiling.sampling.pstats_collector import PstatsCollector

    collector = PstatsCollector(1000)
    lines = itertools.count(1)

    def trace(frame, event, argument):
        if event == "line" and next(lines) % EVERY == 0:
            stack = []
            while frame is not None and frame.f_code.co_name != "record":
                code = frame.f_code
                stack.append(FrameInfo((code.co_filename, frame.f_lineno, code.co_qualname, None)))
                frame = frame.f_back
            collector.collect([InterpreterInfo((0, [ThreadInfo((1, 0, stack))]))])
        return trace

    scope = {"__name__": "__main__"}
    exec(compile(PROGRAM, "/srv/app/report.py", "exec"), scope)
    sys.settrace(trace)
    try:
        exec(compile("main()", "/srv/app/manage.py", "exec"), scope)
    finally:
        sys.settrace(None)
    collector.export(os.path.join(target, "3.15-sampled.prof"))
