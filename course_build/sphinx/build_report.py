"""The directive `build-report`: the facts of `health.py` as tables, and as `health.json` beside the page."""

from __future__ import annotations

import json
import os
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from course_build.copies import NAMES
from course_build.sphinx import health


class BuildReport(SphinxDirective):
    """Tables of the chapters' execution, the data, the weights and the software; read anew in every build."""

    COSTS = (("seconds", 1), ("processor_seconds", 1), ("peak_mb", 0))

    def run(self):
        """Return the tables."""
        self.env.note_reread()
        app = self.env.app
        execution = Path(app.outdir).parent / "execution.json"
        edition, address = app.config.course_edition, app.config.html_baseurl or None
        facts = health.facts(Path(app.srcdir), execution, edition, address, os.environ)
        self.env.course_health = {"page": self.env.docname, "facts": facts}
        return [
            *self._execution(facts),
            *self._files("The data: each file is hashed before use", facts["data"]),
            *self._files("Weights, maps and sweeps: each file is hashed by the build", facts["weights"]),
            *self._build(facts),
        ]

    def _execution(self, facts: dict):
        rows = [
            (self._link(name), *(f"{cost[key]:,.{digits}f}" for key, digits in self.COSTS))
            for name, cost in facts["chapters"].items()
        ]
        bounds = facts["bounds"]
        bound = ("may take at most", "", str(bounds["processor_seconds"]), f"{bounds['peak_mb']:,}")
        head = ("page", "seconds", "of the processor", "peak memory, MB")
        return self._table("What executing each chapter took", head, [*rows, bound])

    def _files(self, title: str, files: list[dict]):
        if not files:
            return []
        rows = [
            (
                nodes.literal(text=one["file"]),
                _digest(one["sha256"]),
                f"{one['bytes']:,}",
                nodes.literal(text=one["command"]),
            )
            for one in files
        ]
        return self._table(title, ("file", "SHA-256", "bytes", "command"), rows)

    def _build(self, facts: dict):
        built = [
            ("built", facts["built"].replace("T", " ").replace("+00:00", " UTC")),
            ("edition", facts["edition_says"]),
        ]
        if facts["commit"]:
            built.append(("commit", nodes.literal(text=facts["commit"])))
        rows = [*built, *facts["software"].items(), *facts["machine"].items()]
        return self._table("Build, software and machine", ("what", "which"), rows)

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


def _digest(sha256: str) -> nodes.Node:
    """A digest of which the style sheet shows the beginning: whole for who points at it, selects it or copies it."""
    return nodes.abbreviation(sha256, sha256, explanation=sha256, classes=["digest"])


def write_json(app) -> None:
    """Write the same facts beside the page."""
    report = getattr(app.env, "course_health", None)
    if report:
        path = (Path(app.outdir) / report["page"]).with_name("health.json")
        path.write_text(json.dumps(report["facts"], indent=2) + "\n", encoding="utf-8")


def drop_old_copies(app) -> None:
    """Take the PDF and the zip of the last build out of the site."""
    for name in NAMES:
        (Path(app.outdir) / name).unlink(missing_ok=True)
