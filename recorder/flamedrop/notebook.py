# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""%flamedrop STATEMENT and %%flamedrop: the page with the statement's, or the cell's, profile below the cell.

The page stands in the notebook, whole (two and a half megabytes for each time it is shown), so it is there offline
and in what nbconvert makes of the notebook. It is in a frame that may run scripts and save files, and nothing else: it
sees neither the notebook nor its cookies, and its own policy forbids it the network.
"""

import ast
import builtins
import cProfile
import functools
import html
import json
import marshal
import os
import re
import shlex
import tempfile

from IPython.core.magic import Magics as Base
from IPython.core.magic import line_cell_magic, magics_class
from IPython.display import display

from . import program, run

HEIGHT = 640  # Pixels: a flame graph of some depth, and the page's bars.
OPTIONS = re.compile(r"\s*(-v|--view|-h|--height|-o|--output)[\s=](\S+)(.*)", re.DOTALL)
# A cell's file: of the kernel, of a terminal's IPython, and of old ones.
KERNEL = re.compile(r"(.*[/\\]ipykernel_\d+[/\\]\d+\.py|<ipython-input-(\d+)-[0-9a-f]+>)")


@magics_class
class Magics(Base):
    @line_cell_magic
    def flamedrop(self, line, cell=None):
        """Shows where the time of a statement, or of the cell, goes.

            %flamedrop [OPTIONS] STATEMENT
            %%flamedrop [OPTIONS] [STATEMENT of which the rest is no part]

        --view NAME: what to open on (flame-graph, findings, functions, …). --height PIXELS: of the frame.
        --output FILE: the page as a file, beside the frame.
        """
        # IPython leaves such a frame out of tracebacks: what fails is the cell.
        __tracebackhide__ = True
        options, statement = parsed(line)
        source = statement if cell is None else cell
        if not source.strip():
            return
        shell = self.shell
        if cell is not None and statement.strip():
            shell.ex(shell.transform_cell(statement))
        # Lines as one sees them: the first one of a cell is the magic's own, and IPython drops empty ones at the start.
        above = 0 if cell is None else 1 + len(re.match(r"(?:[ \t]*\n)*", source).group().splitlines())
        source = "\n" * above + shell.transform_cell(source).lstrip("\n")
        # Under the name that the rest of this cell has, where there is one.
        number = current(shell)
        name = shell.compile.cache(source, number)
        code = [compile_part(shell, part, name) for part in parts(source, name)]
        profile, error = cProfile.Profile(), None
        begin, end = functools.partial(profile.enable), functools.partial(profile.disable)
        value, spaces = None, (shell.user_global_ns, shell.user_ns)
        try:
            begin()
        except ValueError as problem:  # Since 3.12: there can be one profiler in a process.
            raise RuntimeError("no profile: %s" % problem) from None
        try:
            try:
                for kind, body in code:
                    value = functools.partial(kind, body, *spaces)()
            finally:
                end()
        except BaseException as raised:
            error = raised
        profile.create_stats()
        stats = run.without(profile.stats, {__file__})
        self.show(named(stats, cells(shell)), number, options)
        if error is not None:
            raise error
        if value is not None:
            shell.displayhook(value)

    def show(self, stats, number, options):
        with tempfile.TemporaryDirectory(prefix="flamedrop-") as folder:
            path = os.path.join(folder, "cell %s.prof" % number)
            with open(path, "wb") as file:
                marshal.dump(stats, file)
            page = program.page([path], options.get("view", "flame-graph"))
        if "output" in options:
            with open(options["output"], "w", encoding="utf-8") as file:
                file.write(page)
        # Not as HTML(): that warns of frames.
        shown = {"text/html": frame(page, int(options.get("height", HEIGHT))), "text/plain": "Flamedrop: a page in HTML"}
        display(shown, raw=True)


def parsed(line):
    """Options, and what follows them."""
    options = {}
    while True:
        match = OPTIONS.match(line)
        if not match:
            return options, line.strip()
        name = match.group(1).lstrip("-")
        name = {"v": "view", "h": "height", "o": "output"}.get(name, name)
        options[name] = shlex.split(match.group(2))[0]
        line = match.group(3)


def parts(source, name):
    """The statements, and the expression that they end with, whose value is shown as any cell's."""
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
    if shown:
        tree.body.pop()
    if tree.body:
        yield tree, "exec"
    if shown:
        yield ast.Expression(last.value), "eval"


def compile_part(shell, part, name):
    tree, mode = part
    return getattr(builtins, mode), compile(tree, name, mode, shell.compile.flags, dont_inherit=True)


def current(shell):
    """The number of the cell that runs. IPython 9 has counted on before it runs: its input is the last one."""
    return len(shell.user_ns.get("In", ())) - 1 if shell.user_ns.get("In") else shell.execution_count


def cells(shell):
    """Numbers of cells by the names of their files, as far as IPython says them."""
    return dict(getattr(shell.compile, "_filename_map", {}))


def named(stats, numbers):
    """pstats' numbers with cells in the place of the files that the kernel gives them."""

    def cell(file):
        match = KERNEL.fullmatch(file)
        number = numbers.get(file, match and match.group(2))
        if number is None:
            return "cell" if match else file
        return "cell %s" % number

    known = {file: cell(file) for file in {key[0] for key in stats}}

    def key(function):
        return (known.get(function[0], function[0]), *function[1:])

    renamed = {}
    for function, (cc, nc, tt, ct, callers) in stats.items():
        callers = {key(caller): edge for caller, edge in callers.items()}
        before = renamed.get(key(function))
        if before is not None:
            # Two runs of a line that have one number now: as pstats adds two files.
            cc, nc, tt, ct = (a + b for a, b in zip(before, (cc, nc, tt, ct)))
            for caller, edge in before[4].items():
                callers[caller] = tuple(a + b for a, b in zip(edge, callers.get(caller, (0, 0, 0, 0))))
        renamed[key(function)] = cc, nc, tt, ct, callers
    return renamed


def frame(page, height):
    """An element with the page in it."""
    # Of its own address a page in srcdoc may change the fragment only, and not through the history: so it has the
    # view's before it begins. It stands in front of the page's policy, which lets no such script be.
    fragment = html.unescape(re.search('data-fragment="([^"]*)"', page).group(1))
    view = "<head><script>location.hash = %s</script>" % json.dumps(fragment).replace("<", "\\u003c")
    page = page.replace("<head>", view, 1)
    # As srcdoc and not as an address: Chromium opens none of more than two megabytes.
    return (
        '<iframe title="Flamedrop" sandbox="allow-scripts allow-downloads" width="100%%" height="%d" '
        'style="border: 0" srcdoc="%s"></iframe>' % (height, html.escape(page))
    )
