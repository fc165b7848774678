"""Large recordings in the formats that are JSON, as the tools that the functions name write them."""

import json

from make_texts import Lines, place_of
from program import LINES, Program, Truth, common


def speedscope_sampled(path, megabytes):
    """py-spy record -f speedscope: two threads, each sample its frames' numbers; the frames stand last."""
    program = Program()
    text = program.texts([str(frame) for frame in range(len(program.frame_line))], ",")
    truth = Truth(program)
    threads = [[], []]
    size = 0
    for at, node in enumerate(program.samples()):
        truth.add(node, 1)
        threads[at % 2].append(node)
        size += len(text(node)) + 8
        if size > megabytes * 1e6:
            break
    with Lines(path, megabytes * 10) as out:
        out.write('{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[')
        for thread, nodes in enumerate(threads):
            out.write("," * thread)
            out.write(f'{{"type":"sampled","name":"Thread {30461 + thread} \\"worker-{thread}\\"","unit":"seconds",')
            out.write(f'"startValue":0.0,"endValue":{len(nodes) / 100},"samples":[')
            out.write(f"[{text(nodes[0])}]")
            for node in nodes[1:]:
                out.write(f",[{text(node)}]")
            out.write(f'],"weights":[{",".join(["0.01"] * len(nodes))}]}}')
        out.write('],"shared":{"frames":[')
        frames = (
            f'{{"name":"{name}","file":"{file}","line":{line},"col":null}}' for file, name, line, _ in program.places()
        )
        out.write(",".join(frames))
        out.write(']},"activeProfileIndex":null,"exporter":"py-spy@0.4.3","name":"py-spy profile"}')
    return truth.of(0.01)


def speedscope_evented(path, megabytes):
    """pyinstrument -r speedscope: frames that open and close; the frames stand last."""
    program = Program()
    own = program.own()
    truth = Truth(program)
    now = 0
    with Lines(path, megabytes) as out:
        out.write('{"$schema": "https://www.speedscope.app/file-format-schema.json", "name": "CPU profile for \'app.py\'", ')
        out.write('"activeProfileIndex": null, "exporter": "pyinstrument", "profiles": [{"type": "evented", "name": "CPU ')
        out.write('profile for \'app.py\'", "unit": "seconds", "startValue": 0.0, "endValue": 1000000.0, "events": [')
        between, opened = "", []
        for node in program.samples():
            path_of = program.path(node)
            same = common(opened, path_of)
            for closed in reversed(opened[same:]):
                out.write(f'{between}{{"type": "C", "at": {now * 1e-6!r}, "frame": {program.frame[closed] // LINES}}}')
            for open_ in path_of[same:]:
                out.write(f'{between}{{"type": "O", "at": {now * 1e-6!r}, "frame": {program.frame[open_] // LINES}}}')
                between = ", "
            opened = path_of
            took = max(own[node], 1)
            now += took
            truth.add(node, took)
            if not out.write(""):
                break
        for closed in reversed(opened):
            out.write(f'{between}{{"type": "C", "at": {now * 1e-6!r}, "frame": {program.frame[closed] // LINES}}}')
        out.write(']}], "shared": {"frames": [')
        places = program.places()[::LINES]
        frames = (f'{{"name": "{name}", "file": "{file}", "line": {begin}}}' for file, name, _, begin in places)
        out.write(", ".join(frames))
        out.write("]}}")
    return truth.of(1e-6)


def viztracer(path, megabytes):
    """viztracer: each call when it ends, so outer ones last."""
    program = Program()
    names = [f"{name} ({file}:{begin})" for file, name, _, begin in program.places()[::LINES]]
    by_function, calls, open_ = {}, 0, []
    now, total = 2_607_483_603_214, 0
    with Lines(path, megabytes) as out:
        meta = '{"ph": "M", "pid": 30561, "tid": 30561, "name": '
        out.write(f'{{"traceEvents": [{meta}"process_name", "args": {{"name": "MainProcess"}}}}')
        out.write(f', {meta}"thread_name", "args": {{"name": "MainThread"}}}}')
        for begins, function in program.calls(int(megabytes * 1e6 / 190)):
            step = 250 + now % 977
            if open_:
                inner = open_[-1][0]
                by_function[inner] = by_function.get(inner, 0) + step
                total += step
            now += step
            if begins:
                calls += 1
                open_.append((function, now))
                continue
            _, began = open_.pop()
            out.write(
                f', {{"pid": 30561, "tid": 30561, "ts": {began / 1000}, "ph": "X", "cat": "fee", '
                f'"dur": {(now - began) / 1000}, "name": "{names[function]}"}}'
            )
        out.write('], "viztracer_metadata": {"version": "1.1.1", "overflow": false}, ')
        out.write('"file_info": {"files": {}, "functions": {}}}')
    most = sorted(by_function, key=by_function.get)[-5:]
    # Microseconds with three decimals are what a double of this size just holds.
    found = {program.function_name[function]: by_function[function] * 1e-9 for function in most}
    return {"total": total * 1e-9, "calls": calls, "self": found}


