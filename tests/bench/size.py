#!/usr/bin/env python3
# Size of the built WebAssembly by crate, by module and by function.
#
# usage: ./dev bench size [--functions N] [FILE.wasm ...]
#
# Without a file: what the last `./dev build` left in target/, which still has its names, before wasm-opt
# makes it 5 to 10 % smaller. docs/size.md says what was found.

import gzip
import os
import re
import sys
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")) / "wasm32-unknown-unknown"
BUILT = [
    TARGET / "web" / "app.wasm",
    TARGET / "web-profile-worker" / "profile_worker.wasm",
    TARGET / "web-log-worker" / "log_worker.wasm",
]

IMPORT, CODE, DATA, CUSTOM = 2, 10, 11, 0
FUNCTION_NAMES = 1
# What the compiler appends so that symbols differ.
HASH = re.compile(r"::h[0-9a-f]{16}$|\[[0-9a-f]{6,16}\]")
PATH = re.compile(r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*")


class Reader:
    """https://webassembly.github.io/spec/core/binary/modules.html"""

    def __init__(self, content, at=0):
        self.content, self.at = content, at

    def number(self):
        result = shift = 0
        while True:
            byte = self.content[self.at]
            self.at += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return result

    def byte(self):
        self.at += 1
        return self.content[self.at - 1]

    def text(self):
        length = self.number()
        self.at += length
        return self.content[self.at - length : self.at].decode()

    def limits(self):
        if self.number() & 1:
            self.number()
        self.number()


def sections(content):
    assert content[:4] == b"\0asm", "not WebAssembly"
    reader = Reader(content, 8)
    while reader.at < len(content):
        kind = reader.byte()
        length = reader.number()
        yield kind, content[reader.at : reader.at + length]
        reader.at += length


def imported_functions(section):
    reader, count = Reader(section), 0
    for _ in range(reader.number()):
        reader.text(), reader.text()
        kind = reader.byte()
        if kind == 0:
            reader.number()
            count += 1
        elif kind == 1:
            reader.byte(), reader.limits()
        elif kind == 2:
            reader.limits()
        else:
            reader.byte(), reader.byte()
    return count


def body_sizes(section):
    reader = Reader(section)
    for _ in range(reader.number()):
        length = reader.number()
        reader.at += length
        yield length


def function_names(section):
    reader = Reader(section)
    if reader.text() != "name":
        return {}
    while reader.at < len(section):
        kind, length = reader.byte(), reader.number()
        if kind == FUNCTION_NAMES:
            return {reader.number(): reader.text() for _ in range(reader.number())}
        reader.at += length
    return {}


def functions(content):
    """Name and bytes of each function, and the sizes of code and data, gzipped as well."""
    imported, sizes, names, parts = 0, [], {}, []
    for kind, section in sections(content):
        if kind == IMPORT:
            imported = imported_functions(section)
        elif kind == CODE:
            sizes = list(body_sizes(section))
        elif kind == CUSTOM:
            names |= function_names(section)
        if kind in (CODE, DATA):
            name = "code" if kind == CODE else "data"
            parts.append((name, len(section), len(gzip.compress(section, 6))))
    named = [(HASH.sub("", names.get(imported + at, "?")), size) for at, size in enumerate(sizes)]
    return named, parts


def module(name):
    """`crate::module` a function belongs to; a method of a foreign trait to its type's."""
    path = PATH.search(name.replace("mut ", "").replace("dyn ", ""))
    return "::".join(path[0].split("::")[:2]) if path else "?"


def show(title, sizes, whole, count):
    print(f"\n{title}")
    for name, size in sizes.most_common(count):
        print(f"{size:>9} {100 * size / whole:5.1f} %  {name[:120]}")


def main():
    arguments = sys.argv[1:]
    count = 25
    if arguments[:1] == ["--functions"]:
        count = int(arguments[1])
        arguments = arguments[2:]
    files = [Path(argument) for argument in arguments] or [file for file in BUILT if file.exists()]
    if not files:
        sys.exit("There is nothing to measure: run ./dev build first.")
    for file in files:
        named, parts = functions(file.read_bytes())
        print(f"\n== {file}")
        for name, size, gzipped in parts:
            print(f"{size:>9} bytes, {gzipped:>7} gzipped: {name}")
        whole = sum(size for _, size in named)
        crates, modules, each = Counter(), Counter(), Counter()
        for name, size in named:
            crates[module(name).split("::")[0]] += size
            modules[module(name)] += size
            each[name] += size
        show("by crate", crates, whole, 15)
        show("by module", modules, whole, 30)
        # Of one name are all its monomorphisations.
        show("by function", each, whole, count)


if __name__ == "__main__":
    main()
