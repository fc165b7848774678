# -*- coding: utf-8 -*-
"""A small program with one of everything that makes a profile awkward. Runs under Python 2.7 to 3.15.

It is compiled under made-up file names, so that no path of the recording machine gets into a file.
"""
import sys

SHOP = u'''
import sys

def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

def is_even(n):
    return True if n == 0 else is_odd(n - 1)

def is_odd(n):
    return False if n == 0 else is_even(n - 1)

def visit(tree):
    count = 1
    for child in tree:
        count += visit_child(child)
    return count

def visit_child(child):
    return visit(child)

def numbers(limit):
    for number in range(limit):
        yield square(number)

def square(number):
    return number * number

def fail(depth):
    if depth == 0:
        raise ValueError("on purpose")
    fail(depth - 1)

def catch():
    try:
        fail(5)
    except ValueError:
        return len("caught")

class Basket(object):
    def __init__(self):
        self.lines = []

    def add(self, price, amount=1):
        self.lines.append((price, amount))
        return self

    @property
    def total(self):
        return sum(price * amount for price, amount in self.lines)

    def __len__(self):
        return len(self.lines)

    class Discount(object):
        def __call__(self, total):
            return total * 9 // 10

def shared_helper(size):
    return ",".join(sorted(str(number) for number in range(size)))

def cheap_caller():
    return shared_helper(3)

def expensive_caller():
    return shared_helper(3000)

def twins():
    # Two functions of one file, line and name: cProfile keeps the numbers of one.
    first, second = (lambda: 1), (lambda: sorted(range(2000)))
    return first(), second()

def compiled():
    scope = {}
    for name in ("a", "b"):
        exec(compile("def made(n):\\n    return n\\nmade(%d)" % len(name), "<string>", "exec"), scope)

def main():
    fibonacci(12)
    is_even(30)
    visit([[], [[], [[]]], [[[[]]]]])
    sum(numbers(50))
    catch()
    basket = Basket().add(3).add(4, 2)
    Basket.Discount()(basket.total)
    len(basket)
    for _ in range(20):
        cheap_caller()
    expensive_caller()
    twins()
    compiled()
    list(map(str, [1, 2, 3]))
    foreign()
'''

# Identifiers and file names that are not ASCII: Python 3 identifiers, Python 2 file names.
FOREIGN_3 = u'''
def größe(n):
    return 価格(n)

def 価格(n):
    return n + 1

def foreign():
    return größe(1)
'''

FOREIGN_2 = u'''
def groesse(n):
    return n + 1

def foreign():
    return groesse(1)
'''

UNDECODABLE = u'''
def undecodable():
    return len("x")
'''


def load():
    """The program's `main`."""
    scope = {"__name__": "shop"}

    def run(source, name):
        exec(compile(source, name, "exec"), scope)

    if sys.version_info[0] == 2:
        run(FOREIGN_2, u"/srv/app/caf\xe9/größe.py".encode("utf-8"))
        run(UNDECODABLE, b"/srv/app/latin-\xe9.py")
    else:
        run(FOREIGN_3, u"/srv/app/café/größe.py")
        # A file name that is not valid in the file system's encoding: a lone surrogate.
        run(UNDECODABLE, u"/srv/app/latin-\udce9.py")
    run(SHOP.replace(u"    foreign()\n", u"    foreign()\n    undecodable()\n"), "/srv/app/shop/pricing.py")
    return scope["main"]
