"""People look around and now and then buy, on a primary alone (`one_server`) or beside its streaming
replica. PostgreSQL only; SHOP_REPLICA_PORT names the replica.
"""

import json
import statistics
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.test import Client, override_settings

from shop.models import Customer, Product
from shop.server_time import ServerTime
from shop.walks import VISITORS, walk

SIDES = {"crowd": ["one_server"], "clean-crowd": []}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--rounds", type=int, default=24)
        parser.add_argument("--runs", type=int, default=5)
        parser.add_argument("--only", choices=SIDES, help="visits one way, and measures nothing")
        parser.add_argument(
            "--measure", type=Path, help="writes how much less the primary does with a replica"
        )

    def handle(self, *, rounds, runs, only, measure, **options):
        self.rounds = rounds
        self.products = list(Product.objects.active().order_by("pk")[:6])
        if measure is None:
            # What the primary's log should have nothing left to say about.
            engine = "cached_db" if only == "clean-crowd" else "db"
            with override_settings(SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}"):
                self.visit([only])
            return
        self.visit(list(SIDES))
        taken = [self.visit(list(SIDES), ServerTime()) for _ in range(runs)]
        row = {"name": "crowd", "fault": "one_server", "page": f"{self.requests} requests", "runs": runs}
        for name, side in [("clean", "clean-crowd"), ("faulty", "crowd")]:
            row[f"{name}_database_ms"] = round(min(each[side] for each in taken), 2)
        saved = [each["crowd"] - each["clean-crowd"] for each in taken]
        row["saved_database_ms"] = round(statistics.median(saved), 2)
        measure.write_text(f"[\n {json.dumps(row)}\n]\n")
        print(json.dumps(row))

    def visit(self, sides, server=None):
        """What the primary did in milliseconds, by side; the sides take turns, request by request."""
        self.requests, self.server = 0, server
        self.taken = dict.fromkeys(sides, 0.0)
        self.clients = {side: [Client() for _ in VISITORS] for side in sides}
        for clients in self.clients.values():
            for client, name in zip(clients, VISITORS):
                client.force_login(Customer.objects.using("default").get(username=name))
                # Nobody signs in at the same moment.
                time.sleep(0.15)
        self.wait_for_replica()
        for visitor, method, path, status in walk(self.products, self.rounds):
            self.ask(method, visitor, path, status)
            if path == "/checkout/":
                # Longer than the lag: people think.
                time.sleep(1.2)
        return self.taken

    def ask(self, method, visitor, path, status):
        for side, clients in self.clients.items():
            with override_settings(SHOP_FAULTS=frozenset(SIDES[side])):
                if self.server:
                    self.server.since()
                response = getattr(clients[visitor], method)(path)
                if self.server:
                    self.taken[side] += self.server.since()
                else:
                    # A server's log tells requests without a session apart by their pauses only.
                    time.sleep(0.12)
            if response.status_code != status:
                raise CommandError(f"{path} answered {response.status_code}")
        self.requests += 1

    def wait_for_replica(self):
        """Until it has what was written so far."""
        if "replica" not in connections:
            return
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_lsn()")
            (written,) = cursor.fetchone()
        with connections["replica"].cursor() as cursor:
            for _ in range(500):
                cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.02)
        raise CommandError("the replica does not follow")
