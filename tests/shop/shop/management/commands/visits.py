"""Records many visits in one file, DIRECTORY/visits.sql.jsonl, and measures what a remedy saves on them:
DIRECTORY/visits.json, wall time without the recorder, and the database's time with it.

Sessions in the cache, and a copy of each product's tags in its row: each request is asked as it is and
in these ways, one after the other, so that all meet the same moment. django-cachalot: all visits with
it and all without, since one answer depends on the requests before. With both caches on, the visits are
DIRECTORY/clean-visits.sql.jsonl.

Needs SHOP_CACHALOT=1. The same visits each time: people look around, and now and then somebody buys.
"""

import json
import statistics
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

from cachalot.api import cachalot_disabled
from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client, override_settings

from shop.models import Customer, Product
from shop.recording import NeutralPaths, shop_places
from shop.walks import VISITORS, walk

CACHED_SESSIONS = {"SESSION_ENGINE": "django.contrib.sessions.backends.cached_db"}
# What is asked side by side, and what is changed for it.
SIDES = {
    "faulty": {},
    "sessions": CACHED_SESSIONS,
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
        self.denormalise()
        with cachalot_disabled():
            self.visit(SIDES)
            walls = [self.visit(SIDES) for _ in range(runs)]
            recorded = [self.record(SIDES) for _ in range(runs)]
        # Times and lines of one run, by side: its sides have met the same moments.
        kept = min(recorded, key=lambda sides: sides["faulty"][0])
        rows = [
            self.row(name, walls, name, "faulty")
            | {
                "clean_database_ms": round(kept[name][0], 1),
                "faulty_database_ms": round(kept["faulty"][0], 1),
                "saved_database_ms": round(kept["faulty"][0] - kept[name][0], 1),
            }
            for name in SIDES
            if name != "faulty"
        ]
        walls = []
        for _ in range(runs):
            with cachalot_disabled():
                faulty = self.visit({"faulty": {}})
            walls.append(faulty | self.visit({"cachalot": {}}))
        rows.insert(0, self.row("cachalot", walls, "cachalot", "faulty"))
        clean = [self.record({"clean": CACHED_SESSIONS})["clean"] for _ in range(runs)]
        for name, (_, lines) in [("visits", kept["faulty"]), ("clean-visits", min(clean))]:
            (directory / f"{name}.sql.jsonl").write_text("".join(lines), "utf-8")
        lines = [json.dumps(row) for row in rows]
        (directory / "visits.json").write_text("[\n " + ",\n ".join(lines) + "\n]\n")
        print(*lines, sep="\n")

    def row(self, name, walls, clean, faulty):
        """Of all runs, milliseconds: medians, and the fastest."""
        row = {"name": f"visits-{name}", "page": f"{self.requests} requests", "runs": len(walls)}
        row["round_trip_ms"] = settings.SHOP_ROUND_TRIP
        for side, key in [("clean", clean), ("faulty", faulty)]:
            times = [wall[key] * 1000 for wall in walls]
            row[f"{side}_ms"] = round(statistics.median(times), 1)
            row[f"{side}_fastest_ms"] = round(min(times), 1)
        saved = [(wall[faulty] - wall[clean]) * 1000 for wall in walls]
        return row | {"saved_ms": round(statistics.median(saved), 1)}

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

    def visit(self, sides, around=nullcontext):
        """How many seconds all visits take on each of these sides, with an empty cache at first.
        `around(side)` is entered for each request."""
        self.requests, self.around, self.sides = 0, around, sides
        self.taken = dict.fromkeys(sides, 0.0)
        cache.clear()
        self.clients = {}
        for side, changed in sides.items():
            with override_settings(**changed):
                self.clients[side] = [Client() for _ in VISITORS]
                for client, name in zip(self.clients[side], VISITORS):
                    client.force_login(Customer.objects.get(username=name))
        for visitor, method, path, status in walk(self.products, self.rounds):
            self.ask(method, visitor, path, status)
        return self.taken

    def ask(self, method, visitor, path, status):
        """On each side; another one is the first each time."""
        first = self.requests % len(self.sides)
        names = list(self.sides)
        for side in names[first:] + names[:first]:
            client = self.clients[side][visitor]
            with override_settings(**self.sides[side]), self.around(side):
                start = time.perf_counter()
                response = getattr(client, method)(path)
                self.taken[side] += time.perf_counter() - start
            if response.status_code != status:
                raise CommandError(f"{path} answered {response.status_code}")
        self.requests += 1

    def record(self, sides):
        """Of each side: milliseconds of the database, and the lines of all visits in one file."""
        with tempfile.TemporaryDirectory() as directory:

            @contextmanager
            def recorder(side):
                target = Path(directory, side)
                target.mkdir(exist_ok=True)
                with override_settings(FLAMEDROP_RECORD="all", FLAMEDROP_DIRECTORY=str(target)):
                    yield

            self.visit(sides, recorder)
            return {side: self.collected(Path(directory, side)) for side in sides}

    def collected(self, directory):
        places = NeutralPaths(shop_places())
        lines, database, requests = [], 0.0, []
        for path in directory.glob("*.sql.jsonl"):
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
