"""What a product costs a month, paid off in so many months."""

from decimal import Decimal

from .faults import fault

MONTHS = range(12, 97, 12)
INTEREST = Decimal("0.004")
CENT = Decimal("0.01")


def instalments(price):
    return [(months, rate(price, months)) for months in MONTHS]


def rate(price, months):
    """The smallest amount that pays the price off, with interest."""
    if fault("instalments"):
        amount = CENT
        while owed(price, amount, months) > 0:
            amount += CENT
        return amount
    too_little, enough = 0, int(price / CENT * 2)
    while enough - too_little > 1:
        middle = (too_little + enough) // 2
        if owed(price, middle * CENT, months) > 0:
            too_little = middle
        else:
            enough = middle
    return enough * CENT


def owed(price, amount, months):
    """What is left to pay after so many months."""
    growth = 1 + INTEREST
    for _ in range(months):
        price = price * growth - amount
    return price
