"""A made-up program and what samplers and tracers see of it, for the recordings that the benchmark of readers makes.

It has a tree of calls, as programs do: the same few thousand functions in many stacks, forty frames deep. Samples follow
each other as they do in time: many are the one before, the others share most of its frames.
"""

import random

FUNCTIONS = 4000
FILES = 400
# Lines of a function that were seen running.
LINES = 3
DEEPEST = 60
# Frames in which every stack begins.
ENTRY = 12
PACKAGES = ["django/db/models", "django/template", "rest_framework", "sqlalchemy/orm", "celery/app", "shop/orders"]


class Program:
    """Functions, frames (a function and the line that ran) and a tree of nodes, each a frame below another."""

    def __init__(self, nodes=60_000, seed=23):
        dice = random.Random(seed)
        self.files = [
            f"/srv/webapp/lib/python3.13/site-packages/{PACKAGES[n % len(PACKAGES)]}/module_{n}.py" for n in range(FILES)
        ]
        self.function_file = [(n * 7) % FILES for n in range(FUNCTIONS)]
        self.function_name = [f"{'Manager' * (n % 3 == 0)}{'.' * (n % 3 == 0)}method_{n}" for n in range(FUNCTIONS)]
        self.function_line = [10 + n // FILES * 40 for n in range(FUNCTIONS)]
        self.function_name[0] = "<module>"
        # Frame f is of function f // LINES.
        self.frame_line = [self.function_line[f // LINES] + 2 + 5 * (f % LINES) for f in range(FUNCTIONS * LINES)]
        self.parent, self.frame, self.depth, self.children = [-1], [0], [1], [[]]
        known = set()
        while len(self.parent) < nodes:
            last = len(self.parent) - 1
            above = last if last < ENTRY or dice.random() < 0.8 else dice.randrange(ENTRY, last + 1)
            if self.depth[above] >= DEEPEST:
                continue
            # The first calls are the likeliest, at whatever place a function is called.
            caller = self.frame[above] // LINES
            callee = (caller * 7919 + int(dice.expovariate(0.4)) * 104_729 + 13) % FUNCTIONS
            frame = callee * LINES + dice.randrange(LINES)
            if (above, frame) in known:
                continue
            known.add((above, frame))
            self.children[above].append(len(self.parent))
            self.parent.append(above)
            self.frame.append(frame)
            self.depth.append(self.depth[above] + 1)
            self.children.append([])

    def place(self, frame):
        """A frame's file, function, the line that ran and the one in which the function begins."""
        function = frame // LINES
        file = self.files[self.function_file[function]]
        return file, self.function_name[function], self.frame_line[frame], self.function_line[function]

    def places(self):
        """All frames' places, by frame."""
        return [self.place(frame) for frame in range(FUNCTIONS * LINES)]

    def stack(self, node):
        """The frames of a node, the outermost first."""
        frames = []
        while node >= 0:
            frames.append(self.frame[node])
            node = self.parent[node]
        frames.reverse()
        return frames

    def path(self, node):
        """The nodes above a node and itself, the outermost first."""
        nodes = []
        while node >= 0:
            nodes.append(node)
            node = self.parent[node]
        nodes.reverse()
        return nodes

    def texts(self, text, between):
        """Per node the texts of its frames, outermost first, with `between` between them; made when asked for."""
        made = {0: text[self.frame[0]]}

        def of(node):
            missing = []
            while node not in made:
                missing.append(node)
                node = self.parent[node]
            for below in reversed(missing):
                made[below] = made[node] + between + text[self.frame[below]]
                node = below
            return made[node]

        return of

    def samples(self, seed=5):
        """Nodes in the order in which a sampler sees them; without end."""
        dice = random.Random(seed)
        node = ENTRY
        while True:
            if dice.random() > 0.45:
                # Mostly the innermost frames change; now and then the work is another one.
                if dice.random() < 0.1:
                    node = dice.randrange(ENTRY, len(self.parent))
                for _ in range(min(1 + int(dice.expovariate(0.5)), self.depth[node] - ENTRY - 1)):
                    node = self.parent[node]
                while self.children[node] and dice.random() < 0.9:
                    node = dice.choice(self.children[node])
            yield node

    def own(self, seed=5, most=2000):
        """Per node a whole number: what it has itself."""
        dice = random.Random(seed)
        has_any = (not below or node % 3 == 0 for node, below in enumerate(self.children))
        return [int(dice.expovariate(0.01)) % most + 1 if has else 0 for has in has_any]

    def totals(self, own):
        """Per node its own and what is below."""
        totals = list(own)
        for node in range(len(totals) - 1, 0, -1):
            totals[self.parent[node]] += totals[node]
        return totals

    def calls(self, count, seed=9):
        """`count` calls as a tracer sees them, in order: (True, function) where one begins, (False, function) where it ends.
        Each is one of the nodes of the tree, walked again and again."""
        dice = random.Random(seed)
        begun, node, stack = 1, 0, [0]
        yield True, 0
        while begun < count:
            if self.children[node] and dice.random() < 0.5:
                node = dice.choice(self.children[node])
                stack.append(node)
                begun += 1
                yield True, self.frame[node] // LINES
            elif len(stack) > 1:
                yield False, self.frame[stack.pop()] // LINES
                node = stack[-1]
        while stack:
            yield False, self.frame[stack.pop()] // LINES


def common(one, other):
    """How many nodes two paths begin with alike."""
    differ = (at for at, pair in enumerate(zip(one, other)) if pair[0] != pair[1])
    return next(differ, min(len(one), len(other)))


class Truth:
    """What a file that is being made has: the sum of all, and what the function of one node has itself."""

    def __init__(self, program):
        self.program = program
        self.total = 0
        self.by_function = {}

    def add(self, node, value):
        self.total += value
        function = self.program.frame[node] // LINES
        self.by_function[function] = self.by_function.get(function, 0) + value

    def of(self, scale=1, **more):
        """For readers.check: the functions that have most stand for all of them."""
        most = sorted(self.by_function, key=self.by_function.get)[-5:]
        names = {self.program.function_name[function]: self.by_function[function] * scale for function in most}
        return {"total": self.total * scale, "self": names} | more


