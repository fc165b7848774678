"""Large recordings in binary formats, as the tools that the functions name write them."""

import gzip
import marshal
import pickle
import shutil
import struct
import subprocess
import sys
import tracemalloc
import types

import make_profile
from program import LINES, Program, Truth, common


def number(value):
    """Seven bits a byte, the lowest first (LEB128)."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)


def compressed(data):
    """A zstd stream, by the program of this name."""
    if not shutil.which("zstd"):
        sys.exit("zstd is missing: apt-get install zstd")
    return subprocess.run(["zstd", "-3", "--stdout"], input=data, stdout=subprocess.PIPE, check=True).stdout


def line_profiler(path, megabytes):
    """kernprof -l of line_profiler 5.1: a pickle of functions with their lines."""
    module = types.ModuleType("line_profiler.line_profiler")
    kind = type("LineStats", (), {"__module__": module.__name__})
    module.LineStats = kind
    sys.modules |= {"line_profiler": types.ModuleType("line_profiler"), module.__name__: module}
    stats, hits = kind(), 0
    stats.timings = {}
    functions = int(megabytes * 1e6 / 310)
    for function in range(functions):
        file = f"/srv/webapp/lib/python3.13/site-packages/module_{function // 20}.py"
        begin = 10 + function % 20 * 40
        rows = [(begin + line, 1000 + function % 30 + line, 3445 + line * function) for line in range(24)]
        hits += sum(row[1] for row in rows)
        stats.timings[file, begin, f"function_{function}"] = rows
    stats.unit = 1e-9
    with open(path, "wb") as file:
        pickle.dump(stats, file, protocol=pickle.HIGHEST_PROTOCOL)
    return {"lines": {"Hits": hits}}


def tracemalloc_snapshot(path, megabytes):
    """Snapshot.dump, by Python itself: blocks with 25 lines each; those of one place share them."""
    program = Program()
    places = [(file, line) for file, _, line, _ in program.places()]
    made, blocks, size, total = {}, [], 0, 0
    for at, node in enumerate(program.samples()):
        if node not in made:
            # Python's own, so each place is a pair of its own in every traceback.
            made[node] = tuple((places[frame][0], places[frame][1]) for frame in program.stack(node)[:-26:-1])
            size += len(made[node]) * 8
        block = 64 + at % 70_001
        total += block
        blocks.append((0, block, made[node], program.depth[node]))
        size += 14
        if size > megabytes * 1e6:
            break
    tracemalloc.Snapshot(tuple(blocks), 25).dump(str(path))
    return {"total": total, "measures": {"Blocks": len(blocks)}}


def pstats(path, megabytes):
    """python -m cProfile -o: a dictionary of functions, each with its callers."""
    stats = make_profile.make(int(megabytes * 4600))
    path.write_bytes(marshal.dumps(stats))
    return {"functions": len(stats), "calls": sum(calls for _, calls, *_ in stats.values())}


def tachyon(path, megabytes, pack=lambda samples: samples, packed=0):
    """python3.15 -m profiling.sampling run --binary: records of how a thread's stack changed, and tables behind them."""
    program = Program()
    truth = Truth(program)
    strings = {}
    frames = bytearray()
    for file, name, line, _ in program.places():
        ids = [strings.setdefault(text, len(strings)) for text in (file, name)]
        # The end of the line and the columns as differences, with their sign in the lowest bit; no opcode.
        frames += number(ids[0]) + number(ids[1]) + number(line * 2) + number(0) + number(8) + number(46) + b"\xff"
    numbers = [number(frame) for frame in range(len(program.frame_line))]
    samples, count, repeats = bytearray(), 0, 0
    head = struct.pack("<QI", 23931, 0)
    before, last = [], -1

    def repeat():
        nonlocal samples
        if repeats:
            samples += head + b"\0" + number(repeats) + (number(1000) + b"\x03") * repeats

    for node in program.samples():
        count += 1
        truth.add(node, 1)
        if node == last:
            repeats += 1
            continue
        repeat()
        repeats, last = 0, node
        stack = program.path(node)
        kept = common(before, stack)
        new = b"".join(numbers[program.frame[one]] for one in reversed(stack[kept:]))
        samples += head + b"\3" + number(1000) + b"\x03" + number(len(before) - kept) + number(len(stack) - kept) + new
        before = stack
        if len(samples) > megabytes * 1e6:
            break
    texts = b"".join(number(len(text.encode())) + text.encode() for text in strings)
    unpacked = len(samples)
    samples = pack(bytes(samples))
    strings_at = 64 + len(samples)
    frames_at = strings_at + len(texts)
    places = (strings_at, frames_at, packed, 73)
    header = b"HCAT" + struct.pack("<I4BQQQIQQII", 1, 3, 15, 2, 0, 1066431991460, 1000, count, 1, *places)
    size = frames_at + len(frames) + 32
    footer = struct.pack("<IIQQQ", len(strings), len(program.frame_line), size, 0, 0)
    path.write_bytes(header + samples + texts + bytes(frames) + footer)
    return truth.of(unpacked=size - len(samples) + unpacked)


def tachyon_zstd(path, megabytes):
    """The same, compressed, as it is by default."""
    return tachyon(path, megabytes, compressed, 1)


