"""The recorder against Django, whichever is installed: python tests/recorder/test_recorder.py"""

import asyncio
import contextlib
import cProfile
import io
import json
import logging
import os
import pstats
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

import django
from django.conf import settings

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "recorder")]
work = tempfile.TemporaryDirectory()

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(work.name, "db.sqlite3"),
            "OPTIONS": {"timeout": 20},
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    FLAMEDROP_ALLOW=True,
    INSTALLED_APPS=["library"],
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "flamedrop_recorder.RecorderMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    ROOT_URLCONF="library.views",
    SECRET_KEY="for tests only",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()

from django.db import connection, connections  # noqa: E402
from django.test import AsyncClient, Client, override_settings  # noqa: E402

import flamedrop_recorder  # noqa: E402
from library.models import Author, Book, Cover, Tag  # noqa: E402
from library.views import meeting  # noqa: E402


VIEWS = HERE / "library/views.py"
SOURCE = VIEWS.read_text("utf-8").splitlines()


def make_data():
    with connection.schema_editor() as editor:
        for model in [Author, Tag, Book, Cover]:
            editor.create_model(model)
    tag = Tag.objects.create(name="red")
    for number in range(1, 4):
        author = Author.objects.create(name="Author %d" % number)
        book = Book.objects.create(title="Book %d" % number, author=author)
        book.tags.add(tag)
    Cover.objects.create(book=Book.objects.order_by("pk")[0], colour="blue")


