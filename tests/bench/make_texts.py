"""Large recordings in the formats that are lines of text, as the tools that the functions name write them."""

import random
from itertools import islice

from program import LINES, Program, Truth


class Lines:
    """Writes a file up to a size, in few large pieces."""

    def __init__(self, path, megabytes):
        self.file, self.left, self.waiting = open(path, "w", encoding="utf-8"), megabytes * 1e6, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.write("".join(self.waiting))
        self.file.close()

    def write(self, text):
        """False once the size is reached."""
        self.waiting.append(text)
        self.left -= len(text)
        if len(self.waiting) > 5000:
            self.file.write("".join(self.waiting))
            self.waiting.clear()
        return self.left > 0


def collapsed(path, megabytes):
    """py-spy record -f raw: each stack once, in the order of a table of hashes."""
    program = Program()
    truth = Truth(program)
    text = program.texts([f"{name} ({file}:{line})" for file, name, line, _ in program.places()], ";")
    nodes = list(range(1, len(program.parent)))
    random.Random(3).shuffle(nodes)
    with Lines(path, megabytes) as lines:
        for node in nodes:
            count = 1 + node % 40
            truth.add(node, count)
            if not lines.write(f"{text(node)} {count}\n"):
                break
    return truth.of()


def austin(path, megabytes):
    """austin 3.7 of two threads: each sample a line, with the lines that ran and microseconds."""
    program = Program()
    truth = Truth(program)
    text = program.texts([f"{file}:{name}:{line}" for file, name, line, _ in program.places()], ";")
    with Lines(path, megabytes) as lines:
        lines.write("# austin: 3.7.0\n# interval: 5000\n# mode: wall\n\n")
        for at, node in enumerate(program.samples()):
            micros = 5000 + at % 377
            truth.add(node, micros)
            if not lines.write(f"P30504;T0:{30504 + at % 2};{text(node)} {micros}\n"):
                break
    return truth.of(1e-6)


def importtime(path, megabytes):
    """python -X importtime: a tree of modules, each behind those that it imported."""
    dice = random.Random(4)
    total, depth, at = 0, 0, 0
    with Lines(path, megabytes) as lines:
        lines.write("import time: self [us] | cumulative | imported package\n")
        more = True
        # What has been imported at each depth, and waits for its importer.
        waiting = [0] * 60
        while more or depth > 0:
            depth = max(depth - 1, 0) if not more or dice.random() < 0.6 else dice.randrange(depth, min(depth + 6, 50))
            own = int(dice.expovariate(0.003)) + 1
            total += own
            cumulative = own + sum(waiting[depth + 1 :])
            waiting[depth + 1 :] = [0] * (59 - depth)
            waiting[depth] += cumulative
            name = f"package_{at % 997}.module_{at}"
            more = lines.write(f"import time: {own:9} | {cumulative:10} | {'  ' * depth}{name}\n") and more
            at += 1
    return {"total": total * 1e-6, "calls": at}


