"""The directive `build-report`: what the pages of this book were built with, and what executing them took."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

PACKAGES = ("course_lib", "torch", "torchvision", "numpy", "scikit-learn", "matplotlib", "jupyter-book")
EDITIONS = {
    "mnist": "MNIST, 60 000 training and 10 000 test images",
    "digits-28": "scikit-learn's digits resized to 28 × 28, because MNIST was not to be had",
}


class BuildReport(SphinxDirective):
    """Tables of the chapters' execution, the data and the software; read anew in every build."""

    def run(self):
        """Return the tables."""
        self.env.note_reread()
        report = Path(self.env.app.outdir).parent / "execution.json"
        executed = json.loads(report.read_text(encoding="utf-8"))
        chapters = [(name, f"{cost['seconds']:.1f}", f"{cost['peak_mb']:.0f}") for name, cost in executed.items()]
        software = [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
        machine = [("processor cores", str(os.cpu_count())), ("system", f"{platform.system()} {platform.machine()}")]
        return [
            *self._table("Execution", ("page", "seconds", "peak memory, MB"), chapters),
            *self._table("Data", ("file", "SHA-256"), self._data()),
            *self._table("Software and machine", ("what", "version"), software + machine),
        ]

    def _data(self):
        return []

    def _table(self, title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]):
        section = nodes.section(ids=[nodes.make_id(title)])
        section += nodes.title(text=title)
        table, group = nodes.table(), nodes.tgroup(cols=len(head))
        table += group
        group += [nodes.colspec(colwidth=1) for _ in head]
        for part, lines in ((nodes.thead(), [head]), (nodes.tbody(), rows)):
            group += part
            for line in lines:
                row = nodes.row()
                row += [nodes.entry("", nodes.paragraph(text=text)) for text in line]
                part += row
        section += table
        return [section]
