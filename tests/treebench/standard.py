"""Workloads out of the standard library and plain Python. Each sets itself up and returns what to run."""

import functools
import random


def syntax_trees():
    """Parse, rewrite and print source code; tokenize it: visitors, one big cycle."""
    import argparse
    import ast
    import inspect
    import io
    import tokenize

    source = inspect.getsource(argparse)

    class Renamer(ast.NodeTransformer):
        def visit_Name(self, node):
            return ast.copy_location(ast.Name(node.id + "_", node.ctx), node)

    def run():
        tree = Renamer().visit(ast.parse(source[: source.index("class ArgumentParser")]))
        ast.unparse(tree)
        list(tokenize.generate_tokens(io.StringIO(source[:20000]).readline))

    return run


def json_and_copies():
    """Mutual recursion in generators (json), deep copies, pretty printing."""
    import copy
    import json
    import pprint

    document = {"rows": [{"id": i, "tags": [str(i)] * 3, "more": {"x": [i, {"y": i}]}} for i in range(150)]}

    def run():
        json.loads(json.dumps(document, indent=1))
        copy.deepcopy(document)
        pprint.pformat(document)

    return run


def recursion():
    """Direct, mutual and deep recursion with different costs at each turn."""

    def burn(steps):
        return sum(i * i for i in range(steps))

    def fibonacci(n):
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    def even(n):
        return burn(n) if n == 0 else odd(n - 1)

    def odd(n):
        burn(n * 3)
        return even(n - 1) if n else 0

    def walk(tree, visit):
        for child in tree:
            visit(child)
            walk(child, visit)

    def count(tree):
        burn(len(tree) * 20)
        return 1 + sum(count(child) for child in tree)

    def grow(depth, randoms):
        return [grow(depth - 1, randoms) for _ in range(randoms.randrange(1, 4))] if depth else []

    def permutations(items):
        if len(items) < 2:
            yield items
        for i, item in enumerate(items):
            for rest in permutations(items[:i] + items[i + 1 :]):
                yield [item, *rest]

    def run():
        tree = grow(6, random.Random(1))
        fibonacci(14)
        for n in range(0, 60, 7):
            even(n)
        walk(tree, count)
        sum(1 for _ in permutations(list("abcde")))

    return run


def generators():
    """A pipeline of generators with shared helpers, itertools and context managers."""
    import contextlib
    import itertools

    def numbers(n):
        yield from range(n)

    def helper(n):
        return sum(range(n % 40))

    def tenths(source):
        for n in source:
            if n % 10 == 0:
                helper(n * 7)
                yield n

    def heavy(source):
        for n in source:
            yield helper(n) + helper(n + 1)

    def batches(source, size):
        source = iter(source)
        while batch := list(itertools.islice(source, size)):
            yield batch

    @contextlib.contextmanager
    def section(n):
        helper(n)
        yield n
        helper(n * 3)

    def run():
        for batch in batches(heavy(tenths(numbers(4000))), 20):
            with section(len(batch)):
                sum(map(helper, batch))
        for batch in batches(heavy(numbers(800)), 50):
            sorted(batch, key=helper)

    return run


def tasks():
    """asyncio: producers and consumers over a queue, locks, gathering."""
    import asyncio

    def work(n):
        return sum(i * i for i in range(n % 60))

    async def produce(queue, name):
        for n in range(60):
            await queue.put(work(n + name))
            if n % 7 == 0:
                await asyncio.sleep(0)
        await queue.put(None)

    async def consume(queue, lock, seen):
        while (item := await queue.get()) is not None:
            async with lock:
                seen.append(work(item))

    async def main():
        lock, seen = asyncio.Lock(), []
        queues = [asyncio.Queue(5) for _ in range(6)]
        await asyncio.gather(
            *(produce(queue, name) for name, queue in enumerate(queues)),
            *(consume(queue, lock, seen) for queue in queues),
        )

    return lambda: asyncio.run(main())


