import dataclasses
import decimal


@dataclasses.dataclass(frozen=True, order=True)
class Money:
    cents: int

    def __add__(self, other):
        return Money(self.cents + other.cents)

    def __str__(self):
        return str(decimal.Decimal(self.cents) / 100)
