"""The numbers of the chapters, where readers look for them: titles, contents, and links of the text, "chapter 9".

Sphinx can number the pages of a contents 1, 2, 3, …; these leave out what is no chapter, and know "3b".
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes

from course_build.contents import chapter_number, with_numbers
from course_build.notebooks.labels import read_labels


def number_chapters(app, env) -> list[str]:
    """Tell Sphinx each chapter's number, where it keeps its own; connected to Sphinx's event `env-get-updated`."""
    for page in env.found_docs:
        if number := chapter_number(page, Path(app.srcdir)):
            title, *sections = env.tocs[page].findall(nodes.reference)
            title["secnumber"] = env.titles[page]["secnumber"] = (number,)
            # A section without an entry of its own would take its chapter's.
            env.toc_secnumbers[page] = {"": (number,)} | {section["anchorname"]: () for section in sections}
    return []


def number_references(app, docname: str, source: list[str]) -> None:
    """Write the numbers into links such as `[chapter #](ch-vae)`; connected to Sphinx's event `source-read`."""
    root = Path(app.srcdir)
    source[0] = with_numbers(source[0], read_labels(root).pages, root)


def setup(app):
    """Connect; called by Sphinx, which `extension` asks to."""
    app.connect("source-read", number_references)
    app.connect("env-get-updated", number_chapters, priority=900)  # Sphinx's own begins with none
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
