"""Prices in the visitor's currency, rounded and discounted by the shop's price list."""

import copy
import io
import json
import logging
from decimal import ROUND_HALF_UP, Decimal

from .faults import fault
from .models import ExchangeRate

PRICE_LIST = {
    "rounding": {"GBP": Decimal("0.01"), "EUR": Decimal("0.05"), "SEK": Decimal("1")},
    "discounts": [
        {"from": Decimal(limit), "percent": percent, "excluded": list(range(limit))}
        for limit, percent in [(100, 2), (250, 3), (500, 5), (1000, 8)]
    ],
    "symbols": {"GBP": "£", "EUR": "€", "SEK": "kr"},
}


# Those of four quarters.
JSON = json.dumps([PRICE_LIST] * 4, default=str)

log = logging.getLogger("shop.prices")
log.addHandler(logging.StreamHandler(io.StringIO()))
log.propagate = False


class Prices:
    """The prices of one response."""

    def __init__(self, currency):
        self.currency = currency
        self._rate = None

    @property
    def rate(self):
        if fault("duplicates"):
            return ExchangeRate.objects.get(currency=self.currency).rate
        if self._rate is None:
            self._rate = ExchangeRate.objects.get(currency=self.currency).rate
        return self._rate

    def format(self, price):
        rules = copy.deepcopy(PRICE_LIST) if fault("deepcopy") else PRICE_LIST
        if fault("json"):
            json.loads(JSON)
        amount = price * self.rate
        if fault("logging"):
            log.warning("price %s in %s by %r", price, self.currency, rules)
        for discount in reversed(rules["discounts"]):
            if amount >= discount["from"]:
                amount -= amount * discount["percent"] / 100
                break
        amount = amount.quantize(rules["rounding"][self.currency], rounding=ROUND_HALF_UP)
        return f"{rules['symbols'][self.currency]}{amount}"


def prices_for(user):
    return Prices(user.currency if user.is_authenticated else "GBP")
