"""The wheel's native program: the page is in it, and nothing else is needed."""

import email
import hashlib
import json
import re
import sys
import unittest
from pathlib import Path

from support import DATA, PROGRAM, Desk

try:
    from importlib import metadata
except ImportError:  # pragma: no cover
    metadata = None

PROFILE, LOG = DATA / "sample/orders.prof", DATA / "sample/orders.sql.jsonl"


class Wheel(Desk):
    def test_it_asks_for_nothing(self):
        found = metadata.distribution("flamedrop")
        self.assertIsNone(found.requires)
        self.assertEqual(found.metadata["Requires-Python"], ">=3.8")
        output, _ = self.flamedrop("--version")
        self.assertEqual(output, "flamedrop %s\n" % found.version)
        self.assertEqual(self.python("-m", "flamedrop", "--version")[0], output)

    @unittest.skipUnless(sys.platform == "linux", "the tag says what Linux is needed")
    def test_the_tag_is_true(self):
        wheel = email.message_from_string(metadata.distribution("flamedrop").read_text("WHEEL"))
        tags = wheel.get_all("Tag")
        self.assertTrue(all(tag.startswith("py3-none-") for tag in tags), tags)
        said = [tuple(map(int, found)) for tag in tags for found in re.findall(r"manylinux_(\d+)_(\d+)_", tag)]
        self.assertTrue(said, tags)
        # Versions of symbols stand as text in a program that is linked with them.
        needed = {tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", Path(PROGRAM).read_bytes())}
        self.assertLessEqual(max(needed), min(said))


class Open(Desk):
    def test_recordings_are_opened_as_they_are(self):
        output, said = self.flamedrop("open", PROFILE, LOG)
        (page,) = self.opened()
        self.assertEqual((output, said), ("Opened %s\n" % page, ""))
        self.assertEqual(self.documents(page), self.documents(PROFILE, LOG))
        # The page itself, and not what a test puts in its place.
        text = page.read_text("utf-8")
        for part in ("Content-Security-Policy", 'data-file="app_bg.wasm"'):
            self.assertTrue(part in text, part)

    def test_without_a_browser_it_is_said_where_the_page_is(self):
        del self.environment["BROWSER"]
        output, said = self.flamedrop("open", PROFILE)
        self.assertEqual(self.names(output.strip()), ["orders.prof"])
        self.assertIn("there is no browser here", said)

    def test_a_folder_and_standard_input(self):
        runs = self.folder / "runs"
        (runs / "old").mkdir(parents=True)
        (runs / "b.prof").write_bytes(PROFILE.read_bytes())
        (runs / "old/a.sql.jsonl").write_bytes(LOG.read_bytes())
        self.write("runs/notes.txt", "what was run when\n")
        self.flamedrop("open", "runs")
        self.python("-m", "flamedrop", "open", "-", input=LOG.read_text("utf-8"))
        folder, standard = self.opened(2)
        self.assertEqual(self.names(folder), ["b.prof", "a.sql.jsonl"])
        self.assertEqual(self.names(standard), ["standard input"])


class Publish(Desk):
    def test_a_site_is_whole_and_grows(self):
        self.flamedrop("publish", PROFILE, LOG, "--to", "site")
        self.flamedrop("publish", DATA / "pstats/3.13.prof", "--to", "site", "--title", "New", "--note", "Python 3.13")
        site = self.folder / "site"
        gallery = json.loads((site / "gallery.json").read_text("utf-8"))
        self.assertEqual([entry["title"] for entry in gallery["recordings"]], ["orders", "New"])
        listed = [file for entry in gallery["recordings"] for file in entry["files"]]
        self.assertEqual(self.names(*(site / file for file in listed)), ["orders.prof", "orders.sql.jsonl", "3.13.prof"])
        # What the page asks for is there.
        index = (site / "index.html").read_text("utf-8")
        asked = re.findall(r'(?:href|src|content|data-module)="\./([^"]+)"', index)
        self.assertGreater(len(asked), 4)
        for name in asked:
            self.assertTrue((site / name).is_file(), name)
        # As they were built: the service worker knows the hash of each, and refuses another.
        worker = (site / "sw.js").read_text("utf-8")
        modules = list(site.glob("*.wasm"))
        self.assertEqual(len(modules), 3)
        for module in modules:
            self.assertIn(hashlib.sha256(module.read_bytes()).hexdigest(), worker, module.name)


if __name__ == "__main__":
    unittest.main()
