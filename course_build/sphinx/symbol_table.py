"""The directive `symbol-table`: every symbol of the course, read from the table that colours the formulas."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from course_lib.notation import SYMBOLS


class SymbolTable(SphinxDirective):
    """A table with one row a symbol: its letter in its colour, what it means, its name in code, its shape."""

    def run(self) -> list[nodes.Node]:
        """Write the table in Markdown and let the page's own parser read it."""
        rows = ["| symbol | meaning | in code | shape |", "|:--:|:--|:--|:--|"]
        for symbol in SYMBOLS:
            code, shape = (f"`{text}`" if text else "" for text in (symbol.code, symbol.shape))
            rows.append(f"| $\\{symbol.macro}$ | {symbol.meaning.replace('|', chr(92) + '|')} | {code} | {shape} |")
        container = nodes.container(classes=["symbol-table"])
        self.state.nested_parse(StringList(rows, source=__file__), self.content_offset, container)
        return container.children
