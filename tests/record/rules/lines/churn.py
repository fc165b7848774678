"""Reads a file of prices in a loop. As it is, each turn copies all that was read, and lets it go; with `clean` it
reads into one buffer."""

import io
import sys

TURNS = 120
SIZE = 4 << 20


def copied(file):
    total = 0
    for _ in range(TURNS):
        file.seek(0)
        chunk = file.read(SIZE) + b"\n"
        total += sum(chunk[::65536])
    return total


def in_place(file, buffer):
    total = 0
    for _ in range(TURNS):
        file.seek(0)
        file.readinto(buffer)
        total += sum(buffer[::65536])
    return total


def main(clean):
    file = io.BytesIO(bytes(SIZE))
    if clean:
        return in_place(file, bytearray(SIZE))
    return copied(file)


if __name__ == "__main__":
    print(main("clean" in sys.argv[1:]))