def mojo_number(value):
    """Six bits and a sign in the first byte, seven in each of the others."""
    first = value & 63
    value >>= 6
    return bytes([first | 128]) + number(value) if value else bytes([first])


def mojo(path, megabytes):
    """austin 4.0: texts and frames where they are first met, then each sample's frames by their keys."""
    program = Program()
    truth = Truth(program)
    places = program.places()
    keys = [mojo_number(0x7F00_0000 + frame // LINES * 4096 * 37 + frame % LINES) for frame in range(len(places))]
    references = [b"\5" + key for key in keys]
    known, strings, data, made = set(), {}, bytearray(), {}
    data += b"MOJ\3\1austin\x004.0.0\0\1interval\x005000\0\1mode\0wall\0\1python\x003.14.10\0"
    thread = b"\2" + mojo_number(30522) + b"\x00773a\0"

    def text(value):
        if value not in strings:
            strings[value] = mojo_number(0x5500_0000 + len(strings) * 48)
            data.extend(b"\x0b" + strings[value] + value.encode() + b"\0")
        return strings[value]

    for at, node in enumerate(program.samples()):
        micros = 5000 + at % 377
        truth.add(node, micros)
        data += thread
        if node not in made:
            stack = program.stack(node)
            for frame in stack:
                if frame not in known:
                    known.add(frame)
                    file, name, line, _ = places[frame]
                    file, name = text(file), text(name)
                    where = mojo_number(line) * 2 + mojo_number(5) + mojo_number(28)
                    data += b"\3" + keys[frame] + file + name + where
            made[node] = b"".join(references[frame] for frame in stack)
        data += made[node] + b"\t" + mojo_number(micros)
        if len(data) > megabytes * 1e6:
            break
    path.write_bytes(data)
    return truth.of(1e-6)


# ddtrace's types and units, in its order; nothing is 0 in the first two.
TYPES = ["cpu-time", "cpu-samples", "wall-time", "wall-samples", "exception-samples", "lock-acquire", "lock-acquire-wait"]
TYPES += ["lock-release", "lock-release-hold", "alloc-samples", "alloc-space", "heap-space", "gpu-time", "gpu-samples"]
TYPES += ["gpu-alloc-samples", "gpu-space", "gpu-flops", "gpu-flops-samples", "in-use"]
UNITS = {"time": "nanoseconds", "wait": "nanoseconds", "hold": "nanoseconds", "space": "bytes"}


def field(key, content):
    return number(key << 3 | 2) + number(len(content)) + content


def numeric(key, value):
    return number(key << 3) + number(value)


def pprof_bytes(megabytes):
    """What DD_PROFILING_OUTPUT_PPROF makes ddtrace write: samples first, 19 values and labels each."""
    program = Program()
    truth = Truth(program)
    strings = {"": 0}

    def text(value):
        return strings.setdefault(value, len(strings))

    names = ("local root span id", "thread id", "thread native id", "thread name", "end_timestamp_ns")
    labels = [text(name) for name in names]
    fixed = [
        field(3, numeric(1, labels[1]) + numeric(3, 139953097395072 + thread))
        + field(3, numeric(1, labels[2]) + numeric(3, 30515 + thread))
        + field(3, numeric(1, labels[3]) + numeric(2, text(f"worker-{thread}")))
        for thread in range(4)
    ]
    numbers = [number(frame + 1) for frame in range(len(program.frame_line))]
    zeros = bytes(len(TYPES) - 4)
    made, data, wall = {}, bytearray(), 0
    for at, node in enumerate(program.samples()):
        nanos = 10_000_000 + at % 7919
        truth.add(node, nanos)
        if node not in made:
            made[node] = field(1, b"".join(numbers[frame] for frame in reversed(program.stack(node))))
        values = number(nanos // 2) + b"\1" + number(nanos) + b"\1" + zeros
        wall += nanos
        stamp = field(3, numeric(1, labels[4]) + numeric(3, 1795906021 * 10**9 + at * 10**7))
        data += field(2, made[node] + field(2, values) + fixed[at % 4] + stamp)
        if len(data) > megabytes * 1e6:
            break
    for name in TYPES:
        unit = UNITS.get(name.rsplit("-", 1)[-1], "count")
        data += field(1, numeric(1, text(name)) + numeric(2, text(unit)))
    for frame, (_, _, line, _) in enumerate(program.places()):
        data += field(4, numeric(1, frame + 1) + field(4, numeric(1, frame // LINES + 1) + numeric(2, line)))
    for function, (file, name, *_) in enumerate(program.places()[::LINES]):
        data += field(5, numeric(1, function + 1) + numeric(2, text(name)) + numeric(4, text(file)))
    for value in strings:
        data += field(6, value.encode())
    return bytes(data), truth.of(1e-9)


def pprof(path, megabytes):
    """Plain."""
    data, truth = pprof_bytes(megabytes)
    path.write_bytes(data)
    return truth


def pprof_gzip(path, megabytes):
    """As most tools write it."""
    data, truth = pprof_bytes(megabytes)
    path.write_bytes(gzip.compress(data, 6))
    return truth | {"unpacked": len(data)}


def pprof_zstd(path, megabytes):
    """As ddtrace writes it."""
    data, truth = pprof_bytes(megabytes)
    path.write_bytes(compressed(data))
    return truth | {"unpacked": len(data)}
