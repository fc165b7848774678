"""Six levels of recursion of 0.05 s each, and 0.1 s beside them: a run of 0.4 s."""
import time


def burn(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def rec(level):
    burn(0.05)
    if level:
        rec(level - 1)


def main():
    rec(5)
    burn(0.1)


if __name__ == "__main__":
    main()
