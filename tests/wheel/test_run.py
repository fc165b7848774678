"""`flamedrop run`: a program runs as it does without, and its profile is its own. With every Python that is found."""

import glob
import os
import subprocess
import sys
import unittest
from pathlib import Path

from support import PROGRAM, Desk, names_of, roots

SCRIPT = """\
import os, pickle, sys

class Order:
    pass

def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

def main():
    fibonacci(12)
    assert isinstance(pickle.loads(pickle.dumps(Order())), Order)

if __name__ == "__main__":
    main()
    print(sys.argv, __name__, __file__, sys.path[0], __package__, __spec__ and __spec__.name)
    if sys.argv[1:] == ["fail"]:
        raise ValueError("as it was meant")
    if sys.argv[1:] == ["status"]:
        sys.exit(7)
    if sys.argv[1:] == ["words"]:
        sys.exit("in words")
    if sys.argv[1:] == ["stop"]:
        raise KeyboardInterrupt
"""


def pythons():
    """One of each version: this one, and pyenv's."""
    found = {}
    for python in [sys.executable, *sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python3")))]:
        version = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], stdout=subprocess.PIPE, check=True
        ).stdout
        version = tuple(map(int, version.split()))
        if version >= (3, 8):
            found.setdefault(version, python)
    return sorted(found.items())


