"""Records a script as `python -m cProfile` runs it: python script.py NAME TARGET

In a process of its own, where nothing but the recorder is imported yet. So the script's imports really
run, below the built-in exec and below each other.
"""

import os
import sys

import recorder

# Folder, script, what is imported before it is recorded, arguments.
SCRIPTS = {
    "nested_imports": ("nested_imports", "app.py", None),
    "report": ("report", "app.py", None),
    "site_visit": ("site", "visit.py", "prepare"),
    "makemigrations": ("site", "manage.py", None, "makemigrations", "--dry-run", "--verbosity=0"),
}


def main():
    name, target = sys.argv[1], os.path.abspath(sys.argv[2])
    folder, program, prepare, *arguments = SCRIPTS[name]
    os.chdir(os.path.join(recorder.SCRIPTS, folder))
    # Instead of this script's own directory; the empty path is the current one.
    sys.path[0] = ""
    sys.argv[:] = [program, *arguments]
    if prepare:
        __import__(prepare)
    with open(program, encoding="utf-8") as file:
        code = compile(file.read(), program, "exec")
    module = dict.fromkeys(["__package__", "__spec__", "__cached__"], None)
    module |= {"__name__": "__main__", "__file__": program}
    sys.setrecursionlimit(20_000)
    functions, boxes = recorder.record(target, exec, code, module)
    say(name, functions, boxes)


def say(name, functions, boxes):
    print(f"{name:18} {functions:6,} functions {boxes:7,} boxes", flush=True)


if __name__ == "__main__":
    main()
