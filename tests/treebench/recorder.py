"""Records a run as what cProfile would have written and as the call tree that was really there.

Both come from one stream of events (sys.setprofile), on a clock that stands still while the recorder
itself works, so whatever is drawn from the profile can be compared with the truth. In the truth each
function is where it is first on the stack: a frame is left out if its function is on the stack above it,
and nothing else is (a;b;a;c is a;b;c). So a function's boxes last as long together as its cumulative
time. The own time of the inner a is a box a;b;a, a recursive leaf; what it calls hangs below a;b.

A recording is two files: NAME.prof.gz, a pstats file, and NAME.tree.gz, one line for each box of the
true tree: its parent's line (-1 for none), its function (its place in the profile) and its own
nanoseconds.
"""

import marshal
import os
import re
import site
import sys
import sysconfig
import time

ADDRESS = re.compile(r" at 0x[0-9a-f]+")
STANDARD_LIBRARY = sysconfig.get_path("stdlib")
PACKAGES = [sysconfig.get_path("purelib"), *site.getsitepackages()]
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scripts")


def neutral(path):
    """The path without this machine's directories, still different for different files."""
    for directory in PACKAGES:
        if path.startswith(directory):
            return "/srv/app/venv/site-packages" + path[len(directory) :]
    if path.startswith(STANDARD_LIBRARY):
        return "/usr/lib/python3" + path[len(STANDARD_LIBRARY) :]
    if path.startswith(SCRIPTS):
        return "/srv/app/" + path[len(SCRIPTS) :].split("/", 2)[-1]
    if path.startswith("/"):
        return "/srv/app/" + path.rsplit("/", 1)[-1]
    return ADDRESS.sub("", path)


def builtin(function):
    """How cProfile labels a function without code."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", repr(function))
    if owner is None or isinstance(owner, type(sys)):
        module = getattr(function, "__module__", None) or "builtins"
        label = f"<built-in method {module}.{name}>"
    else:
        label = f"<method '{name}' of '{type(owner).__name__}' objects>"
    return ("~", 0, ADDRESS.sub("", label))


class Labels:
    """Labels of functions, found once for each code object."""

    def __init__(self):
        self.by_code = {}

    def of(self, frame, event, argument):
        if event == "c_call":
            return builtin(argument)
        code = frame.f_code
        label = self.by_code.get(code)
        if label is None:
            label = (neutral(code.co_filename), code.co_firstlineno, code.co_name)
            self.by_code[code] = label
        return label


def listen(run, *arguments):
    """Calls it; [(label or None for a return, when the hook began, when it ended)]."""
    events, labels, now = [], Labels(), time.perf_counter_ns

    def hook(frame, event, argument):
        began = now()
        label = labels.of(frame, event, argument) if event.endswith("call") else None
        events.append((label, began, now()))

    sys.setprofile(hook)
    try:
        run(*arguments)
    finally:
        sys.setprofile(None)
    return events


class Counts:
    """The four numbers of Modules/_lsprof.c, for a function or an edge."""

    def __init__(self):
        self.calls = self.nested = self.own = self.total = self.active = 0

    def leave(self, own, total):
        self.active -= 1
        self.calls += 1
        self.own += own
        if self.active:
            self.nested += 1
        else:
            self.total += total

    def primitive(self):
        return self.calls - self.nested


class Activation:
    """A call that has not returned: `box` gets its own time, and what it calls hangs below `inside`."""

    def __init__(self, label, clock, box, inside):
        self.label, self.entered, self.box, self.inside = label, clock, box, inside
        self.in_callees = 0


class Replay:
    """Turns events into the profile and the true tree."""

    def __init__(self):
        self.functions, self.edges = {}, {}
        # Boxes as [parent, label, own nanoseconds, {label: box}].
        self.boxes = [[-1, None, 0, {}]]
        self.stack = []
        self.clock = 0

    def play(self, events):
        last = None
        for label, began, ended in events:
            if last is not None:
                self.clock += max(0, began - last)
            last = ended
            if label is not None:
                self.enter(label)
            elif self.stack:
                self.leave()
        while self.stack:
            self.leave()

    def enter(self, label):
        caller = self.stack[-1] if self.stack else None
        counts = self.functions.setdefault(label, Counts())
        inside = caller.inside if caller else 0
        if not counts.active:
            box = inside = self.below(inside, label)
        elif self.boxes[inside][1] == label:
            # It calls itself: a leaf would only repeat its box.
            box = inside
        else:
            box = self.below(inside, label)
        counts.active += 1
        if caller:
            self.edges.setdefault((caller.label, label), Counts()).active += 1
        self.stack.append(Activation(label, self.clock, box, inside))

    def below(self, box, label):
        children = self.boxes[box][3]
        if label not in children:
            children[label] = len(self.boxes)
            self.boxes.append([box, label, 0, {}])
        return children[label]

    def leave(self):
        done = self.stack.pop()
        total = self.clock - done.entered
        own = total - done.in_callees
        self.boxes[done.box][2] += own
        self.functions[done.label].leave(own, total)
        if self.stack:
            caller = self.stack[-1]
            caller.in_callees += total
            self.edges[caller.label, done.label].leave(own, total)

    def stats(self):
        """What pstats would load."""
        stats = {
            label: (counts.primitive(), counts.calls, counts.own / 1e9, counts.total / 1e9, {})
            for label, counts in self.functions.items()
        }
        for (caller, callee), counts in self.edges.items():
            callers = stats[callee][4]
            callers[caller] = (counts.calls, counts.primitive(), counts.own / 1e9, counts.total / 1e9)
        return stats

    def tree(self):
        """[(parent or -1, function, own nanoseconds)]"""
        places = {label: place for place, label in enumerate(self.functions)}
        return [(parent - 1, places[label], own) for parent, label, own, _ in self.boxes[1:]]


def record(target, run, *arguments):
    """Calls it and writes `target`.prof.gz and `target`.tree.gz; says how many boxes there are."""
    replay = Replay()
    events = listen(run, *arguments)
    # The hook's own removal is a call that never returns.
    while events and events[-1][0] is not None:
        events.pop()
    replay.play(events)
    write(f"{target}.prof.gz", marshal.dumps(replay.stats(), 4))
    lines = "".join(f"{parent} {function} {own}\n" for parent, function, own in replay.tree())
    write(f"{target}.tree.gz", lines.encode())
    return len(replay.functions), len(replay.boxes) - 1


def write(path, contents):
    # Not at the top: a script that imports it should not find it imported.
    import gzip

    # No time and no name in it: the same recording is the same file.
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(contents)


def read(target):
    """(stats, true tree) of a recording."""
    import gzip

    with gzip.open(f"{target}.prof.gz") as file:
        stats = marshal.loads(file.read())
    with gzip.open(f"{target}.tree.gz", "rt") as file:
        tree = [tuple(map(int, line.split())) for line in file]
    return stats, tree