def decorators():
    """Layers of decorators around functions of different cost, caches and dispatch."""
    import contextlib
    import time

    def timed(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                wrapper.seconds += time.perf_counter() - began

        wrapper.seconds = 0.0
        return wrapper

    def checked(*types):
        def decorate(function):
            @functools.wraps(function)
            def wrapper(*args):
                for argument, type_ in zip(args, types):
                    if not isinstance(argument, type_):
                        raise TypeError(argument)
                return function(*args)

            return wrapper

        return decorate

    def retried(function):
        @functools.wraps(function)
        def wrapper(*args):
            for _ in range(3):
                with contextlib.suppress(ValueError):
                    return function(*args)
            return None

        return wrapper

    @timed
    @checked(int)
    def cheap(n):
        return n + 1

    @timed
    @retried
    @checked(int)
    def dear(n):
        if n % 11 == 0:
            raise ValueError(n)
        return sum(i * i for i in range(n % 200))

    @timed
    @functools.lru_cache(64)
    def cached(n):
        return (dear(n) or 0) + cheap(n)

    @functools.singledispatch
    def show(value):
        return repr(value)

    @show.register
    @timed
    def _(value: list):
        return [show(item) for item in value]

    @show.register
    def _(value: int):
        return str(cached(value % 100))

    def run():
        for n in range(300):
            cheap(n)
            dear(n)
        show([[n, [n, str(n)]] for n in range(200)])

    return run


def imports():
    """Importing packages anew: importlib's cycles, regular expressions and classes at import."""
    import importlib
    import sys

    packages = ("email", "http", "xml", "logging", "unittest", "asyncio", "concurrent", "html", "json")
    modules = ("argparse", "difflib", "decimal", "_pydecimal", "fractions", "statistics", "pydoc", "cgi")

    def run():
        for name in list(sys.modules):
            if name.split(".")[0] in packages or name in modules:
                del sys.modules[name]
        for name in ("email.mime.multipart", "http.server", "xml.dom.minidom", "unittest.mock", "asyncio"):
            importlib.import_module(name)
        for name in ("statistics", "_pydecimal", "difflib", "pydoc"):
            importlib.import_module(name)

    return run


def documents():
    """Parsers of HTML, XML, CSV and INI files."""
    import configparser
    import csv
    import html.parser
    import io
    import xml.dom.minidom
    import xml.etree.ElementTree

    cells = "".join(f"<tr class='r{i}'><td>{i} &amp; {i * i}</td><td><b>x</b></td></tr>" for i in range(60))
    page = f"<html><body><table>{cells}</table></body></html>"
    table = "\n".join(f"{i},name {i},{i * 1.5}" for i in range(300))
    settings = "".join(f"[section{i}]\nkey = value %(other)s\nother = {i}\n" for i in range(40))

    class Collector(html.parser.HTMLParser):
        texts = ()

        def handle_data(self, data):
            self.texts += (data.strip(),)

    def run():
        Collector().feed(page)
        dom = xml.dom.minidom.parseString(page.replace("&amp;", "and"))
        dom.toprettyxml()
        [node.getAttribute("class") for node in dom.getElementsByTagName("tr")]
        xml.etree.ElementTree.indent(tree := xml.etree.ElementTree.fromstring(page))
        xml.etree.ElementTree.tostring(tree)
        for row in csv.DictReader(io.StringIO(table)):
            dict(row)
        parser = configparser.ConfigParser()
        parser.read_string(settings)
        {name: dict(parser[name]) for name in parser.sections()}

    return run


def patterns():
    """Compiling regular expressions: a parser and a compiler that call themselves."""
    import re

    sources = [
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?",
        r"^(?:(?:https?|ftp)://)(?:\S+(?::\S*)?@)?(?:[a-z0-9\u00a1-\uffff-]+\.)*[a-z]{2,}(?::\d{2,5})?(?:[/?#]\S*)?$",
        r"\b(?:(?:a|b(?:c|d(?:e|f)*)+)?x{2,5}|(?i:[^a-z]+?))(?=y(?!z))(?<=q)",
        "|".join(f"(?P<token{i}>{'ab'[i % 2]}[{i}-9]+?)" for i in range(40)),
    ]

    def run():
        re.purge()
        for source in sources:
            re.compile(source).search("2026-08-17T06:00:00Z https://example.org/ bcdedfxx")
        re.sub(r"(\w+)@(\w+)", lambda match: match[2] + match[1].upper(), "me@example " * 50)

    return run


def arguments():
    """A command line with subcommands, and logging about it."""
    import argparse
    import io
    import logging

    def build():
        parser = argparse.ArgumentParser(prog="tool", description="A tool. " * 20)
        commands = parser.add_subparsers(dest="command")
        for name in "build serve test clean".split():
            command = commands.add_parser(name, help=f"{name} it")
            group = command.add_mutually_exclusive_group()
            for i in range(6):
                command.add_argument(f"--{name}-{i}", type=int, default=i, help="a number " * (i + 1))
                group.add_argument(f"--only-{i}", action="store_true")
            command.add_argument("paths", nargs="*")
        return parser

    def run():
        logger = logging.Logger("tool")
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        parser = build()
        for name in "build serve test clean".split():
            options = parser.parse_args([name, f"--{name}-3", "7", "--only-1", "a", "b"])
            logger.info("parsed %s", options)
            try:
                int(name)
            except ValueError:
                logger.exception("no number")
        parser.format_help()

    return run


def unit_tests():
    """A test suite with mocks, subtests and failures."""
    import io
    import unittest
    import unittest.mock

    class Cases(unittest.TestCase):
        def setUp(self):
            self.service = unittest.mock.Mock(spec=["fetch", "store"])
            self.service.fetch.return_value = {"id": 1, "rows": list(range(20))}

        def test_mocks(self):
            for n in range(10):
                self.service.fetch(n)
            self.service.fetch.assert_called_with(9)

        def test_patch(self):
            with unittest.mock.patch("os.getcwd", return_value="/srv") as getcwd:
                import os

                self.assertEqual(os.getcwd(), "/srv")
                getcwd.assert_called_once()

        def test_subtests(self):
            for n in range(8):
                with self.subTest(n=n):
                    self.assertDictEqual({"n": [n]}, {"n": [n]})

        def test_failure(self):
            self.assertEqual(["a", {"b": list(range(12))}], ["a", {"b": list(range(11))}])

        def test_magic(self):
            magic = unittest.mock.MagicMock()
            with magic as entered:
                entered.read.side_effect = [b"x", b""]
                entered.read()
            self.assertIn(unittest.mock.call.__enter__(), magic.mock_calls)

    def run():
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Cases)
        unittest.TextTestRunner(stream=io.StringIO()).run(suite)

    return run


