"""Records each page, clean and with its faults, with Flamedrop's recorder, and measures what each
fault costs without it: DIRECTORY/clean-PAGE.* and DIRECTORY/FAULT.*, DIRECTORY/measured.json.

`runtime_import` must be set in SHOP_FAULTS from the start, and is then the only fault recorded.
"""

import gc
import json
import marshal
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.test import Client, override_settings

from shop.models import Customer, Product
from shop.recording import NeutralPaths, dump_stats, shop_places

PAGES = {
    "front": "/",
    "category": "/category/garden/",
    "product": None,  # the dearest: instalments are then the longest to find
    "search": "/search/?q=light+e",
    "orders": "/orders/",
    "report": "/report/",
    "style": "/static/shop.css",
    "totals": "/totals/",
    "checkout": "/checkout/",
}
# By the file's name: the faults, and the page it is seen on.
FAULTS = {
    "n_plus_one": ("n_plus_one", "orders"),
    "n_plus_one-category": ("n_plus_one", "category"),
    "duplicates": ("duplicates", "front"),
    "duplicates-orders": ("duplicates", "orders"),
    "single_gets": ("single_gets", "front"),
    "slow_report": ("slow_report", "report"),
    "python_report": ("python_report", "report"),
    "unbounded": ("unbounded", "orders"),
    "count_after_select": ("count_after_select", "product"),
    "heavy_auth": ("heavy_auth", "front"),
    "regex": ("regex", "search"),
    "deepcopy": ("deepcopy", "orders"),
    "instalments": ("instalments", "product"),
    "unindexed": ("unindexed", "report"),
    "logging": ("logging", "orders"),
    "json": ("json", "orders"),
    "in_turn": ("in_turn", "totals"),
    "hashing": ("hashing", "front"),
    "uncached_templates": ("uncached_templates", "orders"),
    "static_files": ("static_files", "style"),
    "heavy_session": ("heavy_session", "orders"),
    "row_inserts": ("row_inserts", "checkout"),
    "payment": ("payment", "checkout"),
}
# Milliseconds: a database in another region, where it matters.
FAR = {"totals": 45}
# The remedy is an index: it is there on the clean side, and the fault is on both.
INDEX = {"unindexed": "shop_product (sku)"}
AT_STARTUP = {"runtime_import": ("runtime_import", "report")}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("directory", type=Path)
        parser.add_argument("names", nargs="*", help="only these, e.g. clean-orders n_plus_one")
        parser.add_argument("--times", type=int, default=7, help="keeps the fastest of so many")
        parser.add_argument("--runs", type=int, default=25, help="how often each side is measured")

    def handle(self, *, directory, names, times, runs, **options):
        dearest = Product.objects.active().order_by("-price", "pk")[0]
        self.pages = PAGES | {"product": dearest.get_absolute_url()}
        if "runtime_import" in settings.SHOP_FAULTS:
            self.forget_imports()
            for name, (fault, page) in AT_STARTUP.items():
                self.record(directory / name, page, fault, times)
            return
        clean = {f"clean-{page}": (None, page) for page in self.pages if page != "style"}
        # The checkout changes the data.
        order = sorted({**clean, **FAULTS}.items(), key=lambda each: each[1][1] == "checkout")
        file = directory / "measured.json"
        measured = {each["name"]: each for each in json.loads(file.read_text())} if names else {}
        for name, (fault, page) in order:
            if not names or name in names:
                if fault is None:
                    self.record(directory / name, page, fault, times)
                else:
                    measured[name] = self.measure(directory / name, fault, page, runs)
        lines = ",\n".join(f" {json.dumps(each)}" for each in measured.values())
        file.write_text(f"[\n{lines}\n]\n")

    def sign_in(self, page=None):
        """With a session in which nothing is left of the requests before."""
        self.client = Client()
        # A monitor asks for the totals.
        if page != "totals":
            self.client.force_login(Customer.objects.get(username="manager"))

    def round_trip(self, page):
        return FAR.get(page, float(os.environ.get("SHOP_ROUND_TRIP", 0)))

    def prepare(self, page):
        if page == "checkout":
            for product in Product.objects.order_by("pk")[:8]:
                self.client.post(f"/basket/add/{product.pk}/")

    def ask(self, page, **headers):
        """The page, and how many seconds it took."""
        self.prepare(page)
        method = self.client.post if page == "checkout" else self.client.get
        # As servers do that load the code before they fork: what is old is not collected again.
        gc.collect()
        gc.freeze()
        start = time.perf_counter()
        response = method(self.pages[page], headers=headers)
        if response.streaming:
            b"".join(response.streaming_content)
            response.close()
        duration = time.perf_counter() - start
        if response.status_code != (302 if page == "checkout" else 200):
            raise CommandError(f"{page} answered {response.status_code}")
        return duration

    def forget_imports(self):
        """Finds what the fault imports, and has it imported anew for each recording."""
        self.sign_in()
        for page in ["orders", "search", "front"]:
            self.ask(page)
        before = set(sys.modules)
        self.ask("report")
        imported = {name for name in set(sys.modules) - before if not name.startswith("django")}
        ask = self.ask

        def ask_anew(page, **headers):
            for name in imported:
                sys.modules.pop(name, None)
            return ask(page, **headers)

        self.ask = ask_anew

    def record(self, target, page, fault, times):
        settings.SHOP_ROUND_TRIP = self.round_trip(page)
        faults = frozenset(filter(None, [fault]))
        self.sign_in(page)
        with tempfile.TemporaryDirectory() as directory:
            with override_settings(SHOP_FAULTS=faults, FLAMEDROP_DIRECTORY=directory):
                for _ in range(3):
                    self.ask(page)
                for _ in range(times):
                    self.ask(page, **{"X-Flamedrop": "1"})
            self.keep_fastest(Path(directory), target, times)

    def keep_fastest(self, directory, target, times):
        """Writes what was recorded, as it would be on any machine; all durations in milliseconds."""
        attempts = []
        for path in directory.glob("*.sql.jsonl"):
            head, *statements = map(json.loads, path.read_text("utf-8").splitlines())
            attempts.append((head["duration"], str(path), head, statements))
        if len(attempts) != times:
            raise CommandError(f"{target.name}: {len(attempts)} recordings, not {times}")
        _, path, head, statements = min(attempts, key=lambda attempt: attempt[:2])
        stats = marshal.loads(Path(re.sub(r"\.sql\.jsonl$", ".prof", path)).read_bytes())
        dump_stats(stats, f"{target}.prof")
        places = NeutralPaths(shop_places())
        head["profile"] = f"{target.name}.prof"
        for statement in statements:
            statement["stack"] = [[places.path(file), *rest] for file, *rest in statement["stack"]]
        lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in [head, *statements]]
        Path(f"{target}.sql.jsonl").write_text("".join(lines), "utf-8")
        milliseconds = round(head["duration"] * 1000, 1)
        print(f"{target.name}: {len(statements)} statements, {milliseconds} ms recorded")
        return [duration * 1000 for duration, _, _, _ in sorted(attempts, key=lambda each: each[2]["start"])]

    def count(self, page):
        """How many statements the page runs, as the recorder counts them."""
        with tempfile.TemporaryDirectory() as directory:
            with override_settings(FLAMEDROP_DIRECTORY=directory):
                self.ask(page, **{"X-Flamedrop": "1"})
            (log,) = Path(directory).glob("*.sql.jsonl")
            return log.read_text("utf-8").count("\n") - 1

    def index(self, columns):
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS candidate")
            if columns:
                cursor.execute(f"CREATE INDEX candidate ON {columns}")

    def measure(self, target, fault, page, runs):
        """Wall times without profiler and recorder, of the clean and the faulty page in turn; and the
        recording, made in between: so a busy or slow moment meets all three."""
        name = target.name
        self.sign_in(page)
        settings.SHOP_ROUND_TRIP = self.round_trip(page)
        times, queries = {"clean": [], "faulty": []}, {}
        recorded = tempfile.TemporaryDirectory()
        for run in range(runs + 2):
            for side, faults in [("clean", [fault] * (fault in INDEX)), ("faulty", [fault])]:
                if fault in INDEX:
                    self.index(side == "clean" and INDEX[fault])
                with override_settings(SHOP_FAULTS=frozenset(faults)):
                    if run == 0:
                        self.ask(page)
                    elif run == 1:
                        queries[side] = self.count(page)
                    elif page == "style" and side == "clean":
                        # The request does not reach Django then: nothing of it is left.
                        times[side].append(0.0)
                    else:
                        times[side].append(self.ask(page) * 1000)
                    if run > 1 and side == "faulty":
                        with override_settings(FLAMEDROP_DIRECTORY=recorded.name):
                            self.ask(page, **{"X-Flamedrop": "1"})
        times["recorded"] = self.keep_fastest(Path(recorded.name), target, runs)
        recorded.cleanup()
        measured = {"name": name, "fault": fault, "page": self.pages[page]}
        measured |= {"round_trip_ms": settings.SHOP_ROUND_TRIP, "runs": runs}
        for side in ["clean", "faulty"]:
            measured[f"{side}_ms"] = round(statistics.median(times[side]), 2)
            measured[f"{side}_queries"] = queries[side]
            measured[f"{side}_fastest_ms"] = round(min(times[side]), 2)
        # How far the fastest, and the recording, would be off with half as many runs.
        halves = [abs(min(taken[::2]) - min(taken[1::2] or taken)) for taken in times.values()]
        measured["fastest_noise_ms"] = round(sum(halves), 2)
        measured["saved_ms"] = round(measured["faulty_ms"] - measured["clean_ms"], 2)
        print(json.dumps(measured))
        return measured
