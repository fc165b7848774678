"""Every fault costs what it says and changes nothing else about the page."""

import re
import time

from django.core.management import call_command
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from .faults import FAULTS
from .models import Customer, Order, Product


class FaultsTest(TestCase):
    @classmethod
    def setUpTestData(cls):
        call_command("seed", products=80, customers=10, orders=60)

    def setUp(self):
        self.client.force_login(Customer.objects.get(username="manager"))
        self.client.get(reverse("front"))  # LastSeenMiddleware writes the first time

    def get(self, url, *faults):
        """The page and its SQL."""
        with override_settings(SHOP_FAULTS=frozenset(faults)):
            with CaptureQueriesContext(connection) as queries:
                response = self.client.get(url)
        self.assertEqual(response.status_code, 200)
        html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        return html, [query["sql"] for query in queries.captured_queries]

    def assert_costs_queries(self, fault, url, at_least):
        clean, clean_sql = self.get(url)
        faulty, faulty_sql = self.get(url, fault)
        self.assertEqual(clean, faulty)
        self.assertGreaterEqual(len(faulty_sql) - len(clean_sql), at_least)
        self.assertEqual(len(clean_sql), len(set(clean_sql)), "the clean page repeats a query")

    def test_n_plus_one(self):
        self.assert_costs_queries("n_plus_one", reverse("orders"), 50)
        self.assert_costs_queries("n_plus_one", "/category/kitchen/", 20)

    def test_duplicates(self):
        self.assert_costs_queries("duplicates", reverse("front"), 15)

    def test_count_after_select(self):
        product = Product.objects.order_by("pk")[0]
        self.assert_costs_queries("count_after_select", product.get_absolute_url(), 7)
        self.assert_costs_queries("count_after_select", "/search/?q=walnut+lamp+sturdy+linen", 1)

    def test_single_gets(self):
        self.assert_costs_queries("single_gets", reverse("front"), 15)

    def test_heavy_session(self):
        self.assert_costs_queries("heavy_session", reverse("orders"), 2)

    def test_heavy_auth(self):
        self.assert_costs_queries("heavy_auth", reverse("orders"), 3)

    def test_python_faults_cost_no_query(self):
        for fault, url in [
            ("regex", "/search/?q=light"),
            ("deepcopy", "/orders/"),
            ("slow_report", "/report/"),
            ("python_report", "/report/"),
            ("runtime_import", "/report/"),
            ("unindexed", "/report/"),
            ("logging", "/orders/"),
            ("json", "/orders/"),
            ("hashing", "/orders/"),
            ("instalments", Product.objects.order_by("pk")[0].get_absolute_url()),
        ]:
            with self.subTest(fault):
                clean, clean_sql = self.get(url)
                faulty, faulty_sql = self.get(url, fault)
                self.assertEqual(clean, faulty)
                self.assertEqual(len(clean_sql), len(faulty_sql))

    def test_totals(self):
        self.assert_costs_queries("in_turn", "/totals/", 3)

    def test_static_files(self):
        response = self.client.get("/static/shop.css")
        self.assertIn(b"nav a", b"".join(response.streaming_content))

    def test_payment(self):
        self.client.post(reverse("add_to_basket", args=[Product.objects.order_by("pk")[0].pk]))
        with override_settings(SHOP_FAULTS=frozenset(["payment"])):
            start = time.monotonic()
            self.client.post(reverse("checkout"))
        self.assertGreaterEqual(time.monotonic() - start, 0.3)

    def test_unbounded(self):
        clean, _ = self.get(reverse("orders"))
        faulty, _ = self.get(reverse("orders"), "unbounded")
        self.assertEqual(clean.count("<tr>"), 25)
        self.assertEqual(faulty.count("<tr>"), 60)

    def test_row_inserts(self):
        counts = {}
        for fault in ["", "row_inserts"]:
            for product in Product.objects.order_by("pk")[:5]:
                self.client.post(reverse("add_to_basket", args=[product.pk]))
            with override_settings(SHOP_FAULTS=frozenset(filter(None, [fault]))):
                with CaptureQueriesContext(connection) as queries:
                    response = self.client.post(reverse("checkout"))
            self.assertRedirects(response, reverse("orders"), fetch_redirect_response=False)
            self.assertEqual(Order.objects.order_by("-pk")[0].lines.count(), 5)
            counts[fault] = len(queries)
        self.assertGreaterEqual(counts["row_inserts"] - counts[""], 8)

    def test_every_fault_is_known(self):
        for name in FAULTS:
            with override_settings(SHOP_FAULTS=frozenset([name])):
                self.get(reverse("front"))
