from .catalogue import category, feed, front, product, search
from .ordering import add_to_basket, checkout, orders
from .reports import report, totals

__all__ = [
    "add_to_basket",
    "category",
    "checkout",
    "feed",
    "front",
    "orders",
    "product",
    "report",
    "search",
    "totals",
]
