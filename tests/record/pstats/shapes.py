"""Two small recordings whose call tree needs care, with neutral paths: python shapes.py TARGET

script-imports.prof: `python -m cProfile`'s, of a script that imports a module that imports another one.
without-callers.prof: of cProfile.Profile(subcalls=False), which names no callers.
"""

import cProfile
import json
import marshal
import os
import subprocess
import sys
import sysconfig
import tempfile
import time

FILES = {
    "report.py": """
import time
import sales


def add_up():
    time.sleep(0.02)


def main():
    add_up()


main()
""",
    "sales.py": "import time\nimport prices\ntime.sleep(0.03)\n",
    "prices.py": "import time\ntime.sleep(0.05)\n",
}


def neutral(stats, directory):
    """The same stats with the paths of a server."""
    places = {directory: "/srv/app", sysconfig.get_path("stdlib"): "/usr/lib/python3"}

    def key(function):
        path, line, name = function
        for place, instead in places.items():
            if path.startswith(place):
                path = instead + path[len(place) :]
        return path, line, name

    return {
        key(function): (*numbers, {key(caller): edge for caller, edge in callers.items()})
        for function, (*numbers, callers) in stats.items()
    }


def write(stats, directory, path):
    with open(path, "wb") as file:
        marshal.dump(neutral(stats, directory), file)


def script_imports(target):
    with tempfile.TemporaryDirectory() as directory:
        for name, text in FILES.items():
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        command = [sys.executable, "-B", "-m", "cProfile", "-o", "out.prof", "report.py"]
        subprocess.run(command, cwd=directory, check=True)
        with open(os.path.join(directory, "out.prof"), "rb") as file:
            write(marshal.load(file), os.path.realpath(directory), os.path.join(target, "script-imports.prof"))


def load(text):
    return json.loads(text)


def work():
    for _ in range(200):
        load(json.dumps({"rows": list(range(100))}))
    time.sleep(0.01)


def without_callers(target):
    profiler = cProfile.Profile(subcalls=False)
    profiler.runcall(work)
    profiler.create_stats()
    here = os.path.dirname(os.path.abspath(__file__))
    write(profiler.stats, here, os.path.join(target, "without-callers.prof"))


if __name__ == "__main__":
    script_imports(sys.argv[1])
    without_callers(sys.argv[1])
