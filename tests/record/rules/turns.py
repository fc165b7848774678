"""What takes turns where it need not, and what is done again at once; and what looks like it."""

import os
import signal
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

LOCK = threading.Lock()
ROWS = [(number % 5, number * 7 % 101) for number in range(60_000)]


class Prices(BaseHTTPRequestHandler):
    """A server that takes its time."""

    def do_GET(self):
        time.sleep(float(self.path.rpartition("/")[2]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"19")

    def log_message(self, *arguments):
        pass


class Server:
    """It in another process, that ends with the block."""

    def __enter__(self):
        from http.server import ThreadingHTTPServer

        with ThreadingHTTPServer(("127.0.0.1", 0), Prices) as server:
            self.address = "http://127.0.0.1:%d/" % server.server_address[1]
            self.child = os.fork()
            if not self.child:
                try:
                    server.serve_forever()
                finally:
                    os._exit(0)
        return self

    def __exit__(self, *error):
        os.kill(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)


def price(address, seconds=0.06):
    with urllib.request.urlopen(f"{address}{seconds}") as answer:
        return int(answer.read())


def warm(pool, started):
    """All of its threads begin."""
    for _ in pool.map(lambda _: started.wait(), range(4)):
        pass


def with_threads(work):
    """`work(address, pool)`, recorded beside a pool of four threads that have begun."""

    def case(server):
        with ThreadPoolExecutor(4) as pool:
            warm(pool, threading.Barrier(4))
            return work(server, pool)

    return case


def ask_in_turn(address, pool):
    return [price(address) for _ in range(6)]


def ask_at_once(address, pool):
    return list(pool.map(price, [address] * 6))


def ask_once(address, pool):
    return price(address, 0.3)


def price_alone(address):
    # Not `with LOCK`: tracers do not see that it waits.
    LOCK.acquire()
    try:
        return price(address)
    finally:
        LOCK.release()


def ask_under_a_lock(address, pool):
    return list(pool.map(price_alone, [address] * 6))


def count(until):
    return sum(number & 3 for number in range(until))


def wait_for_the_other(address, pool):
    """One thread computes, the other waits for it."""
    return [pool.submit(count, 1_500_000).result() for _ in range(3)]


def poll_for_the_other(address, pool):
    """Sleeps, and looks again: others sleep on purpose."""
    until = time.monotonic() + 0.4
    while time.monotonic() < until:
        time.sleep(0.05)


def totals(rows):
    """By region."""
    return {region: added(region, rows) for region in range(5)}


def added(region, rows):
    total = 0
    for one, amount in rows:
        if one == region:
            total += amount
    return total


def report_again_and_again():
    """The same sums for each line."""
    return [f"{region}: {totals(ROWS)[region]}" for region in range(5)]


def report_once():
    sums = totals(ROWS)
    return [f"{region}: {sums[region]}" for region in range(5)]


def report_of_parts():
    """Other rows each time, and more of them."""
    return [totals(ROWS[: 12_000 * (part + 1)]) for part in range(5)]


def parts():
    for _ in range(6):
        yield totals(ROWS)


def report_of_a_generator():
    """It goes on where it was: that is no call again."""
    found = []
    for part in parts():
        found.append(part)
    return found


WITH_THREADS = {
    "ask_in_turn": ask_in_turn,
    "ask_at_once": ask_at_once,
    "ask_once": ask_once,
    "ask_under_a_lock": ask_under_a_lock,
    "wait_for_the_other": wait_for_the_other,
    "poll_for_the_other": poll_for_the_other,
}
