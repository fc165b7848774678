"""What the tests of the wheel share: the program as it is installed, and a desk without a screen."""

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import flamedrop
from flamedrop import program

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "data"
PROGRAM = program.path()

# The tests are of what was installed; of the checkout they take recordings only.
assert HERE.parents[1] not in Path(flamedrop.__file__).resolve().parents, flamedrop.__file__


class Desk(unittest.TestCase):
    """A folder of its own for each test, in which programs are run."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir()
        self.browser = self.write("browser.sh", '#!/bin/sh\necho "$1" >> "$0.asked"\n')
        self.browser.chmod(self.browser.stat().st_mode | stat.S_IXUSR)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("FLAMEDROP", "DJANGO", "PYTHON", "DISPLAY", "WAYLAND", "BROWSER", "VIRTUAL_ENV"))
        }
        self.environment.update(TMPDIR=str(self.temporary), BROWSER=str(self.browser), PYTHONHASHSEED="0")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def call(self, *words, status=0, **named):
        """Runs a command; its output, and what it says beside, as text."""
        words = [str(word) for word in words]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self.environment,
            universal_newlines=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **({"stdin": subprocess.DEVNULL} if "input" not in named else {}),
            **named,
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def flamedrop(self, *words, **named):
        return self.call(PROGRAM, *words, **named)

    def python(self, *words, **named):
        return self.call(sys.executable, *words, **named)

    def opened(self, count=1):
        """The pages that the browser was given, as paths."""
        asked = Path(str(self.browser) + ".asked")
        # It is started, not waited for.
        for _ in range(600):
            lines = asked.read_text("utf-8").splitlines() if asked.exists() else []
            if len(lines) >= count:
                break
            time.sleep(0.1)
        self.assertEqual(len(lines), count)
        for line in lines:
            self.assertTrue(line.startswith("file:///"), line)
        return [Path(line[len("file://") :]) for line in lines]

    def documents(self, *files):
        """What Flamedrop reads in files."""
        output, _ = self.flamedrop("summary", "--json", *files)
        return json.loads(output)["documents"]

    def names(self, *files):
        return [document["name"] for document in self.documents(*files)]


def names_of(document):
    """Files and names of a profile's functions."""
    return {(function["file"], function["name"]) for function in document["functions"]}


def roots(document):
    """The names of functions that no other called."""
    return {function["name"] for function in document["functions"] if not function["callers"]}
