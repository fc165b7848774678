"""Burns 0.1 s, sleeps 0.3 s in C, sorts in C."""
import time


def burn(seconds):
    end = time.time() + seconds
    n = 0
    while time.time() < end:
        for i in range(200):
            n += i
    return n


def nap():
    time.sleep(0.3)


def sorter():
    for _ in range(20):
        sorted(range(200000, 0, -1))


def main():
    burn(0.1)
    nap()
    sorter()
