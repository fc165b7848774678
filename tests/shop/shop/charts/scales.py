import statistics
from decimal import Decimal


def heights(values, height):
    """Whole heights in proportion to the values; the highest fills the height."""
    highest = max(values, default=0)
    return [int(Decimal(value) / highest * height) if highest else 0 for value in values]


def middle(values, height):
    """How high the mean of the values is."""
    return heights([*values, statistics.mean(values)], height)[-1] if values else 0
