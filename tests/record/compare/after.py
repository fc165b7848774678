"""A stock list: what each order takes from it. After the change.

The items are found in a dictionary, and every line is somewhere else than before.
"""

import json
import re
import time


class Waiting:
    """New, in front of the other classes: three functions of one name where two were."""

    def __init__(self, seconds):
        self.seconds = seconds

    def wait(self):
        time.sleep(self.seconds)


class Item:
    """One item."""

    def __init__(self, number):
        self.number = number
        self.name = "item %d" % number
        self.left = 100


class Order:
    """One order."""

    def __init__(self, number, items):
        self.number = number
        self.items = items


def find(items, number):
    return items[number]


def take(items, orders):
    by_number = {item.number: item for item in items}
    for order in orders:
        for number in order.items:
            find(by_number, number).left -= 1


def words(items):
    return [re.sub(r"\d+", "", item.name) for item in items]


def printed(items):
    return json.dumps([vars(item) for item in items], sort_keys=True)


def main():
    items = [Item(number) for number in range(300)]
    orders = [Order(number, [(number * 7 + each * 31) % 300 for each in range(4)]) for number in range(200)]
    take(items, orders)
    words(items)
    printed(items)
    Waiting(0.01).wait()
