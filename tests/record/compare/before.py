"""A stock list: what each order takes from it. Before the change."""

import json
import re


class Item:
    def __init__(self, number):
        self.number = number
        self.name = "item %d" % number
        self.left = 100


class Order:
    def __init__(self, number, items):
        self.number = number
        self.items = items


def find(items, number):
    # Looks at every item for each that is ordered.
    for item in items:
        if same(item, number):
            return item
    return None


def same(item, number):
    return item.number == number


def take(items, orders):
    for order in orders:
        for number in order.items:
            find(items, number).left -= 1


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
