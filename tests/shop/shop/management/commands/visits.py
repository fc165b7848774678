"""Records many visits in one file, DIRECTORY/visits.sql.jsonl, and measures what django-cachalot saves
on them, and what sessions in the cache save: DIRECTORY/visits.json. With the cache on, and sessions in it as well, they are
DIRECTORY/clean-visits.sql.jsonl.

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
from django.test import Client, override_settings

from shop.models import Customer, Product
from shop.recording import NeutralPaths

CACHED_SESSIONS = "django.contrib.sessions.backends.cached_db"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path)
        parser.add_argument("--rounds", type=int, default=24)
        parser.add_argument("--runs", type=int, default=5)

    def handle(self, *, directory, rounds, runs, **options):
        self.products = list(Product.objects.active().order_by("pk")[:6])
        self.rounds = rounds
        self.visit(cached=False)
        for name, cached in [("visits", False), ("clean-visits", True)]:
            self.record(directory / f"{name}.sql.jsonl", cached)
        times = {"faulty": [], "cachalot": [], "sessions": []}
        for _ in range(runs):
            times["faulty"].append(self.visit(cached=False) * 1000)
            times["cachalot"].append(self.visit(cached=True) * 1000)
            with override_settings(SESSION_ENGINE=CACHED_SESSIONS):
                times["sessions"].append(self.visit(cached=False) * 1000)
        measured = []
        for name in ["cachalot", "sessions"]:
            row = {"name": f"visits-{name}", "page": f"{self.requests} requests", "runs": runs}
            row["round_trip_ms"] = settings.SHOP_ROUND_TRIP
            for side, taken in [("clean", times[name]), ("faulty", times["faulty"])]:
                row[f"{side}_ms"] = round(statistics.median(taken), 1)
                row[f"{side}_fastest_ms"] = round(min(taken), 1)
            row["saved_ms"] = round(row["faulty_ms"] - row["clean_ms"], 1)
            measured.append(json.dumps(row))
        (directory / "visits.json").write_text("[\n " + ",\n ".join(measured) + "\n]\n")
        print(*measured, sep="\n")

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

    def record(self, target, cached):
        places = NeutralPaths()
        lines = []
        with tempfile.TemporaryDirectory() as directory:
            side = {"FLAMEDROP_RECORD": "all", "FLAMEDROP_DIRECTORY": directory}
            if cached:
                side["SESSION_ENGINE"] = CACHED_SESSIONS
            with override_settings(**side):
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
            lines += [json.dumps(each, ensure_ascii=False) + "\n" for each in [head, *statements]]
        target.write_text("".join(lines), "utf-8")
        print(f"{target.name}: {len(requests)} requests, {len(lines) - len(requests)} statements")