def messages():
    """Building and parsing e-mail messages with attachments."""
    import email
    import email.policy
    from email.message import EmailMessage

    def run():
        message = EmailMessage()
        message["Subject"] = "Żółw and other animals " * 4
        message["From"] = "Someone <someone@example.org>"
        message["To"] = ", ".join(f"Person {i} <person{i}@example.org>" for i in range(25))
        message.set_content("Hello — this is text.\n" * 40)
        message.add_alternative("<p>Hello</p>" * 40, subtype="html")
        for i in range(3):
            message.add_attachment(bytes(range(256)) * 8, maintype="image", subtype="png", filename=f"{i}.png")
        parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        for part in parsed.walk():
            part.get_content_type()
            part.get_filename()
        [str(address) for address in parsed["To"].addresses]

    return run


def archives():
    """Writing and reading zip and tar archives, hashing and pickling what is in them."""
    import hashlib
    import io
    import pickle
    import tarfile
    import zipfile

    def run():
        blocks = {f"directory/file{i}.txt": (f"line {i}\n" * (i * 5)).encode() for i in range(60)}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, block in blocks.items():
                archive.writestr(zipfile.ZipInfo(name), block)
        with zipfile.ZipFile(packed) as archive:
            for info in archive.infolist():
                hashlib.sha256(archive.read(info)).hexdigest()
        taped = io.BytesIO()
        with tarfile.open(fileobj=taped, mode="w:gz") as archive:
            for name, block in blocks.items():
                info = tarfile.TarInfo(name)
                info.size = len(block)
                archive.addfile(info, io.BytesIO(block))
        taped.seek(0)
        with tarfile.open(fileobj=taped) as archive:
            for info in archive:
                archive.extractfile(info).read()
        out = io.BytesIO()
        pickle._Pickler(out).dump([blocks, list(blocks), {"a": [blocks]}])
        out.seek(0)
        pickle._Unpickler(out).load()

    return run