class Run(Desk):
    def setUp(self):
        super().setUp()
        self.script = self.write("app.py", SCRIPT)

    def same(self, python, *words, status=0):
        """A run, and the same without Flamedrop: their output, and what is said but for Flamedrop's own."""
        self.environment.pop("BROWSER", None)
        direct = self.call(python, *words, status=status)
        recorded = self.flamedrop("run", "--python", python, "--keep", "kept", *words, status=status)
        said = [line for line in recorded[1].splitlines(True) if not line.startswith("flamedrop: ")]
        page = [line for line in said if line.endswith(".html\n")]
        said = "".join(line for line in said if line not in page)
        self.assertEqual((recorded[0], said), direct)
        return self.documents(self.folder / "kept" / "app.prof")[0]

    def test_a_script_is_what_it_is_without(self):
        for version, python in pythons():
            with self.subTest(version):
                document = self.same(python, "app.py", "a b", "-m", "--no-browser")
                functions = names_of(document)
                self.assertIn("fibonacci", {name for _, name in functions})
                # Nothing is above the script, and nothing of what ran it is in the profile.
                self.assertEqual(roots(document) - {"<module>"}, set())
                for file, name in functions:
                    self.assertNotIn(os.path.basename(file), ("run.py", "runpy.py", "cProfile.py"), name)
                    self.assertNotIn("_lsprof", name)
                calls = {function["name"]: function["calls"] for function in document["functions"]}
                self.assertEqual(calls["fibonacci"], 465)

    def test_a_module_is_what_it_is_without(self):
        self.write("shop/__init__.py", "")
        self.write("shop/app.py", SCRIPT)
        self.write("shop/__main__.py", "from .app import main\nimport sys\nmain()\nprint(sys.argv, __spec__.name)\n")
        for version, python in pythons():
            with self.subTest(version):
                self.environment.pop("BROWSER", None)
                for words in (["-m", "app", "x"], ["-m", "shop.app", "status"], ["-m", "shop", "-h"]):
                    status = 7 if "status" in words else 0
                    direct = self.call(python, *words, status=status)
                    recorded = self.flamedrop("run", "--python", python, *words, status=status)
                    self.assertEqual(recorded[0], direct[0])

    def test_how_it_ends_is_how_it_ends(self):
        for version, python in pythons():
            for word, status in (("fail", 1), ("status", 7), ("words", 1), ("stop", -2)):
                with self.subTest(version, word=word):
                    # Tracebacks have the program's lines only.
                    self.same(python, "app.py", word, status=status)
            with self.subTest(version, word="missing"):
                direct = self.call(python, "missing.py", status=2)
                recorded = self.flamedrop("run", "--python", python, "missing.py", status=2)
                self.assertEqual(recorded[1].split(": ", 1)[0], direct[1].split(": ", 1)[0])
                self.call(python, "-m", "missing", status=1)
                self.flamedrop("run", "--python", python, "-m", "missing", status=1)
        # Of those that were not run nothing is left.
        kept = [folder for folder in self.temporary.iterdir() if not any(folder.iterdir())]
        self.assertEqual(kept, [])

    def test_the_page_is_opened(self):
        output, said = self.flamedrop("run", "app.py")
        (page,) = self.opened()
        self.assertEqual(page.name, "app.html")
        self.assertEqual(self.names(page), ["app.prof"])
        self.assertIn("view=flame-graph", page.read_text("utf-8")[:4000])
        # What the program prints is the program's.
        self.assertNotIn("Opened", output)
        self.assertIn("Opened %s" % page, said)
        left = sorted(path.name for path in page.parent.iterdir())
        self.assertEqual(left, ["app.html", "app.prof"])

    def test_children_find_their_main_module(self):
        self.write(
            "pool.py",
            "import multiprocessing\n"
            "def square(n):\n    return n * n\n"
            "if __name__ == '__main__':\n"
            "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
            "        print(pool.map(square, range(4)))\n",
        )
        for word in (["pool.py"], ["-m", "pool"]):
            output, _ = self.flamedrop("run", *word)
            self.assertEqual(output, "[0, 1, 4, 9]\n")
        # One page each, and none of the children's.
        self.opened(2)

    def test_folders_and_archives_run(self):
        self.write("bundle/__main__.py", "import helper\nprint(helper.NAME, __file__)\n")
        self.write("bundle/helper.py", "NAME = 'helper'\n")
        self.python("-m", "zipapp", "bundle", "-o", "bundle.pyz")
        for name in ("bundle", "bundle.pyz"):
            self.assertEqual(self.flamedrop("run", name)[0], self.python(name)[0])

    def test_a_program_runs_again_when_it_changes(self):
        self.write("watched.py", "import helper\nprint(helper.NAME, flush=True)\n")
        self.write("helper.py", "NAME = 'one'\n")
        self.write("venv/pyvenv.cfg", "")
        process = subprocess.Popen(
            [PROGRAM, "run", "--watch", "watched.py"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
        try:
            self.assertEqual(process.stdout.readline(), "one\n")
            self.opened(1)
            # What is installed is not the program's own.
            self.write("venv/other.py", "")
            self.write("helper.py", "NAME = 'another'\n")
            self.assertEqual(process.stdout.readline(), "another\n")
            for page in self.opened(2):
                self.assertEqual(self.names(page), ["watched.prof"])
        finally:
            process.kill()
            process.communicate()

    def test_options_of_the_interpreter_hold(self):
        self.write("debug.py", "import sys\nprint(__debug__, sys.flags.optimize)\n")
        output, _ = self.python("-O", "-m", "flamedrop", "run", "debug.py")
        self.assertEqual(output, "False 1\n")
        self.assertEqual(self.names(*self.opened()), ["debug.prof"])

    def test_which_python_it_is(self):
        self.write("which.py", "import sys\nprint(sys.prefix)\n")
        # The one beside the program.
        self.assertEqual(self.flamedrop("run", "which.py")[0].strip(), sys.prefix)
        # From elsewhere, as pipx links it: the active environment's.
        links = self.folder / "links"
        links.mkdir()
        (links / "flamedrop").symlink_to(PROGRAM)
        self.call(sys.executable, "-m", "venv", "--without-pip", "own")
        self.environment.update(VIRTUAL_ENV=str(self.folder / "own"), PATH="%s:/usr/bin:/bin" % links)
        output, _ = self.call("flamedrop", "run", "which.py", executable=links / "flamedrop")
        self.assertEqual(output.strip(), str(self.folder / "own"))

    def test_imports_of_the_program_keep_their_callers(self):
        self.write("helper.py", "import json\ndef f():\n    return json.dumps([1])\nf()\n")
        self.write("imports.py", "import helper\nexec('helper.f()')\n")
        self.flamedrop("run", "--keep", "kept", "--no-browser", "imports.py")
        (document,) = self.documents(Path(self.folder, "kept/imports.prof"))
        self.assertEqual(roots(document), {"<module>"})
        # Those that the program itself calls are there.
        self.assertTrue(any("exec" in name for _, name in names_of(document)))


if __name__ == "__main__":
    unittest.main()
