"""Records one request of a warm process: PREFIX.prof, PREFIX.sql.jsonl and PREFIX.sql.log."""

import gc
import tempfile
from pathlib import Path

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
        parser.add_argument(
            "--times",
            type=int,
            default=1,
            help="records so often and keeps the fastest: the others measure the machine as well",
        )

    def handle(self, *, url, prefix, user, times, **options):
        client = Client()
        client.force_login(Customer.objects.get(username=user))
        for _ in range(3):
            client.get(url)
        self.cookies = "; ".join(
            f"{name}={morsel.value}" for name, morsel in client.cookies.items()
        )
        with tempfile.TemporaryDirectory() as directory:
            attempts = [
                (self.record(url, f"{directory}/{number}."), number) for number in range(times)
            ]
            fastest = f"{min(attempts)[1]}."
            for file in Path(directory).glob(f"{fastest}*"):
                Path(f"{prefix}.{file.name.removeprefix(fastest)}").write_bytes(file.read_bytes())

    def record(self, url, prefix):
        """Records one request; returns the seconds it took."""
        environ = RequestFactory().get(url, headers={"cookie": self.cookies}).environ
        # As servers do that load the code before they fork: what is old is not collected again.
        gc.collect()
        gc.freeze()
        with sql_log(prefix):
            response, stats = profiled(application, environ, lambda status, headers: None)
        response.close()
        if response.status_code != 200:
            raise CommandError(f"{url} answered {response.status_code}")
        dump_stats(stats, f"{prefix}prof")
        return sum(self_time for _, _, self_time, _, _ in stats.values())
