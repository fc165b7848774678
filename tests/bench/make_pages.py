"""Large recordings whose JSON is tables of numbers, alone or in a web page, as the tools that the functions name write
them."""

import gzip
import json
from pathlib import Path

from make_json import nested
from make_texts import Lines
from program import LINES, Program, Truth

DATA = Path(__file__).resolve().parents[1] / "data" / "profiles"


class Strings:
    """Texts by number."""

    def __init__(self):
        self.all, self.ids = [], {}

    def of(self, text):
        if text not in self.ids:
            self.ids[text] = len(self.all)
            self.all.append(text)
        return self.ids[text]


def parts(name, begins, ends):
    """The recorded page in front of its data and behind them."""
    page = gzip.open(DATA / name, "rt", encoding="utf-8").read()
    before, rest = page.split(begins, 1)
    return before + begins, ends + rest.split(ends, 1)[1]


def firefox(path, megabytes):
    """python3.15 -m profiling.sampling run --gecko, of the recorded file: only stacks, frames and samples are more."""
    with gzip.open(DATA / "tachyon-3.15.2.gecko.json.gz", "rt", encoding="utf-8") as file:
        profile = json.load(file)
    [thread] = profile["threads"]
    program = Program()
    truth = Truth(program)
    strings = Strings()
    count, places = len(program.frame_line), program.places()

    def table(old, length, columns):
        """A table of the old one's columns: those that are not given have of each row what the old one's first has."""
        rest = {key: column[:1] * length for key, column in old.items() if isinstance(column, list) and column}
        return {**old, **rest, **columns, "length": length}

    nodes = []
    for node in program.samples():
        truth.add(node, 1)
        nodes.append(node)
        # Of a node, a time with its decimals, a delay.
        if len(nodes) * 30 > megabytes * 1e6 * 0.9:
            break
    times = [round(at * 1.0000225563909773, 6) for at in range(len(nodes))]
    thread["samples"] |= {"stack": nodes, "time": times, "eventDelay": [None] * len(nodes), "length": len(nodes)}
    prefix = [None, *program.parent[1:]]
    thread["stackTable"] = table(thread["stackTable"], len(prefix), {"frame": program.frame, "prefix": prefix})
    functions = count // LINES
    frame_table = {"func": [frame // LINES for frame in range(count)], "line": program.frame_line}
    thread["frameTable"] = table(thread["frameTable"], count, frame_table)
    names = [strings.of(name) for _, name, *_ in places[::LINES]]
    files = [strings.of(file) for file, *_ in places[::LINES]]
    lines = [line for _, _, line, _ in places[::LINES]]
    function_table = {"name": names, "fileName": files, "lineNumber": lines, "resource": [-1] * functions}
    thread["funcTable"] = table(thread["funcTable"], functions, function_table)
    profile["shared"]["stringArray"] = strings.all
    thread.pop("stringArray", None)
    path.write_text(json.dumps(profile, separators=(",", ":")), encoding="utf-8")
    return truth.of()


def scalene(path, megabytes):
    """scalene run -o: lines of many files, stacks of time and of memory."""
    with gzip.open(DATA / "scalene-2.4.0-memory.json.gz", "rt", encoding="utf-8") as file:
        profile = json.load(file)
    [file] = profile["files"].values()
    row = file["lines"][2]
    rows = int(megabytes * 1e6 / 1750 / 1.15)
    share = 100 / rows
    profile["files"] = {}
    for begin in range(0, rows, 200):
        lines = [
            row | {"lineno": line + 1, "line": f"    total += self.price_{line}(order)\n", "n_peak_mb": 10.0,
                   "n_cpu_percent_python": share, "n_cpu_percent_c": 0.0, "n_sys_percent": 0.0}
            for line in range(min(200, rows - begin))
        ]
        shares = {"n_cpu_percent_python": share, "n_cpu_percent_c": 0.0, "n_sys_percent": 0.0}
        functions = [file["functions"][0] | {"line": f"function_{begin}", "lineno": 1} | shares]
        name = f"/srv/webapp/package_{begin % 61}/module_{begin}.py"
        profile["files"][name] = file | {"lines": lines, "functions": functions, "percent_cpu_time": share}
    program = Program()
    text = [f"{file} {name}:{line};" for file, name, line, _ in program.places()]
    stacks, memory = int(megabytes * 20), int(megabytes * 3)
    profile["elapsed_time_sec"] = 100.0
    profile["stacks"] = [
        [[text[frame] for frame in program.stack(node)],
         {"c_time": 0.0, "count": 1, "cpu_samples": 1 / stacks, "python_time": 1 / stacks}]
        for node in range(1, stacks + 1)
    ]
    frame_of = profile["memory_stacks"][0][0][0]
    places = program.places()
    profile["memory_stacks"] = [
        [[frame_of | {"display_name": places[frame][1], "filename_or_module": places[frame][0], "line": places[frame][2]}
          for frame in program.stack(node)], 0.5]
        for node in range(1, memory + 1)
    ]
    path.write_text(json.dumps(profile, indent=4, sort_keys=True), encoding="utf-8")
    return {"total": 100.0, "measures": {"Memory": memory * 0.5 * 1024**2}, "lines": {"Time": 100.0}}


def escaped(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


def memray_tree(program, strings):
    """The columns of a flame graph of memray's, without sums: a root stands above the program's."""
    places = program.places()
    ids = [
        (strings.of(file), strings.of(escaped(name)), line, strings.of(f"{escaped(name)} at {file}:{line}"))
        for file, name, line, _ in places
    ]
    root = [strings.of(text) for text in ("<root>", "<b>memray</b>")]
    thread = strings.of("0x1")
    of = [ids[frame] for frame in program.frame]
    flags = [1] * (len(of) + 1)
    return {
        "children": [[1], *([child + 1 for child in children] for children in program.children)],
        "filename": [root[1], *(file for file, *_ in of)],
        "function": [root[0], *(name for _, name, *_ in of)],
        "import_system": [0] * len(flags),
        "interesting": flags,
        "lineno": [0, *(line for _, _, line, _ in of)],
        "name": [root[0], *(text for *_, text in of)],
        "thread_id": [thread] * len(flags),
    }


def memray_page(path, megabytes):
    """memray flamegraph: the recorded page with a larger tree."""
    program = Program(nodes=int(megabytes * 1e6 / 51))
    own = program.own()
    totals = program.totals(own)
    truth = Truth(program)
    for node, value in enumerate(own):
        truth.add(node, value)
    strings = Strings()
    nodes = memray_tree(program, strings) | {"value": [totals[0], *totals], "n_allocations": [totals[0], *totals]}
    data = {"inverted_no_imports_nodes": {}, "nodes": nodes, "strings": strings.all, "unique_threads": [strings.of("0x1")]}
    before, after = parts("memray-1.20.0-flamegraph.html.gz", "const packed_data = ", ";\n")
    path.write_text(before + json.dumps(data, separators=(",", ":")) + after, encoding="utf-8")
    return truth.of(measures={"Allocations": truth.total})


def memray_temporal(path, megabytes):
    """memray flamegraph --temporal: intervals in place of sums, those that are open at the peak count."""
    program = Program()
    truth = Truth(program)
    strings = Strings()
    nodes = memray_tree(program, strings)
    peaks = [1000] * 500 + [5000] + [1000] * 500
    intervals = []
    for at, node in enumerate(program.samples()):
        begin, size = at % 1000, 512 + at % 7001
        end = None if at % 9 == 0 else begin + 1 + at % 31
        if begin <= 500 and (end is None or end > 500):
            truth.add(node, size)
        intervals.append([begin, end, node + 1, 1 + at % 3, size])
        if at * 25 > megabytes * 1e6 * 0.85:
            break
    data = {"high_water_mark_by_snapshot": peaks, "intervals": intervals, "nodes": nodes, "strings": strings.all}
    before, after = parts("memray-1.20.0-temporal.html.gz", "const packed_data = ", ";\n")
    path.write_text(before + json.dumps(data, separators=(",", ":")) + after, encoding="utf-8")
    return truth.of()


def memray_table(path, megabytes):
    """The JSON in the page of memray table: rows, each a place."""
    program = Program()
    places, total, at = program.places(), 0, 0
    with Lines(path, megabytes) as out:
        out.write("[")
        for node in program.samples():
            file, name, line, _ = places[program.frame[node]]
            size = 512 + at % 7001
            total += size
            at += 1
            row = (
                f'{{"allocator": "malloc", "n_allocations": {1 + at % 13}, "size": {size}, '
                f'"stack_trace": "{escaped(name)} at {escaped(file)}:{line}", "tid": "0x{1 + at % 3}"}}'
            )
            if not out.write(", " * (at > 1) + row):
                break
        out.write("]")
    return {"total": total}


def tachyon_page(path, megabytes):
    """python3.15 -m profiling.sampling run --flamegraph: the JSON in its page, with threads and source."""
    program = Program(nodes=int(megabytes * 4300))
    own = [value % 7 + 1 if value else 0 for value in program.own()]
    totals = program.totals(own)
    places = program.places()
    truth = Truth(program)
    for node, value in enumerate(own):
        truth.add(node, value)
    strings = Strings()

    def around(line):
        """The texts of the lines around one."""
        marks = {line: "→"}
        texts = (f"{marks.get(at, ' ')} {at}:     total += self.price_{at}(order)" for at in range(line - 2, line + 3))
        return [strings.of(text) for text in texts]

    ids = [
        (strings.of(file), strings.of(name), strings.of(f"{name} ({file}:{line})"), around(line))
        for file, name, line, _ in places
    ]

    def open_(node):
        _, _, label, _ = ids[program.frame[node]]
        return f'{{"name": {label}, "label": {label}, "value": {totals[node]}, "self": {own[node]}, "children": ['

    def close(node):
        file, name, _, source = ids[program.frame[node]]
        more = ""
        if node == 0:
            more = f', "stats": {{"sample_interval_usec": 1000}}, "strings": {json.dumps(strings.all, ensure_ascii=False)}'
        return (
            f'], "filename": {file}, "module": {file}, "lineno": {places[program.frame[node]][2]}, "funcname": {name}, '
            f'"threads": [23931], "thread_values": {{"23931": [{totals[node]}, {own[node]}]}}, "source": {source}{more}}}'
        )

    with Lines(path, megabytes * 10) as out:
        nested(program, out, open_, close, ", ")
    return truth.of()
