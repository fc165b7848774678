"""Own code that does what the rules about profiles speak of, and what they must not be taken in by."""

import asyncio
import copy
import fcntl
import hashlib
import io
import json
import logging
import multiprocessing.pool
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

PRICES = {str(key): [key, key * 1.19, f"article {key}"] for key in range(2000)}
LOG = logging.getLogger("shop")


# Waiting.


def wait_for_stock():
    for _ in range(6):
        time.sleep(0.05)


def wait_for_worker():
    done = threading.Event()
    threading.Timer(0.3, done.set).start()
    done.wait()


def run_program():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], capture_output=True, check=True)


def use_pool():
    with multiprocessing.pool.Pool(1) as pool:
        pool.map(time.sleep, [0.3])


async def ask_others():
    await asyncio.gather(*(asyncio.sleep(0.3) for _ in range(3)))


def run_loop():
    asyncio.run(ask_others())


def check_output():
    """By one pipe, that Python reads: no poll."""
    for _ in range(3):
        subprocess.check_output([sys.executable, "-c", "import time; time.sleep(0.1)"])


def lock_file():
    """Another process has the lock for a while."""
    with tempfile.NamedTemporaryFile() as file:
        child = os.fork()
        if not child:
            with open(file.name) as other:
                fcntl.flock(other, fcntl.LOCK_EX)
                time.sleep(0.4)
            os._exit(0)
        time.sleep(0.05)
        fcntl.flock(file, fcntl.LOCK_EX)
        os.waitpid(child, 0)


def serve(answer, pause, requests, seconds):
    """An HTTP server that another process asks now and then, and that ends after a while."""
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = answer()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    class Stop(Exception):
        pass

    def stop(*arguments):
        raise Stop

    ask = f"time.sleep({pause}); urllib.request.urlopen(sys.argv[1]).read()\n"
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        signal.signal(signal.SIGALRM, stop)
        client = "import sys, time, urllib.request\n" + ask * requests
        address = "http://127.0.0.1:%d/" % server.server_address[1]
        child = subprocess.Popen([sys.executable, "-c", client, address])
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            server.serve_forever()
        except Stop:
            child.wait()


def idle_server():
    """A server of three quick requests, that waits in between."""
    serve(lambda: json.dumps(PRICES).encode(), pause=0.3, requests=3, seconds=1.5)


def sleepy_server():
    """A server whose requests sleep, and that waits in between."""

    def answer():
        time.sleep(0.15)
        return b""

    serve(answer, pause=0.2, requests=4, seconds=2.2)


def read_pipe():
    """By the pipe itself, which nobody of Python's library waits for."""
    command = [sys.executable, "-c", "import time; time.sleep(0.4)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        return child.stdout.read()


def ask_database():
    """By a driver that is written in Python: it waits in Python's own socket module."""
    import pymysql

    with pymysql.connect(host="127.0.0.1", port=int(os.environ["RULES_MYSQL_PORT"]), user="shop_web") as connection:
        cursor = connection.cursor()
        for _ in range(4):
            cursor.execute("SELECT SLEEP(0.1)")


def ask_server():
    """A server that takes its time, by HTTP."""
    import http.client
    import http.server

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(0.1)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Slow) as server:
        # Not a thread of this process: that would be recorded as well.
        child = os.fork()
        if not child:
            server.serve_forever()
        try:
            for _ in range(4):
                connection = http.client.HTTPConnection(*server.server_address)
                connection.request("GET", "/")
                connection.getresponse().read()
        finally:
            os.kill(child, signal.SIGKILL)


# Costly calls of libraries.


def read_prices():
    """`load` calls `loads`: the same work, seen twice."""
    text = json.dumps(PRICES)
    return [len(json.load(io.StringIO(text))) for _ in range(60)]


def read_prices_between_sums():
    """Reads once, and has a loop of its own that has nothing to do with it."""
    text = json.dumps(PRICES)
    prices = [json.loads(text) for _ in range(20)]
    total = 0
    for number in range(3_000_000):
        total += number & 3
    return total + len(prices)


def encode_prices():
    encoder = json.JSONEncoder(indent=1)
    return [len(encoder.encode(PRICES)) for _ in range(10)]


def encode_simply():
    import simplejson

    return [len(simplejson.dumps(PRICES, indent=1)) for _ in range(10)]


def hash_plainly():
    return hashlib.pbkdf2_hmac("sha256", b"secret", b"salt", 600_000).hex()


def hash_scrypt():
    return hashlib.scrypt(b"secret", salt=b"salt", n=2**14, r=8, p=4, maxmem=2**26).hex()


def hash_bcrypt():
    import bcrypt

    return bcrypt.checkpw(b"secret", bcrypt.hashpw(b"secret", bcrypt.gensalt(11)))


def hash_argon2():
    from argon2 import PasswordHasher

    return [PasswordHasher(time_cost=6).hash("secret") for _ in range(3)]


def hash_werkzeug():
    from werkzeug.security import check_password_hash, generate_password_hash

    return check_password_hash(generate_password_hash("secret"), "secret")


def log_nothing():
    """The level is off: each call costs nonetheless."""
    LOG.setLevel(logging.WARNING)
    for number in range(100_000):
        LOG.debug("price %s", number)


def log_with_structlog():
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(io.StringIO()))
    log = structlog.get_logger()
    for number in range(3000):
        log.info("price", number=number)


def log_with_loguru():
    from loguru import logger

    logger.remove()
    logger.add(io.StringIO())
    for number in range(3000):
        logger.info("price {}", number)


# Many calls.


def numbers(count):
    for number in range(count):
        yield number


def numbers_generated():
    return sum(numbers(1_000_000))


def sum_expression():
    return sum(number * number for number in range(1_000_000))


def sum_with_lambda():
    key = lambda number: -number
    return sorted(range(300_000), key=key)[0]


def append_numbers():
    found = []
    for number in range(400_000):
        found.append(number)
    return found


def search_list():
    known = list(range(3000))
    return [known.index(number) for number in range(3000)]


def print_many():
    with open(os.devnull, "w") as file:
        for number in range(60_000):
            print(number, number * 1.19, file=file)


def deep_copies():
    return [copy.deepcopy(PRICES) for _ in range(3)]


# What libraries do for own code.


def imports_late():
    import http.server
    import xml.dom.minidom
    import unittest.mock

    return http.server, xml.dom.minidom, unittest.mock


def imports_later():
    import importlib

    return [importlib.import_module(name) for name in ("tarfile", "imaplib", "turtle", "xmlrpc.client")]
