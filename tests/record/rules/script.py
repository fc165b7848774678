"""What `python -m cProfile` is told to run: imports at the top, as it should be, of which one
loads more by `__getattr__` of its package; and one that comes late."""

import csv
import decimal
from concurrent.futures import ProcessPoolExecutor

from articles import imports_late


def prices():
    return ProcessPoolExecutor, csv, decimal.Decimal("1.19")


def main():
    prices()
    imports_late()


if __name__ == "__main__":
    main()
