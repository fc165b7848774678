"""Collapsed stacks of a made-up program, as large as wanted: stacks of a real depth over shared call sites."""

import argparse
import random

FUNCTIONS = 20_000


def callees(function):
    """What a function calls, the same at each of its call sites: one to five others."""
    return [(function * 7919 + call * 104_729 + 13) % FUNCTIONS for call in range(1 + function % 5)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("output")
    arguments = parser.parse_args()
    rng = random.Random(7)
    names = [f"/srv/app/package_{n % 61}/module_{n % 997}.py:function_{n}:{10 + n % 300}" for n in range(FUNCTIONS)]
    called = [callees(function) for function in range(FUNCTIONS)]
    written = 0
    with open(arguments.output, "w", encoding="ascii") as file:
        while written < arguments.megabytes * 1_000_000:
            function, stack = 0, [names[0]]
            for _ in range(int(min(90, 8 + rng.expovariate(1 / 22)))):
                # The first call is the likeliest, as in programs.
                choice = min(len(called[function]) - 1, int(rng.expovariate(1.2)))
                function = called[function][choice]
                stack.append(names[function])
            line = f"{';'.join(stack)} {1 + int(rng.expovariate(0.2))}\n"
            written += len(line)
            file.write(line)


if __name__ == "__main__":
    main()
