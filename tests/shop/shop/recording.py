"""Records requests as a developer would: cProfile for the code, django.db.backends for the SQL."""

import cProfile
import logging
import marshal
import sys
import sysconfig
from contextlib import contextmanager
from logging.handlers import MemoryHandler
from pathlib import Path

from django.conf import settings
from django.db import connection
from pythonjsonlogger.json import JsonFormatter

SQL_LOGGER = "django.db.backends"
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def formatters():
    """The forms of the SQL log by how the names of their files end."""
    return {
        "sql.log": logging.Formatter(TEXT),
        # `duration` and `timestamp` at full precision; the text form rounds to milliseconds.
        "sql.jsonl": JsonFormatter("%(levelname)s %(name)s %(message)s", timestamp=True),
    }


@contextmanager
def sql_log(prefix):
    """Logs the block's SQL to files that begin with prefix.

    The records are kept until the block ends: a profile of it then holds what logging itself costs,
    but neither the formatting nor the writing.
    """
    logger = logging.getLogger(SQL_LOGGER)
    handlers = []
    for ending, formatter in formatters().items():
        target = logging.FileHandler(f"{prefix}{ending}", mode="w", encoding="utf-8")
        target.setFormatter(formatter)
        handlers.append(
            MemoryHandler(capacity=1_000_000, flushLevel=logging.CRITICAL + 1, target=target)
        )
    before = logger.level, logger.propagate, connection.force_debug_cursor
    for handler in handlers:
        logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    connection.force_debug_cursor = True
    try:
        yield
    finally:
        level, logger.propagate, connection.force_debug_cursor = before
        logger.setLevel(level)
        for handler in handlers:
            logger.removeHandler(handler)
            handler.flush()
            handler.target.close()
            handler.close()


def profiled(function, *arguments):
    """What the function returns, and its cProfile."""
    profile = cProfile.Profile()
    result = profile.runcall(function, *arguments)
    profile.create_stats()
    return result, profile.stats


def dump_stats(stats, path, places=None):
    """Writes what Profile.dump_stats writes, with this machine's directories made neutral."""
    places = places or NeutralPaths(shop_places())
    neutral = {
        places.function(function): (
            *numbers,
            {places.function(caller): edge for caller, edge in callers.items()},
        )
        for function, (*numbers, callers) in stats.items()
    }
    Path(path).write_bytes(marshal.dumps(neutral))


def shop_places():
    """The directories of a recording of the shop, and what is written in their place."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = f"/srv/venv/lib/{version}/site-packages/"
    return [
        # Stands for an installed package: see its docstring.
        (f"{settings.BASE_DIR}/latency/", f"{packages}latency/"),
        (f"{settings.BASE_DIR}/", "/srv/shop/"),
        (f"{settings.BASE_DIR.parents[1]}/recorder/", "/srv/shop/"),
        (f"{sysconfig.get_path('purelib')}/", packages),
        (f"{sysconfig.get_path('stdlib')}/", f"/usr/lib/{version}/"),
    ]


class NeutralPaths:
    def __init__(self, prefixes):
        self.prefixes = prefixes
        self.known = {}

    def function(self, function):
        """One tuple for each function, as cProfile has it: marshal then writes it once."""
        if function not in self.known:
            file, line, name = function
            self.known[function] = self.path(file), line, name
        return self.known[function]

    def path(self, file):
        if file not in self.known:
            prefix = next((pair for pair in self.prefixes if file.startswith(pair[0])), None)
            self.known[file] = prefix[1] + file.removeprefix(prefix[0]) if prefix else file
        return self.known[file]
