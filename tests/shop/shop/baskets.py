from .models import Product


class Basket:
    """What a visitor wants to buy: quantities by product, in the session."""

    KEY = "basket"

    def __init__(self, session):
        self.session = session
        self.quantities = session.get(self.KEY, {})

    def __len__(self):
        return sum(self.quantities.values())

    def add(self, product, quantity=1):
        key = str(product.pk)
        self.quantities[key] = self.quantities.get(key, 0) + quantity
        self.session[self.KEY] = self.quantities

    def clear(self):
        self.session.pop(self.KEY, None)
        self.quantities = {}

    def items(self):
        """Products with their quantities, in one query."""
        products = Product.objects.in_bulk([int(key) for key in self.quantities])
        return [(product, self.quantities[str(pk)]) for pk, product in sorted(products.items())]
