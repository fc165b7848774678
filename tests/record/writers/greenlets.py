"""Three greenlets side by side, none of which calls itself."""
import time

import gevent


def burn(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def view():
    burn(0.02)
    gevent.sleep(0.1)
    burn(0.02)


def main():
    gevent.joinall([gevent.spawn(view) for _ in range(3)])