MANAGE = """
import sys
from django.conf import settings
sys.path.append(%(path)r)
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["library"],
    USE_TZ=True,
)
if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""


class RecorderTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name, "new", "flamedrop")
        changed = override_settings(FLAMEDROP_DIRECTORY=self.directory)
        changed.enable()
        self.addCleanup(changed.disable)

    def logs(self):
        found = []
        for path in sorted(self.directory.glob("*.sql.jsonl")):
            head, *statements = map(json.loads, path.read_text("utf-8").splitlines())
            found.append((path, head, statements))
        return found

    def record(self, url, client=None, **headers):
        """The one recording of a request."""
        client = client or Client()
        response = client.get(url + ("&" if "?" in url else "?") + "flamedrop", **headers)
        if response.streaming:
            list(response.streaming_content)
        return self.one()

    def one(self):
        logs = self.logs()
        self.assertEqual(len(logs), 1)
        path, head, statements = logs[0]
        self.assertTrue(all(each["request"] == head["request"] for each in statements))
        for before, after in zip(statements, statements[1:]):
            self.assertLessEqual(before["start"] + before["duration"], after["start"])
        if statements:
            self.assertGreaterEqual(statements[0]["start"], head["start"])
            last = statements[-1]
            self.assertLessEqual(
                last["start"] + last["duration"], head["start"] + head["duration"] + 1e-6
            )
        for each in connections.all():
            self.assertEqual(each.execute_wrappers, [])
        self.assertEqual(flamedrop_recorder._running, [])
        return head, statements

    def functions(self, head):
        stats = pstats.Stats(str(self.directory / head["profile"])).stats
        return {(os.path.basename(file), name) for file, _, name in stats}

    def test_a_request_that_was_not_asked_for_is_not_recorded(self):
        self.assertEqual(Client().get("/page/1/").status_code, 200)
        self.assertFalse(self.directory.exists())

    def test_nothing_is_recorded_where_it_is_not_allowed(self):
        with override_settings(FLAMEDROP_ALLOW=False):
            self.assertEqual(Client().get("/page/1/?flamedrop").status_code, 200)
        self.assertFalse(self.directory.exists())

    def test_debug_allows_it(self):
        with override_settings(FLAMEDROP_ALLOW=False, DEBUG=True):
            self.record("/page/1/")

    def test_the_request(self):
        before = time.time()
        head, statements = self.record("/page/7/?a=%C3%A9&b")
        self.assertEqual(head["flamedrop"], 1)
        self.assertEqual(head["method"], "GET")
        self.assertEqual(head["path"], "/page/7/?a=%C3%A9&b")
        self.assertEqual(head["view"], "library.views.Page")
        self.assertEqual(head["route"], "page/<int:number>/")
        self.assertEqual(head["status"], 200)
        self.assertTrue(before <= head["start"] <= time.time())
        self.assertEqual(head["django"], django.get_version())
        self.assertNotIn("error", head)
        self.assertNotIn("notes", head)
        self.assertEqual(len(statements), 1)
        functions = self.functions(head)
        self.assertIn(("views.py", "get"), functions)
        self.assertNotIn(("flamedrop_recorder.py", "write"), functions)
        self.assertEqual((self.directory / ".gitignore").read_text(), "*\n")

    def test_headers_and_settings_ask_too(self):
        Client().get("/page/1/", HTTP_X_FLAMEDROP="1")
        self.assertEqual(len(self.logs()), 1)
        with override_settings(FLAMEDROP_RECORD="all"):
            Client().get("/page/1/")
        self.assertEqual(len(self.logs()), 2)

    def test_nothing_is_overwritten_and_every_name_is_safe(self):
        odd = ["/a%2F..%5C%3A%00%C3%BC/", "/" + "x" * 999]
        for path in ["/page/1/", "/page/1/", "/page/1/", *odd]:
            Client().get(path + "?flamedrop")
        names = [path.name for path, _, _ in self.logs()]
        self.assertEqual(len(names), 5)
        for name in names:
            self.assertRegex(name, r"^\d{8}-\d{6}-GET-[A-Za-z0-9-]{1,64}\.sql\.jsonl$")
        self.assertEqual(len(list(self.directory.glob("*.prof"))), 5)

    def test_the_lines_of_code_and_templates(self):
        _, statements = self.record("/templates/")
        books, *authors = statements
        # The for loop fetches the books, in a template driven by the view.
        template = str(HERE / "library/templates/library/books.html")
        line = '    return render(request, "library/books.html", {"books": books})'
        view = [str(VIEWS), 1 + SOURCE.index(line), "templates"]
        self.assertEqual(books["stack"], [[template, 1, "{% for book in books %}"], view])
        self.assertNotIn("relation", books)
        self.assertEqual(len(authors), 3)
        included = str(HERE / "library/templates/library/book.html")
        for statement in authors:
            self.assertEqual(
                statement["stack"],
                [
                    [included, 2, "{{ book.author.name }}"],
                    [template, 2, '{% include "library/book.html" %}'],
                    view,
                ],
            )
            self.assertEqual(
                statement["relation"],
                {"kind": "forward", "name": "Book.author", "accessor": "author"},
            )

    def test_relations(self):
        _, statements = self.record("/relations/")
        seen = []
        for statement in statements:
            file, number, function = statement["stack"][0]
            self.assertEqual((file, function), (str(VIEWS), "relations"))
            relation = statement.get("relation", {})
            seen.append((SOURCE[number - 1].strip(), *relation.values()))
        self.assertEqual(
            seen,
            [
                ('author = Author.objects.order_by("pk")[0]',),
                ('books = list(author.books.filter(title__startswith="Book"))',)
                + ("reverse", "Author.books", "books"),
                ("list(books[0].tags.all())", "many_to_many", "Book.tags", "tags"),
                ("tag = Tag.objects.get(name=\"red\")",),
                ("tag.books.count()", "many_to_many", "Tag.books", "books"),
                ("cover = Cover.objects.get()",),
                ("book = cover.book", "forward", "Cover.book", "book"),
                ("book = Book.objects.get(pk=book.pk)",),
                ("book.cover.colour", "reverse", "Book.cover", "cover"),
                ('author = Author.objects.defer("biography")[0]',),
                ("author.biography", "deferred", "Author.biography", "biography"),
                # A prefetch is no lazy relation.
                ('list(Book.objects.prefetch_related("tags", "author"))',),
                ('list(Book.objects.prefetch_related("tags", "author"))',),
                ('list(Book.objects.prefetch_related("tags", "author"))',),
                ('list(author.books.prefetch_related("tags"))', "reverse", "Author.books", "books"),
                ('list(author.books.prefetch_related("tags"))',),
                ('Author.objects.filter(books__tags__name="red").exists()',),
                ('author.books.update(title="Book 1")',),
            ],
        )

    def test_statements(self):
        head, statements = self.record("/statements/")
        self.assertEqual(head["status"], 200)
        odd, long, bare, many, *rest = statements
        self.assertEqual(odd["sql"], "SELECT %s, %s, %s")
        # NaN is no JSON: the parameters are one text.
        self.assertEqual(odd["params"], ["[b'\\x00\\xff', nan, 'süß 100 %']"])
        self.assertTrue(long["params"][0].endswith("and so on, 1000 bytes"))
        self.assertIsNone(bare["params"])
        self.assertEqual((many["many"], len(many["params"]), many["rows"]), (150, 100, 150))
        self.assertEqual((odd["alias"], odd["vendor"]), ("default", "sqlite"))
        insert = next(each for each in rest if each["sql"].startswith("INSERT"))
        self.assertEqual(insert["transaction"], 1)
        self.assertNotIn("transaction", odd)
        failed = [each for each in rest if "error" in each]
        self.assertEqual([each["error"] for each in failed], ["IntegrityError"])
        self.assertNotIn("rows", failed[0])

    def test_transactions_are_told_apart(self):
        _, statements = self.record("/transactions/")
        numbers = [
            each.get("transaction")
            for each in statements
            if each["sql"].startswith(("INSERT", "SELECT"))
        ]
        self.assertEqual(numbers, [1, 1, 2, 2, None, 3, 4, 4])

    def test_a_view_that_raises(self):
        head, statements = self.record("/fails/", Client(raise_request_exception=False))
        self.assertEqual((head["status"], head["error"]), (500, "ValueError"))
        self.assertEqual(len(statements), 1)
        self.assertIn(("views.py", "fails"), self.functions(head))

    def test_an_exception_that_passes_through(self):
        with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True):
            with self.assertRaises(ValueError):
                Client().get("/fails/?flamedrop")
        head, statements = self.one()
        self.assertEqual((head["status"], head["error"]), (None, "ValueError"))
        self.assertEqual(len(statements), 1)

    def test_a_stream_is_recorded_to_its_end(self):
        head, statements = self.record("/stream/")
        self.assertEqual(len(statements), 4)
        self.assertIn(("views.py", "rows"), self.functions(head))
        self.assertEqual(statements[1]["relation"]["name"], "Book.author")

    def test_a_stream_that_is_closed_early(self):
        response = Client().get("/stream/?flamedrop")
        next(iter(response.streaming_content))
        response.close()
        head, statements = self.one()
        self.assertEqual(len(statements), 2)
        self.assertIsNotNone(head["profile"])

    def test_a_stream_that_nobody_reads(self):
        Client().get("/stream/?flamedrop").close()
        head, statements = self.one()
        self.assertEqual(statements, [])

    def test_a_stream_that_fails(self):
        response = Client().get("/stream/?fail&flamedrop")
        with self.assertRaises(KeyError):
            list(response.streaming_content)
        head, statements = self.one()
        self.assertEqual((head["error"], len(statements)), ("KeyError", 4))

    def test_two_requests_at_once(self):
        failures, numbers = [], {}

        def ask(name):
            numbers[name] = flamedrop_recorder.thread_number()
            try:
                response = Client().get("/meet/?flamedrop&name=" + name)
                if response.content.decode() != name:
                    failures.append(response.content)
            except BaseException as error:
                meeting.abort()
                failures.append(error)
            connections.close_all()

        threads = [threading.Thread(target=ask, args=[name]) for name in ["one", "two"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(set(numbers.values())), 2 if sys.version_info >= (3, 8) else 1)
        logs = self.logs()
        self.assertEqual(len(logs), 2)
        for _, head, statements in logs:
            name = head["path"][-3:]
            self.assertEqual([name in each["params"] for each in statements], [True, True])
            # As the operating system and other profilers know it; Python itself since 3.8.
            self.assertEqual([each.get("thread") for each in statements], [numbers[name]] * 2)
            if sys.version_info >= (3, 12):
                # One process has one profiler, and it mixes their calls.
                self.assertIsNone(head["profile"])
                self.assertTrue(head["notes"][0].startswith("no profile: "), head["notes"])
            else:
                self.assertIn(("views.py", "meet"), self.functions(head))

    def test_another_profiler(self):
        profiler = cProfile.Profile()
        profiler.enable()
        try:
            head, statements = self.record("/page/1/")
        finally:
            profiler.disable()
        self.assertIsNone(head["profile"])
        self.assertTrue(head["notes"][0].startswith("no profile: "), head["notes"])
        self.assertEqual(len(statements), 1)
        profiler.create_stats()
        self.assertIn("get", {name for _, _, name in profiler.stats})

    def test_what_was_written_is_said(self):
        with contextlib.redirect_stderr(io.StringIO()) as console:
            response = Client().get("/page/1/?flamedrop")
        ((path, head, statements),) = self.logs()
        stem = path.name[: -len(".sql.jsonl")]
        self.assertEqual(response["X-Flamedrop"], stem)
        said = console.getvalue()
        self.assertIn("%s.prof and .sql.jsonl, " % stem, said)
        self.assertIn(" ms, %d statement" % len(statements), said)
        self.assertNotIn("X-Flamedrop", Client().get("/page/1/"))

    def test_a_management_command(self):
        with tempfile.TemporaryDirectory() as directory:
            manage = Path(directory, "manage.py")
            manage.write_text(MANAGE % {"path": str(HERE)}, "utf-8")
            recorder = str(HERE.parents[1] / "recorder")
            ran = subprocess.run(
                [sys.executable, "-m", "flamedrop_recorder", str(manage), "migrate", "--run-syncdb"],
                cwd=directory,
                env={**os.environ, "PYTHONPATH": recorder},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertIn("-COMMAND-manage-py-migrate.prof and .sql.jsonl, ", ran.stderr)
            (log,) = Path(directory, "flamedrop").glob("*.sql.jsonl")
            head, *statements = map(json.loads, log.read_text("utf-8").splitlines())
            self.assertEqual((head["method"], head["path"]), ("COMMAND", "manage.py migrate"))
            self.assertTrue(any("CREATE TABLE" in each["sql"] for each in statements))
            stats = pstats.Stats(str(log.parent / head["profile"])).stats
            self.assertTrue(any(name == "sync_apps" for _, _, name in stats))
            # One that does not exist fails as it does without.
            ran = subprocess.run(
                [sys.executable, "-m", "flamedrop_recorder", str(manage), "nothing"],
                cwd=directory,
                env={**os.environ, "PYTHONPATH": recorder},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
            self.assertNotEqual(ran.returncode, 0)
            self.assertIn("Unknown command", ran.stderr)

    def test_a_recorder_that_cannot_write_does_not_harm(self):
        self.directory.parent.mkdir(parents=True)
        self.directory.write_text("a file where the directory should be")
        with self.assertLogs("flamedrop", "ERROR"):
            response = Client().get("/page/1/?flamedrop")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(connection.execute_wrappers, [])
        self.assertEqual(flamedrop_recorder._running, [])

    def test_asynchronous(self):
        async def ask():
            async def one(name):
                return await AsyncClient().get("/async/?flamedrop&name=" + name)

            return await asyncio.gather(one("one"), one("two"))

        responses = asyncio.run(ask())
        self.assertEqual([response.status_code for response in responses], [200, 200])
        logs = self.logs()
        self.assertEqual(len(logs), 2)
        for _, head, statements in logs:
            self.assertIsNone(head["profile"])
            self.assertTrue(head["notes"][0].startswith("no profile: "), head["notes"])
            name = head["path"][-3:]
            self.assertEqual([name in each["params"] for each in statements], [True] * 3)
        self.assertEqual(connection.execute_wrappers, [])

    def test_an_asgi_server(self):
        from asgiref.testing import ApplicationCommunicator
        from django.core.asgi import get_asgi_application

        async def ask(path):
            scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": path}
            scope.update(query_string=b"flamedrop", headers=[(b"host", b"localhost")])
            communicator = ApplicationCommunicator(get_asgi_application(), scope)
            await communicator.send_input({"type": "http.request", "body": b""})
            start = await communicator.receive_output(5)
            body = []
            while not body or body[-1].get("more_body"):
                body.append(await communicator.receive_output(5))
            await communicator.wait()
            return start["status"]

        # Before 4.2 no synchronous stream could ask the database here.
        paths = ["/templates/", "/stream/" if django.VERSION >= (4, 2) else "/page/1/"]

        async def both():
            return await asyncio.gather(*map(ask, paths))

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Django's, of synchronous streams
            self.assertEqual(asyncio.run(both()), [200, 200])
        # A synchronous view runs in a thread of its own, with its own connections.
        counts = {head["path"]: len(statements) for _, head, statements in self.logs()}
        self.assertEqual(counts, dict(zip(paths, [4, 4 if django.VERSION >= (4, 2) else 1])))

    def test_an_asynchronous_error(self):
        asyncio.run(AsyncClient(raise_request_exception=False).get("/fails/?flamedrop"))
        head, statements = self.one()
        self.assertEqual((head["status"], head["error"], len(statements)), (500, "ValueError", 1))

    @unittest.skipIf(django.VERSION < (4, 2), "no asynchronous streams before Django 4.2")
    def test_an_asynchronous_stream(self):
        async def ask():
            response = await AsyncClient().get("/async-stream/?flamedrop")
            return [part async for part in response]

        self.assertEqual(len(asyncio.run(ask())), 2)
        head, statements = self.one()
        self.assertEqual(len(statements), 2)


if __name__ == "__main__":
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    make_data()
    unittest.main()