def py_spy_trace(path, megabytes):
    """py-spy record -f chrometrace: a B and an E for each run of a line; a list alone."""
    program = Program()
    truth = Truth(program)
    places = program.places()
    ids = '"pid":30473,"tid":139707653270400'
    events = [
        f'{{"args":{{"filename":"{file}","line":{line}}},"cat":"py-spy","name":"{name}",'
        for file, name, line, _ in places
    ]
    opened, now = [], 19549
    with Lines(path, megabytes) as out:
        between = "["
        more = True
        for node in program.samples():
            path_of = program.path(node) if more else []
            same = common(opened, path_of)
            for closed in reversed(opened[same:]):
                out.write(f'{between}{events[program.frame[closed]]}"ph":"E",{ids},"ts":{now}}}')
            for open_ in path_of[same:]:
                out.write(f'{between}{events[program.frame[open_]]}"ph":"B",{ids},"ts":{now}}}')
                between = ","
            if not more:
                break
            opened = path_of
            truth.add(node, 10_000)
            now += 10_000
            more = out.write("")
        out.write("]")
    return truth.of(1e-6)


def nested(program, out, open_, close, between):
    """Writes the tree: `open_(node)` in front of its children, `close(node)` behind them."""
    work = [(0, False)]
    first = True
    while work:
        node, ended = work.pop()
        if ended:
            out.write(close(node))
            first = False
            continue
        out.write(("" if first else between) + open_(node))
        first = True
        work.append((node, True))
        work.extend((child, False) for child in reversed(program.children[node]))


def pyinstrument(path, megabytes):
    """pyinstrument -r json: a tree of frames with their time and all below."""
    program = Program(nodes=int(megabytes * 3300))
    own = program.own()
    totals = program.totals(own)
    places = program.places()
    truth = Truth(program)
    for node, value in enumerate(own):
        truth.add(node, value)

    def open_(node):
        file, name, _, begin = places[program.frame[node]]
        return (
            f'{{"function": "{name}","file_path_short": "{file[12:]}","file_path": "{file}","line_no": {begin},'
            f'"time": {totals[node] * 1e-6:.6f},"await_time": 0.000000,"is_application_code": true,"children": ['
        )

    def close(node):
        is_all = not program.children[node] or own[node] == 0
        # What a frame has beside its children is a child of its own.
        itself = "" if is_all else (
            f',{{"function": "[self]","file_path_short": "","file_path": "","line_no": 0,"time": {own[node] * 1e-6:.6f},'
            '"await_time": 0.000000,"is_application_code": false,"children": []}'
        )
        return f'{itself}],"group_id": "63e8f1e4-8bd1-4c1c-9bc6-{node:012x}"}}'

    with Lines(path, megabytes * 10) as out:
        out.write(f'{{"start_time": 1795906002.301344,"duration": {totals[0] * 1e-6:.6f},"sample_count": 459,')
        out.write('"target_description": "Program: app.py","cpu_time": 0.569289,"root_frame": ')
        nested(program, out, open_, close, ",")
        out.write("}")
    return truth.of(1e-6)


def pyinstrument_session(path, megabytes):
    """pyinstrument -r session: each sample its frames as texts."""
    program = Program()
    truth = Truth(program)
    frames = [f'"{name}\\u0000{file}\\u0000{begin}\\u0001l{line}"' for file, name, line, begin in program.places()]
    text = program.texts(frames, ", ")
    with Lines(path, megabytes) as out:
        out.write('{"start_time": 1795906003.8520927, "duration": 0.76, "min_interval": 0.001, "max_interval": 0.001, ')
        out.write('"sample_count": 511, "start_call_stack": [], "target_description": "Program: app.py", "cpu_time": 0.6, ')
        out.write('"sys_path": [""], "sys_prefixes": ["/srv/webapp"], "frame_records": [')
        between = ""
        for at, node in enumerate(program.samples()):
            micros = 1000 + at % 37
            truth.add(node, micros)
            thread = '"MainThread\\u0000<thread>\\u0000140232075545472"'
            if not out.write(f"{between}[[{thread}, {text(node)}], {micros * 1e-6!r}]"):
                break
            between = ", "
        out.write("]}")
    return truth.of(1e-6)


def indented(value, indent):
    """As json.dump(…, indent=2) writes it within something."""
    return json.dumps(value, indent=2).replace("\n", "\n" + " " * indent)


def vprof_c(path, megabytes):
    """vprof -c c: a tree of samples, indented by two blanks a level."""
    program = Program(nodes=int(megabytes * 550))
    own = [value % 7 + 1 if value else 0 for value in program.own()]
    totals = program.totals(own)
    places = program.places()
    truth = Truth(program)
    for node, value in enumerate(own):
        truth.add(node, value)

    def open_(node):
        file, name, _, begin = places[program.frame[node]]
        inner = "\n" + " " * (2 + 4 * program.depth[node])
        stack = f'{inner}  "{name}",{inner}  "{file}",{inner}  {begin}{inner}'
        return f'{inner[:-2]}{{{inner}"stack": [{stack}],{inner}"children": ['

    def close(node):
        inner = "\n" + " " * (2 + 4 * program.depth[node])
        return f'{inner}],{inner}"sampleCount": {totals[node]}{inner[:-2]}}}'

    with Lines(path, megabytes * 10) as out:
        out.write('{\n  "c": {\n    "objectName": "app.py (module)",\n    "sampleInterval": 0.001,\n')
        out.write(f'    "runTime": {totals[0] * 0.002},\n    "callStats": ')
        nested(program, out, open_, close, ",")
        out.write(f',\n    "totalSamples": {totals[0]},\n    "timestamp": 1795905068\n  }}\n}}')
    return truth.of(0.002)


