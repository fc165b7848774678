"""See yappi.sh."""

import pathlib

import yappi

SOURCE = """
def down(n):
    return down(n - 1) + 1 if n else 0

def tree(n):
    return [tree(n - 1), tree(n - 1)] if n else []

def main():
    down(20)
    tree(4)
"""

names = {}
exec(compile(SOURCE, "/srv/app/recursive.py", "exec"), names)
yappi.set_clock_type("cpu")
yappi.start(builtins=False)
names["main"]()
yappi.stop()
out = pathlib.Path(__file__).parents[2] / "data/yappi/recursive.prof"
out.parent.mkdir(exist_ok=True)
yappi.get_func_stats().save(str(out), type="pstat")
