"""Records one request of a warm process: PREFIX.prof, PREFIX.sql.jsonl and PREFIX.sql.log."""

import gc

from django.core.management.base import BaseCommand, CommandError
from django.test import Client, RequestFactory

from config.wsgi import application
from shop.models import Customer
from shop.recording import dump_stats, profiled, sql_log


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("url", help="a path of the shop, e.g. /orders/")
        parser.add_argument("prefix", help="how the files' names begin, directory included")
        parser.add_argument("--user", default="manager", help="whose request it is")

    def handle(self, *, url, prefix, user, **options):
        client = Client()
        client.force_login(Customer.objects.get(username=user))
        for _ in range(3):
            client.get(url)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        environ = RequestFactory().get(url, headers={"cookie": cookies}).environ
        gc.collect()
        with sql_log(prefix):
            response, stats = profiled(application, environ, lambda status, headers: None)
        if response.status_code != 200:
            raise CommandError(f"{url} answered {response.status_code}")
        response.close()
        dump_stats(stats, f"{prefix}.prof")
