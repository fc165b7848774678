"""Records many visits in one file, DIRECTORY/visits.sql.jsonl, and measures what django-cachalot saves
on them, what sessions in the cache save, and what a copy of each product's tags in its row saves:
DIRECTORY/visits.json, wall time without the recorder, and the database's time with it. With the cache on, and sessions in it as well, they are DIRECTORY/clean-visits.sql.jsonl.

Needs SHOP_CACHALOT=1. The same visits each time: people look around, and now and then somebody buys.
"""

import json
import statistics
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from cachalot.api import cachalot_disabled
from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client, override_settings

from shop.models import Customer, Product
from shop.recording import NeutralPaths

# What is measured beside the visits as they are.
SIDES = ["cachalot", "sessions", "denormalised"]
CACHED_SESSIONS = {"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db"}
CHANGED = {
    "sessions": CACHED_SESSIONS,
    "clean": CACHED_SESSIONS,
    "denormalised": {"SHOP_DENORMALISED": True},
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path)
        parser.add_argument("--rounds", type=int, default=30)
        parser.add_argument("--runs", type=int, default=5)

    def handle(self, *, directory, rounds, runs, **options):
        self.products = list(Product.objects.active().order_by("pk")[:6])
        self.rounds = rounds
        self.visit(cached=False)
        self.denormalise()
        times = {"faulty": [], **{name: [] for name in SIDES}}
        logs = {name: [] for name in [*times, "clean"]}
        for _ in range(runs):
            for side, taken in times.items():
                with override_settings(**CHANGED.get(side, {})):
                    taken.append(self.visit(cached=side == "cachalot") * 1000)
            for side, recorded in logs.items():
                with override_settings(**CHANGED.get(side, {})):
                    recorded.append(self.record(cached=side in ("cachalot", "clean")))
        databases = {side: [each[0] for each in recorded] for side, recorded in logs.items()}
        # The fastest of each, as each met a busy moment now and then.
        logs = {side: min(recorded, key=lambda each: each[0]) for side, recorded in logs.items()}
        for name, side in [("visits", "faulty"), ("clean-visits", "clean")]:
            (directory / f"{name}.sql.jsonl").write_text("".join(logs[side][1]), "utf-8")
        measured = []
        for name in SIDES:
            row = {"name": f"visits-{name}", "page": f"{self.requests} requests", "runs": runs}
            row["round_trip_ms"] = settings.SHOP_ROUND_TRIP
            for side, key in [("clean", name), ("faulty", "faulty")]:
                row[f"{side}_ms"] = round(statistics.median(times[key]), 1)
                row[f"{side}_fastest_ms"] = round(min(times[key]), 1)
                row[f"{side}_database_ms"] = round(logs[key][0], 1)
            # Of the same round, one after the other: what is slow for the one is so for the other.
            saved = [a - b for a, b in zip(databases["faulty"], databases[name])]
            row["saved_database_ms"] = round(statistics.median(saved), 1)
            row["saved_ms"] = round(row["faulty_ms"] - row["clean_ms"], 1)
            measured.append(json.dumps(row))
        (directory / "visits.json").write_text("[\n " + ",\n ".join(measured) + "\n]\n")
        print(*measured, sep="\n")

    def denormalise(self):
        """What SHOP_DENORMALISED reads: nobody changes tags during the visits."""
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, "shop_product")
            for name in {"tag_names", "similar"} - {column.name for column in columns}:
                cursor.execute(f"ALTER TABLE shop_product ADD COLUMN {name} text NOT NULL DEFAULT ''")
            for product in Product.objects.prefetch_related("tags"):
                copies = [
                    "|".join(str(tag) for tag in product.tags.all()),
                    "|".join(str(other.pk) for other in product.related()),
                    product.pk,
                ]
                cursor.execute(
                    "UPDATE shop_product SET tag_names = %s, similar = %s WHERE id = %s", copies
                )

    def visit(self, cached):
        """How many seconds all visits take, with an empty cache at first."""
        self.requests = 0
        cache.clear()
        with nullcontext() if cached else cachalot_disabled():
            return self.look_around()

    def look_around(self):
        clients = [Client() for _ in range(3)]
        for client, name in zip(clients, ["customer1", "customer2", "manager"]):
            client.force_login(Customer.objects.get(username=name))
        start = time.perf_counter()
        for round in range(self.rounds):
            client = clients[round % 3]
            product = self.products[round % len(self.products)]
            for path in ["/", "/category/garden/", product.get_absolute_url(), "/orders/"]:
                self.expect(client.get(path), 200)
            if round % 12 == 5:
                self.expect(client.post(f"/basket/add/{product.pk}/"), 302)
                self.expect(client.post("/checkout/"), 302)
        return time.perf_counter() - start

    def expect(self, response, status):
        self.requests += 1
        if response.status_code != status:
            raise CommandError(f"{response.request['PATH_INFO']} answered {response.status_code}")

    def record(self, cached):
        """Milliseconds of the database, and the lines of all visits in one file."""
        places = NeutralPaths()
        lines, database = [], 0.0
        with tempfile.TemporaryDirectory() as directory:
            with override_settings(FLAMEDROP_RECORD="all", FLAMEDROP_DIRECTORY=directory):
                self.visit(cached)
            requests = []
            for path in Path(directory).glob("*.sql.jsonl"):
                head, *statements = map(json.loads, path.read_text("utf-8").splitlines())
                head.pop("profile", None)
                requests.append((head["start"], head, statements))
        for _, head, statements in sorted(requests, key=lambda each: each[0]):
            for statement in statements:
                stack = [[places.path(file), *rest] for file, *rest in statement["stack"]]
                statement["stack"] = stack[:1]
                database += statement["duration"] * 1000
            lines += [json.dumps(each, ensure_ascii=False) + "\n" for each in [head, *statements]]
        return database, lines
