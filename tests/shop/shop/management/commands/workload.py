"""Visits the shop: two visitors at a time, first every page as it should be, then its faults.

The statements are the same in every run (their order across the two visitors is not): each visitor
has a connection of its own, and only one of them writes.
"""

from concurrent.futures import ThreadPoolExecutor

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings

from shop.faults import fault
from shop.models import Customer, Order, Product

NOTE = "It's for my aunt; she says: 100 % wool, please.\n\tRing twice -- the bell is /* quiet */."

VISITS = {
    "clean": (),
    "faults": ("n_plus_one", "count_after_select", "row_inserts", "slow_report")
    + ("duplicates", "single_gets", "heavy_auth"),
}


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
    if fault("reconnect"):
        connection.close()


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
    client = visitor(username)
    for _ in range(5):
        get(client, "/")
        buy(client, 3)
        get(client, "/orders/")
    connection.close()


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--only", choices=[*VISITS, "rush"], help="one of them")

    def handle(self, *, only, **options):
        if only == "rush":
            with override_settings(SHOP_FAULTS=frozenset(RUSH)):
                with ThreadPoolExecutor(2) as pool:
                    for visit in [pool.submit(rush, name) for name in ["customer7", "manager"]]:
                        visit.result()
            return
        for faults in VISITS.values() if only is None else [VISITS[only]]:
            with override_settings(SHOP_FAULTS=frozenset(faults)):
                with ThreadPoolExecutor(2) as pool:
                    for visit in [pool.submit(browse, faults), pool.submit(manage, faults)]:
                        visit.result()
