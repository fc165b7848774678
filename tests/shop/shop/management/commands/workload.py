"""Visits the shop: two visitors at a time, first every page as it should be, then its faults.

The statements are the same in every run (their order across the two visitors is not): each visitor
has a connection of its own, and only one of them writes.
"""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.test import Client, override_settings

from shop.faults import fault
from shop.models import Customer, Order, Product

NOTE = "It's for my aunt; she says: 100 % wool, please.\n\tRing twice -- the bell is /* quiet */."

VISITS = {
    "clean": (),
    "faults": ("n_plus_one", "count_after_select", "row_inserts", "slow_report")
    + ("duplicates", "single_gets", "heavy_auth"),
}


RUNS = 7

# Recorded apart: everybody buys the same at once.
RUSH = ("payment", "reconnect")


def visitor(username):
    client = Client()
    client.force_login(Customer.objects.get(username=username))
    return client


def get(client, url):
    response = client.get(url)
    if response.status_code != 200:
        raise CommandError(f"{url} answered {response.status_code}")
    leave()


def leave():
    """What Django does after each request, which its test client leaves out."""
    close_old_connections()


def buy(client, *positions):
    for position in positions:
        product = Product.objects.order_by("pk")[position]
        client.post(f"/basket/add/{product.pk}/", {"quantity": position + 1})
        leave()
    response = client.post("/checkout/", {"note": NOTE})
    if response.status_code != 302:
        raise CommandError(f"checkout answered {response.status_code}")
    leave()


def order_twice():
    """What a double click did before the number was unique: an error in the server's log."""
    try:
        with transaction.atomic():
            first = Order.objects.order_by("pk")[0]
            Order.objects.create(
                customer_id=first.customer_id, number=first.number, placed=first.placed
            )
    except IntegrityError:
        return
    raise CommandError("the same order number twice should not have worked")


def browse(faults):
    client = visitor("customer7")
    product = Product.objects.order_by("pk")[0]
    for url in ["/", product.get_absolute_url(), "/search/?q=walnut+lamp", "/orders/"]:
        get(client, url)
    if not faults:
        get(client, "/category/garden-tables/?page=2")
        order_twice()
    connection.close()


def manage(faults):
    client = visitor("manager")
    get(client, "/report/")
    buy(client, 3, 14, 15)
    if not faults:
        get(client, "/feed/")
    connection.close()


def rush(username):
    """How many seconds it took the visitor."""
    connection.settings_dict["CONN_MAX_AGE"] = 0 if fault("reconnect") else None
    client = visitor(username)
    start = time.perf_counter()
    for _ in range(5):
        get(client, "/")
        buy(client, 3)
        get(client, "/orders/")
    connection.close()
    return time.perf_counter() - start


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--only", choices=[*VISITS, "rush"], help="one of them")
        parser.add_argument(
            "--measure", type=Path, help="writes what each fault of the rush costs, and records nothing"
        )

    def handle(self, *, only, measure, **options):
        if measure:
            self.measure(measure)
            return
        if only == "rush":
            self.rush(RUSH)
            return
        for faults in VISITS.values() if only is None else [VISITS[only]]:
            with override_settings(SHOP_FAULTS=frozenset(faults)):
                with ThreadPoolExecutor(2) as pool:
                    for visit in [pool.submit(browse, faults), pool.submit(manage, faults)]:
                        visit.result()

    def rush(self, faults):
        """Seconds of both visitors together: what the one waits for the other is in it."""
        # Asked before the transaction, a payment takes as long.
        with override_settings(SHOP_FAULTS=frozenset(faults), SHOP_PAYMENT=0.3):
            with ThreadPoolExecutor(2) as pool:
                return sum(pool.map(rush, ["customer7", "manager"]))

    def measure(self, target):
        times = {faults: [] for faults in [RUSH, RUSH[:1], RUSH[1:]]}
        for _ in range(RUNS):
            for faults, taken in times.items():
                taken.append(self.rush(faults) * 1000)
        rows = []
        for fault in RUSH:
            (clean,) = (taken for faults, taken in times.items() if fault not in faults)
            row = {"name": f"rush-{fault}", "fault": fault, "page": "46 requests", "runs": RUNS}
            for side, taken in [("clean", clean), ("faulty", times[RUSH])]:
                row[f"{side}_ms"] = round(statistics.median(taken), 1)
                row[f"{side}_fastest_ms"] = round(min(taken), 1)
            row["saved_ms"] = round(row["faulty_ms"] - row["clean_ms"], 1)
            rows.append(json.dumps(row))
        target.write_text("[\n " + ",\n ".join(rows) + "\n]\n")
        print(*rows, sep="\n")
