"""The directive `build-report`: what the pages of this book were built with, and what executing them took."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from course_lib import data

PACKAGES = ("course_lib", "torch", "torchvision", "numpy", "scikit-learn", "matplotlib", "jupyter-book")
EDITIONS = {"digits-28": "scikit-learn's digits, resized to 28 × 28 because MNIST was not to be had"}


class BuildReport(SphinxDirective):
    """Tables of the chapters' execution, the data and the software; read anew in every build."""

    def run(self):
        """Return the tables."""
        self.env.note_reread()
        report = Path(self.env.app.outdir).parent / "execution.json"
        executed = json.loads(report.read_text(encoding="utf-8"))
        chapters = [
            (
                self._link(name),
                f"{cost['seconds']:.1f}",
                f"{cost['processor_seconds']:.1f}",
                f"{cost['peak_mb']:.0f}",
            )
            for name, cost in executed.items()
        ]
        software = [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
        machine = [("processor cores", str(os.cpu_count())), ("system", f"{platform.system()} {platform.machine()}")]
        return [
            *self._table("Execution", ("page", "seconds", "of the processor", "peak memory, MB"), chapters),
            *self._data(),
            *self._table("Software and machine", ("what", "version"), software + machine),
        ]

    def _data(self):
        edition = self.env.config.course_edition
        if edition != "mnist":
            return self._table("Data", ("edition", "source"), [(edition, EDITIONS[edition])])
        files = [tuple(nodes.literal(text=text) for text in pair) for pair in sorted(data.checksums().items())]
        return self._table("Data: MNIST, each file verified before use", ("file", "SHA-256"), files)

    @staticmethod
    def _link(name: str):
        """Link to a page, with its title, which is known only when every page has been read."""
        target = {"refdomain": "std", "reftype": "doc", "refexplicit": False, "reftarget": f"/{name}"}
        return addnodes.pending_xref("", nodes.inline(), **target)

    @staticmethod
    def _table(title: str, head: tuple[str, ...], rows: list[tuple]):
        section = nodes.section(ids=[nodes.make_id(title)])
        section += nodes.title(text=title)
        table, group = nodes.table(), nodes.tgroup(cols=len(head))
        table += group
        group += [nodes.colspec(colwidth=1) for _ in head]
        for part, lines in ((nodes.thead(), [head]), (nodes.tbody(), rows)):
            group += part
            for line in lines:
                row = nodes.row()
                cells = [nodes.Text(cell) if isinstance(cell, str) else cell for cell in line]
                row += [nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells]
                part += row
        section += table
        return [section]
