"""A report that looks customers up the slow way, in its own code."""

import csv
import datetime
import io
import random

COUNTRIES = ["Austria", "Belgium", "Chile", "Denmark", "Estonia", "Finland", "Ghana"]


class Customer:
    def __init__(self, number, country):
        self.number = number
        self.country = country
        self.name = f"Customer {number:04}"

    def label(self):
        return f"{self.name} ({self.country})"


def customers(randoms, count):
    return [Customer(number, randoms.choice(COUNTRIES)) for number in range(count)]


def orders(randoms, count, people):
    text = io.StringIO()
    rows = csv.writer(text)
    for number in range(count):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(days=randoms.randrange(366))
        rows.writerow([number, randoms.randrange(people), day.isoformat(), randoms.randrange(100, 9_000)])
    text.seek(0)
    return list(csv.reader(text))


def find(people, number):
    # A dictionary would do.
    for person in people:
        if person.number == number:
            return person
    return None


def month(text):
    day = datetime.date.fromisoformat(text)
    return f"{day.year}-{day.month:02}"


def totals(rows, people):
    by_month, by_customer = {}, {}
    for _, number, day, cents in rows:
        person = find(people, int(number))
        key = month(day)
        by_month[key] = by_month.get(key, 0) + int(cents)
        by_customer[person.number] = by_customer.get(person.number, 0) + int(cents)
    return by_month, by_customer


def best(by_customer, count):
    # So would sorted().
    found = []
    rest = dict(by_customer)
    while rest and len(found) < count:
        number = max(rest, key=rest.get)
        found.append((number, rest.pop(number)))
    return found


def money(cents):
    return f"{cents / 100:,.2f}"


def show(by_month, by_customer, people):
    lines = [f"{key} {money(cents):>14}" for key, cents in sorted(by_month.items())]
    for number, cents in best(by_customer, 20):
        lines.append(f"{find(people, number).label():30} {money(cents):>12}")
    return "\n".join(lines)


def main():
    randoms = random.Random(7)
    people = customers(randoms, 1_500)
    show(*totals(orders(randoms, 2_500, len(people)), people), people)


if __name__ == "__main__":
    main()
