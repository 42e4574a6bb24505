"""The numbers by which the text calls its chapters ("chapter 9"), where readers look for them: title, contents, links.

Sphinx can number the pages of a contents 1, 2, 3, …; these are those of the files, "3b" among them.
"""

from __future__ import annotations

from docutils import nodes

from course_build.notebooks.labels import chapter_number


def number_chapters(app, env) -> list[str]:
    """Tell Sphinx each chapter's number, where it keeps its own; connected to Sphinx's event `env-get-updated`."""
    for page in env.found_docs:
        if number := chapter_number(page):
            title, *sections = env.tocs[page].findall(nodes.reference)
            title["secnumber"] = env.titles[page]["secnumber"] = (number,)
            # A section without an entry of its own would take its chapter's.
            env.toc_secnumbers[page] = {"": (number,)} | {section["anchorname"]: () for section in sections}
    return []


def setup(app):
    """Connect; called by Sphinx, which `extension` asks to."""
    app.connect("env-get-updated", number_chapters, priority=900)  # Sphinx's own begins with none
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
