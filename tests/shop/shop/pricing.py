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


# The discounts of ten years, quarter by quarter, as they are stored.
JSON = json.dumps([PRICE_LIST["discounts"]] * 40, default=str)

log = logging.getLogger("shop.prices")
log.addHandler(logging.StreamHandler(io.StringIO()))
log.propagate = False


class Prices:
    """The prices of one response."""

    def __init__(self, currency):
        self.currency = currency
        self._rate = None
        self._discounts = None

    @property
    def rate(self):
        if fault("duplicates"):
            return ExchangeRate.objects.get(currency=self.currency).rate
        if self._rate is None:
            self._rate = ExchangeRate.objects.get(currency=self.currency).rate
        return self._rate

    @property
    def discounts(self):
        """Those of this quarter, on whole orders."""
        if self._discounts is None or fault("json"):
            self._discounts = json.loads(JSON)[-1]
        return self._discounts

    def format(self, price):
        rules = copy.deepcopy(PRICE_LIST) if fault("deepcopy") else PRICE_LIST
        amount = self.discounted(price * self.rate, rules["discounts"])
        if fault("logging"):
            # As somebody did who looked for where a price came from.
            log.warning("price %s in %s by %r", price, self.currency, rules, stack_info=True)
        return self.rounded(amount, rules)

    def format_total(self, total):
        amount = self.discounted(total * self.rate, self.discounts)
        return self.rounded(amount, PRICE_LIST)

    def discounted(self, amount, discounts):
        for discount in reversed(discounts):
            if amount >= Decimal(discount["from"]):
                return amount - amount * discount["percent"] / 100
        return amount

    def rounded(self, amount, rules):
        amount = amount.quantize(rules["rounding"][self.currency], rounding=ROUND_HALF_UP)
        return f"{rules['symbols'][self.currency]}{amount}"


def prices_for(user):
    return Prices(user.currency if user.is_authenticated else "GBP")
