"""The stock of every product is counted and written, as after a stocktake, with and without indexes
that nothing reads (`overindexed`). PostgreSQL only.
"""

import json
from pathlib import Path

from django.core.management.base import BaseCommand
from django.test import override_settings

from shop.faults import fault
from shop.models import Product
from shop.server_time import ServerTime, administrator

# As they come together over the years: each for a page that was, or because an index is good.
INDEXES = [
    "(stock)",
    "(stock, price)",
    "(price)",
    "(price, stock, is_active)",
    "(is_active)",
    "(is_active, created)",
    "(created)",
    "(name)",
    "(name, sku)",
    "(sku)",
    "(upper(name))",
    "(description)",
    "USING gin (name gin_trgm_ops) WITH (fastupdate = off)",
    "USING gin (description gin_trgm_ops) WITH (fastupdate = off)",
]
# How many products one UPDATE changes.
BATCH = 100


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--runs", type=int, default=9)
        parser.add_argument("--measure", type=Path, help="writes what the indexes cost")

    def handle(self, *, runs, measure, **options):
        if measure is None:
            self.prepare()
            self.count(1)
            return
        server = ServerTime()
        times = {"faulty": [], "clean": []}
        for run in range(runs):
            for side, taken in times.items():
                faults = ["overindexed"] if side == "faulty" else []
                with override_settings(SHOP_FAULTS=frozenset(faults)):
                    self.prepare()
                    server.since()
                    self.count(run)
                    taken.append(server.since())
        row = {"name": "stocktake", "fault": "overindexed", "page": "stocktake", "runs": runs}
        for side, taken in times.items():
            row[f"{side}_database_ms"] = round(min(taken), 2)
        row["saved_database_ms"] = round(min(times["faulty"]) - min(times["clean"]), 2)
        measure.write_text(f"[\n {json.dumps(row)}\n]\n")
        print(json.dumps(row))

    def prepare(self):
        """The table as it is after a night's rest, with the indexes or without."""
        with administrator("shop") as server:
            found = server.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'many_%'")
            for (name,) in found.fetchall():
                server.execute(f"DROP INDEX {name}")
            if fault("overindexed"):
                server.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                for at, columns in enumerate(INDEXES):
                    server.execute(f"CREATE INDEX many_{at} ON shop_product {columns}")
            server.execute("VACUUM FULL ANALYZE shop_product")

    def count(self, run):
        products = list(Product.objects.order_by("pk"))
        for product in products:
            product.stock = (product.stock * 7 + product.pk + run) % 200
        Product.objects.bulk_update(products, ["stock"], batch_size=BATCH)
