"""`flamedrop run`: a program runs as it does without, and its profile is its own. With every Python that is found."""

import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
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
        kept = tempfile.mkdtemp(dir=self.folder)
        recorded = self.flamedrop("run", "--python", python, "--keep", kept, *words, status=status)
        said = [line for line in recorded[1].splitlines(True) if not line.startswith("flamedrop: ")]
        page = [line for line in said if line.endswith(".html\n")]
        said = "".join(line for line in said if line not in page)
        self.assertEqual((recorded[0], said), direct)
        return self.documents(Path(kept, "app.prof"))[0]

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

    def test_the_traceback_comes_before_what_is_said_of_the_recording(self):
        self.environment.pop("BROWSER", None)
        for version, python in pythons():
            with self.subTest(version):
                _, said = self.flamedrop("run", "--python", python, "app.py", "fail", status=1)
                self.assertLess(said.index("ValueError: as it was meant"), said.index("there is no browser here"))

    def test_a_program_that_ends_at_once_is_recorded(self):
        self.write(
            "leave.py",
            "import os, sys, threading, time\n"
            "def work():\n    return sum(range(1000))\n"
            "work()\n"
            "if sys.argv[1:] == ['child']:\n"
            "    child = os.fork()\n"
            "    if child == 0:\n        os._exit(3)\n"
            "    print(os.waitpid(child, 0)[1] >> 8)\n"
            "elif sys.argv[1:] == ['thread']:\n"
            "    threading.Thread(target=lambda: os._exit(5)).start()\n    time.sleep(60)\n"
            "else:\n    os._exit(4)\n",
        )
        for version, python in pythons():
            with self.subTest(version):
                kept = Path(tempfile.mkdtemp(dir=self.folder))
                run = ["run", "--no-browser", "--python", python, "--keep", kept, "leave.py"]
                self.flamedrop(*run, status=4)
                (document,) = self.documents(kept / "leave.prof")
                self.assertIn("work", {name for _, name in names_of(document)})
                self.assertEqual(roots(document), {"<module>"})
                # A child ends as it did; the recording is of the parent.
                output, _ = self.flamedrop(*run, "child")
                self.assertEqual(output, "3\n")
                self.assertEqual(sorted(path.name for path in kept.iterdir()), ["leave-2.prof", "leave.prof"])
                _, said = self.flamedrop(*run, "thread", status=5)
                self.assertIn("nothing was recorded: a thread ended the program by os._exit", said)

    def test_recordings_that_are_kept_stay(self):
        for number in range(3):
            _, said = self.flamedrop("run", "--no-browser", "--keep", "kept", "app.py")
            name = "app.prof" if number == 0 else "app-%d.prof" % (number + 1)
            self.assertIn("recorded %s\n" % (self.folder / "kept" / name), said)
        names = sorted(path.name for path in (self.folder / "kept").iterdir())
        self.assertEqual(names, ["app-2.prof", "app-3.prof", "app.prof"])

    def test_a_folder_that_cannot_be_written_is_said_before_the_program_runs(self):
        self.write("taken", "")
        output, said = self.flamedrop("run", "--keep", "taken/kept", "app.py", status=1)
        self.assertEqual(output, "")
        self.assertIn("the recording cannot be kept in %s" % (self.folder / "taken/kept"), said)
        self.assertNotIn("Traceback", said)
        self.assertEqual(list(self.temporary.iterdir()), [])

    def test_an_older_python_says_what_is_needed(self):
        found = glob.glob(os.path.expanduser("~/.pyenv/versions/[23].*/bin/python"))
        for python in found:
            version = subprocess.run(
                [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], stdout=subprocess.PIPE, check=True
            )
            version = version.stdout.decode().strip()
            if tuple(map(int, version.split("."))) < (3, 8):
                with self.subTest(version):
                    _, said = self.flamedrop("run", "--python", python, "app.py", status=1)
                    self.assertEqual(said, "flamedrop run: it needs Python 3.8 or newer, and %s is %s\n" % (python, version))
                    self.assertEqual(list(self.temporary.iterdir()), [])

    def test_what_is_no_python_is_said_as_python_says_it(self):
        self.write("wrong.py", "print(1)\ndef f(:\n    pass\n")
        for version, python in pythons():
            with self.subTest(version):
                direct = self.call(python, "wrong.py", status=1)
                self.assertEqual(self.flamedrop("run", "--python", python, "wrong.py", status=1), direct)
                _, said = self.flamedrop("run", "--python", python, "-m", "wrong", status=1)
                self.assertNotIn("run.py", said)

    def test_what_is_not_in_the_profile_is_said(self):
        self.write(
            "beside.py",
            "import subprocess, sys, threading\n"
            "if 'thread' in sys.argv:\n"
            "    for _ in range(2):\n"
            "        thread = threading.Thread(target=sum, args=(range(10),))\n"
            "        thread.start()\n        thread.join()\n"
            "if 'process' in sys.argv:\n"
            "    subprocess.check_call([sys.executable, '-c', 'sum(range(20000000))'])\n",
        )
        for version, python in pythons():
            with self.subTest(version):
                for word, sentence in (
                    ("thread", "without 2 other threads" if version < (3, 12) else None),
                    ("process", "without the processes that the program started"),
                    ("nothing", None),
                ):
                    _, said = self.flamedrop("run", "--no-browser", "--python", python, "beside.py", word)
                    if sentence is None:
                        self.assertNotIn("without", said)
                    else:
                        self.assertIn("the profile is %s" % sentence, said)

    def test_a_site_that_is_reloaded_is_told_how_to_be_recorded(self):
        self.write("manage.py", "import sys\nprint(sys.argv[1:])\n")
        sentence = "add --noreload --nothreading"
        for words, is_said in (
            (["runserver"], True),
            (["runserver", "8001", "--nothreading"], True),
            (["runserver", "--noreload"], False),
            (["migrate"], False),
        ):
            output, said = self.flamedrop("run", "--no-browser", "manage.py", *words)
            self.assertEqual(output, "%r\n" % words)
            self.assertEqual(sentence in said, is_said, words)

    def test_control_c_ends_the_program_and_not_the_watch(self):
        self.write("serve.py", "import time\nprint('serving', flush=True)\ntime.sleep(600)\n")
        process = subprocess.Popen(
            [PROGRAM, "run", "--watch", "serve.py"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            # As a terminal's foreground: all of it gets the signal.
            start_new_session=True,
        )
        try:
            self.assertEqual(process.stdout.readline(), "serving\n")
            os.killpg(process.pid, signal.SIGINT)
            said = []
            while not said or "waiting for a change" not in said[-1]:
                said.append(process.stderr.readline())
                self.assertNotEqual(said[-1], "", said)
            self.assertIn("KeyboardInterrupt\n", said)
            self.assertEqual(self.names(*self.opened()), ["serve.prof"])
            # Now it is for the watch.
            os.killpg(process.pid, signal.SIGINT)
            self.assertEqual(process.wait(60), -signal.SIGINT)
        finally:
            process.kill()
            process.communicate()

    def test_without_the_folder_for_temporary_files_there_is_another(self):
        self.environment["TMPDIR"] = str(self.folder / "nowhere")
        self.environment.pop("BROWSER", None)
        output, said = self.flamedrop("run", "app.py")
        self.assertIn("__main__", output)
        page = next(line for line in said.splitlines() if line.endswith("app.html"))
        self.addCleanup(shutil.rmtree, os.path.dirname(page))
        self.assertEqual(self.names(page), ["app.prof"])

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
        # Also where the program is another environment's.
        output, _ = self.flamedrop("run", "which.py")
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