def vprof_p(path, megabytes):
    """vprof -c p: rows of functions."""
    total, at = 0, 0
    with Lines(path, megabytes) as out:
        out.write('{\n  "p": {\n    "objectName": "app.py (module)",\n    "callStats": [')
        while True:
            file, line = place_of(at)
            own = 1 + at % 1000
            total += own
            row = [file, line, f"function_{at}", own * 2e-6, 1.5, 3 + at % 9, 3, own * 1e-6, file, 3911453851]
            at += 1
            if not out.write(f'{"," * (at > 1)}\n      {indented(row, 6)}'):
                break
        out.write('\n    ],\n    "totalTime": 0.005,\n    "primitiveCalls": 8,\n    "totalCalls": 472\n  }\n}')
    return {"total": total * 1e-6, "functions": at}


def vprof_m(path, megabytes):
    """vprof -c m: memory by line that ran."""
    at = 0
    with Lines(path, megabytes) as out:
        out.write('{\n  "m": {\n    "objectName": "app.py (module)",\n    "codeEvents": [')
        while True:
            at += 1
            event = [at, 1 + at % 90, 13.125 + at % 1000 / 256, f"function_{at % 500}", "app.py"]
            if not out.write(f'{"," * (at > 1)}\n      {indented(event, 6)}'):
                break
        out.write(f'\n    ],\n    "totalEvents": {at},\n    "objectsCount": []\n  }}\n}}')
    return {"points": at}


def vprof_h(path, megabytes):
    """vprof -c h: times, hits and texts of the lines of many files."""
    files, total, size = [], 0, 0
    while size < megabytes * 1e6:
        count = 200 + len(files) % 900
        heat = {str(line): line % 97 * 1e-6 for line in range(1, count)}
        total += sum(line % 97 for line in range(1, count))
        source = [["line", line, f"    total += self.price_{line}(order, {line})  # of all"] for line in range(1, count)]
        name = f"/srv/webapp/module_{len(files)}.py"
        hits = {str(line): line % 50 + 1 for line in range(1, count)}
        file = {"name": name, "heatmap": heat, "executionCount": hits, "srcCode": source, "runTime": 0.05}
        files.append(indented(file, 6))
        size += len(files[-1])
    with Lines(path, megabytes * 10) as out:
        out.write('{\n  "h": {\n    "objectName": "app.py",\n    "runTime": 0.05,\n    "heatmaps": [\n      ')
        out.write(",\n      ".join(files))
        out.write("\n    ]\n  }\n}")
    return {"lines": {"Time": total * 1e-6}}


def gprof2dot(path, megabytes):
    """memray transform gprof2dot: chains of functions, the innermost first."""
    program = Program()
    truth = Truth(program)
    with Lines(path, megabytes) as out:
        out.write('{"version": 0, "costs": [{"description": "Memory", "unit": "bytes"}], "events": [')
        for at, node in enumerate(program.samples()):
            size = 512 + at % 7001
            truth.add(node, size)
            chain = ", ".join(str(frame // LINES) for frame in reversed(program.stack(node)))
            if not out.write(f'{", " * (at > 0)}{{"callchain": [{chain}], "cost": [{size}]}}'):
                break
        functions = (f'{{"name": "{name}", "module": "{file}"}}' for file, name, *_ in program.places()[::LINES])
        out.write('], "functions": [')
        out.write(", ".join(functions))
        out.write("]}")
    return truth.of()


def memray_stats(path, megabytes):
    """memray stats --json -n N: the lines that allocated most."""
    rows, total = int(megabytes * 1e6 / 230), 0
    with Lines(path, megabytes * 10) as out:
        out.write('{\n  "total_num_allocations": 5284,\n  "total_bytes_allocated": 131762469,\n')
        out.write('  "allocation_size_histogram": [],\n  "allocator_type_distribution": {},\n  "top_allocations_by_size": [')
        for at in range(rows):
            file, line = place_of(at)
            total += rows - at
            text = f'\n    {{\n      "location": "function_{at}:{file}:{line}",\n      "size": {rows - at}\n    }}'
            out.write("," * (at > 0) + text)
        out.write('\n  ],\n  "top_allocations_by_count": [')
        for at in range(rows // 2):
            file, line = place_of(at)
            text = f'\n    {{\n      "location": "function_{at}:{file}:{line}",\n      "count": {1 + at % 99}\n    }}'
            out.write("," * (at > 0) + text)
        out.write('\n  ],\n  "metadata": {\n    "peak_memory": 27261894\n  }\n}')
    return {"lines": {"Allocated": total}}
