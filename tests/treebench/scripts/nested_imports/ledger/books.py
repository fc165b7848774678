import typing

from . import rules
from .money import Money


class Row(typing.NamedTuple):
    account: str
    amount: Money


class Book:
    def __init__(self, connection):
        self.connection = connection
        connection.execute("CREATE TABLE account (name TEXT PRIMARY KEY, cents INTEGER)")

    def open(self, accounts):
        self.connection.executemany("INSERT INTO account VALUES (?, ?)", accounts.items())

    def move(self, source, target, cents):
        rules.check(source, target, cents)
        change = "UPDATE account SET cents = cents + ? WHERE name = ?"
        self.connection.execute(change, (-cents, source))
        self.connection.execute(change, (cents, target))

    def rows(self):
        return [Row(name, Money(cents)) for name, cents in self.connection.execute("SELECT * FROM account")]
