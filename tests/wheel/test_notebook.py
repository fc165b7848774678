"""%flamedrop in a notebook that nbclient runs and nbconvert exports; what a browser makes of it: notebook.test.js."""

import html
import os
import re
import sys
import unittest
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from support import Desk, names_of, roots

CELLS = [
    "%load_ext flamedrop",
    "def fibonacci(n):\n    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)",
    "%flamedrop fibonacci(15)",
    "%%flamedrop --view functions --height 500\n\ndef twice(n):\n    return fibonacci(n) + fibonacci(n)\n\ntwice(10)",
    "twice",
    "%%flamedrop\nfibonacci(3)\nraise ValueError('as it was meant')",
]


class Notebook(Desk):
    def setUp(self):
        super().setUp()
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        os.environ.update(self.environment)
        client = NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(self.folder)}})
        self.notebook = client.execute()

    def page(self, cell):
        """The page below a cell, and its frame's attributes."""
        (element,) = [
            output.data["text/html"]
            for output in self.notebook.cells[cell].outputs
            if "text/html" in output.get("data", {})
        ]
        attributes, text = re.fullmatch(r'<iframe (.*) srcdoc="([^"]*)"></iframe>', element, re.DOTALL).groups()
        page = self.folder / ("%s.html" % cell)
        page.write_text(html.unescape(text), "utf-8")
        return page, attributes

    def test_the_page_is_in_the_cell(self):
        page, attributes = self.page(2)
        (document,) = self.documents(page)
        self.assertEqual(document["name"], "cell 3.prof")
        self.assertIn(("cell 2", "fibonacci"), names_of(document))
        self.assertEqual(roots(document), {"<module>"})
        self.assertEqual({file for file, name in names_of(document) if name == "<module>"}, {"cell 3"})
        self.assertNotIn("allow-same-origin", attributes)
        # The value is shown as that of any cell.
        values = [output.data.get("text/plain") for output in self.notebook.cells[2].outputs if "data" in output]
        self.assertIn("610", values)

    def test_lines_are_those_that_one_sees(self):
        page, attributes = self.page(3)
        (document,) = self.documents(page)
        lines = {function["name"]: (function["file"], function["line"]) for function in document["functions"]}
        self.assertEqual(lines["twice"], ("cell 4", 3))
        self.assertEqual(lines["fibonacci"], ("cell 2", 1))
        self.assertIn('height="500"', attributes)
        self.assertIn("view=functions", page.read_text("utf-8")[:4000])
        # What the cell defines is there afterwards.
        self.assertIn("function", self.notebook.cells[4].outputs[0].data["text/plain"])

    def test_what_fails_is_shown_and_fails(self):
        page, _ = self.page(5)
        self.assertEqual(self.names(page), ["cell 6.prof"])
        (error,) = [output for output in self.notebook.cells[5].outputs if output.output_type == "error"]
        self.assertEqual((error.ename, error.evalue), ("ValueError", "as it was meant"))
        # Of the cell, not of what records it.
        self.assertNotIn("notebook.py", "\n".join(error.traceback))

    def test_an_export_has_the_page(self):
        export, _ = HTMLExporter().from_notebook_node(self.notebook)
        self.assertEqual(export.count("<iframe"), 3)
        if "FLAMEDROP_NOTEBOOK" in os.environ:
            folder = Path(os.environ["FLAMEDROP_NOTEBOOK"])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "notebook.html").write_text(export, "utf-8")
            nbformat.write(self.notebook, folder / "notebook.ipynb")


if __name__ == "__main__":
    print("With Python", sys.version.split()[0])
    unittest.main()
