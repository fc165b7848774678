from .catalogue import Category, Image, Product, Review, Tag
from .customers import Customer
from .orders import ExchangeRate, Order, OrderLine

__all__ = [
    "Category",
    "Customer",
    "ExchangeRate",
    "Image",
    "Order",
    "OrderLine",
    "Product",
    "Review",
    "Tag",
]