def flows(functions):
    """A graph of calls without circles: per function what it has itself, and its callees with calls and costs."""
    dice = random.Random(6)
    incoming = [0] * functions
    incoming[0] = 10**15
    for function in range(functions):
        last = functions - function - 1
        callees = sorted({function + 1 + min(int(dice.expovariate(1 / 300)), last - 1) for _ in range(6)}) if last else []
        if function + 1 < functions and incoming[function + 1] == 0 and callees:
            callees = sorted({function + 1, *callees})
        own = incoming[function] // 50 if callees else incoming[function]
        rest = incoming[function] - own
        costs = [rest // len(callees) for _ in callees]
        if costs:
            costs[0] += rest - sum(costs)
        for callee, cost in zip(callees, costs):
            incoming[callee] += cost
        yield function, own, [(callee, 1 + callee % 90, cost) for callee, cost in zip(callees, costs)]


def place_of(function):
    return f"/srv/webapp/lib/python3.13/site-packages/package_{function % 61}/module_{function % 997}.py", 10 + function % 900


def callgrind(path, megabytes):
    """pyprof2calltree: files and functions by name, nanoseconds."""
    functions = int(megabytes * 1100)
    with Lines(path, megabytes * 10) as lines:
        lines.write(f"event: ns : Nanoseconds\nevents: ns\nsummary: {10**15}\n")
        for function, own, calls in flows(functions):
            file, line = place_of(function)
            lines.write(f"fl={file}\nfn=function_{function}\n{line} {own}\n")
            for callee, count, cost in calls:
                file_of, begins = place_of(callee)
                lines.write(f"cfl={file_of}\ncfn=function_{callee}\ncalls={count} {begins}\n{line} {cost}\n")
            lines.write("\n")
    return {"total": 1e6, "functions": functions}


def callgrind_yappi(path, megabytes):
    """yappi's save(type="callgrind"): numbers in place of names, which stand first; microseconds."""
    functions = int(megabytes * 2000)
    with Lines(path, megabytes * 10) as lines:
        lines.write("version: 1\ncreator: yappi\npid: 21021\ncmd:  app.py\npart: 1\n\nevents: Ticks\n\n")
        for function in range(functions):
            lines.write(f"fl=({function}) {place_of(function)[0]}\n")
        for function in range(functions):
            file, line = place_of(function)
            lines.write(f"fn=({function}) function_{function} {file}:{line}\n")
        for function, own, calls in flows(functions):
            _, line = place_of(function)
            lines.write(f"\nfl=({function})\nfn=({function})\n{line} {own}\n")
            for callee, count, cost in calls:
                lines.write(f"cfl=({callee})\ncfn=({callee})\ncalls={count} 0\n0 {cost}\n")
    return {"total": 1e9, "functions": functions}


NATIVE = ["_PyEval_EvalFrameDefault", "_PyObject_MakeTpCall", "[unknown]", "PyObject_Vectorcall"]


def perf_script(path, megabytes):
    """perf script of a Python with -X perf: four frames of the interpreter between two of Python's."""
    program = Program()
    truth = Truth(program)
    native = "".join(f"\t          {0x355aa4 + n:x} {name}+0x{n}1 (/usr/bin/python3.15)\n" for n, name in enumerate(NATIVE))
    frames = [
        f"\t    7f3f{frame // LINES:08x} py::{name}:{file}+0xa (/tmp/perf-30402.map)\n{native}"
        for frame, (file, name, *_) in enumerate(program.places())
    ]
    made = {}
    samples = 0
    with Lines(path, megabytes) as lines:
        for at, node in enumerate(program.samples()):
            truth.add(node, 2_004_008)
            samples += 1
            if node not in made:
                made[node] = "".join(frames[frame] for frame in reversed(program.stack(node)))
            head = f"python3.15 30402  {1736.76 + at * 0.002004008:.6f}:    2004008 cpu-clock:ppp: \n"
            if not lines.write(f"{head}{made[node]}\n"):
                break
    return truth.of(1e-9)


def memray_csv(path, megabytes):
    """memray transform csv: a line an allocator, thread and stack, the innermost frame first."""
    program = Program()
    truth = Truth(program)
    text = [f"{name};{file};{line}" for file, name, line, _ in program.places()]
    allocations, at = 0, 0
    with Lines(path, megabytes) as lines:
        lines.write("allocator,num_allocations,size,tid,thread_name,stack_trace\n")
        for node in islice(program.samples(), 10**7):
            at += 1
            count, size = 1 + at % 13, 512 + at % 7001
            truth.add(node, size)
            allocations += count
            stack = "|".join(text[frame] for frame in reversed(program.stack(node)))
            if not lines.write(f"MALLOC,{count},{size},{1 + at % 2},0x{1 + at % 2},{stack}\n"):
                break
    return truth.of(measures={"Memory": truth.total, "Allocations": allocations})


def memory_profiler(path, megabytes):
    """mprof run --include-children --multiprocess, and functions with @profile."""
    dice = random.Random(8)
    memory, at, points = 24.0, 1795905124.0, 0
    with Lines(path, megabytes) as lines:
        for call in range(2000):
            lines.write(f"FUNC shop.function_{call % 7} {memory:.4f} {at + call:.4f} {memory + 1:.4f} {at + call + 1:.4f} 0\n")
        lines.write("CMDLINE /srv/webapp/bin/python app.py\n")
        while True:
            at += 0.1
            memory = max(20.0, memory + dice.uniform(-1, 1.01))
            points += 1
            lines.write(f"MEM {memory:.6f} {at:.4f}\n")
            if not lines.write("".join(f"CHLD {30086 + child} {memory / 2:.6f} {at:.4f}\n" for child in range(3))):
                break
    return {"points": 4 * points}


def tachyon_jsonl(path, megabytes):
    """python3.15 -m profiling.sampling run --jsonl: texts, frames, and what each frame has, in pieces of 256."""
    program = Program()
    run = '"v":0,"run_id":"eee8b19f040c4d96b90ca09414a3e7f7"'
    # A frame has 230 bytes: its place, with columns, and what it has.
    functions = int(megabytes * 1e6 / 165) // 4 * 4
    names = [f"method_{n}" for n in range(functions // 4)]
    own = [n % 5 * 3 for n in range(functions)]

    def piece(kind, key, items, more=""):
        return f'{{"type":"{kind}",{run}{more},"{key}":[{",".join(items)}]}}\n'

    with Lines(path, megabytes * 10) as lines:
        lines.write(f'{{"type":"meta",{run},"sample_interval_usec":1000,"mode":"wall"}}\n')
        texts = [f'{{"str_id":{n},"value":"{text}"}}' for n, text in enumerate([*program.files, *names])]
        for begin in range(0, len(texts), 256):
            lines.write(piece("string_table", "strings", texts[begin : begin + 256]))
        for begin in range(0, functions, 256):
            frames = (
                f'{{"frame_id":{n},"path_str_id":{n // 40 % len(program.files)},"func_str_id":{len(program.files) + n // 4},'
                f'"line":{10 + n % 900},"end_line":{10 + n % 900},"col":4,"end_col":{27 + n % 20}}}'
                for n in range(begin, min(begin + 256, functions))
            )
            lines.write(piece("frame_table", "frames", frames))
        total = sum(own)
        more = f',"kind":"frame","scope":"final","samples_total":{total}'
        for begin in range(0, functions, 256):
            entries = (
                f'{{"frame_id":{n},"self":{own[n]},"cumulative":{own[n] + n % 11}}}'
                for n in range(begin, min(begin + 256, functions))
            )
            lines.write(piece("agg", "entries", entries, more))
        lines.write(f'{{"type":"end",{run},"samples_total":{total}}}\n')
    return {"total": total, "functions": len(names)}

