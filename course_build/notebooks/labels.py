"""What the labels of the book stand for, collected from its sources: formulas, titles, papers, numbers and places.

Formulas, figures and exercises are numbered 1, 2, … through the book in the order of its contents, as the pages do it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from myst_nb.core.read import read_myst_markdown_notebook
from nbformat import NotebookNode
from pybtex.database import parse_file
from pybtex.richtext import Text

from course_build.contents import pages
from course_build.repository import ROOT

EXERCISE = re.compile(r"^`{3,}\{course-exercise\} (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Labels:
    """The labels of the book, each with what it stands for.

    Attributes
    ----------
    formulas, titles, papers : dict of str to str
        Label → LaTeX; label → title of its section; key → "author (year)".
    numbers : dict of str to int
        Label of a formula, a figure or an exercise → its number in the book.
    pages : dict of str to str
        Label → the page it stands on, "book/part1/pca".
    """

    formulas: dict[str, str]
    titles: dict[str, str]
    papers: dict[str, str]
    numbers: dict[str, int] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)


@cache
def read_labels(root: Path = ROOT) -> Labels:
    """Collect every label of the book in a folder with `_toc.yml`."""
    labels = Labels({}, {}, _papers(root / "book" / "references.bib"))
    figures, exercises = 0, []
    for page in pages(root):
        notebook = read_page(root, page)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                _read_text(cell.source, page, labels)
                for name in EXERCISE.findall(cell.source):
                    exercises.append(name)
                    labels.numbers[f"ex-{name}"], labels.pages[f"ex-{name}"] = len(exercises), page
            elif figure := cell.metadata.get("mystnb", {}).get("figure"):
                figures += 1
                if name := figure.get("name"):
                    labels.numbers[name], labels.pages[name] = figures, page
    for number, label in enumerate(labels.formulas, start=1):
        labels.numbers[label] = number
    return labels


def read_page(root: Path, page: str) -> NotebookNode:
    """A page as the notebook that MyST-NB reads: its texts and its code, one cell after the other."""
    return read_myst_markdown_notebook((root / f"{page}.md").read_text(encoding="utf-8"))


def _read_text(text: str, page: str, labels: Labels) -> None:
    opened: list[str] | None = None
    waiting: list[str] = []  # labels of what comes next
    for line in text.splitlines():
        if line.startswith("$$"):
            if opened is not None and (named := re.fullmatch(r"\$\$ \(([\w-]+)\)", line)):
                labels.formulas[named[1]] = "\n".join(opened)
                labels.pages[named[1]] = page
            opened = [] if opened is None else None
        elif opened is not None:
            opened.append(line)
        elif named := re.fullmatch(r"\(([\w-]+)\)=", line):
            labels.pages[named[1]] = page
            waiting.append(named[1])
        elif line.strip():
            if heading := re.fullmatch(r"#+ (.+)", line):
                labels.titles.update(dict.fromkeys(waiting, heading[1]))
            waiting = []


def _papers(bibliography: Path) -> dict[str, str]:
    papers = {}
    for key, entry in parse_file(str(bibliography)).entries.items() if bibliography.is_file() else ():
        authors = [
            str(Text.from_latex(" ".join([*person.prelast_names, *person.last_names])))
            for person in entry.persons["author"]
        ]
        names = authors[0] + (" et al." if len(authors) > 2 else f" & {authors[1]}" if len(authors) == 2 else "")
        papers[key] = f"{names} ({entry.fields['year']})"
    return papers
