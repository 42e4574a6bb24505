"""A chapter as a notebook for JupyterLab, Colab or VS Code: its text in plain Markdown, its code, and no outputs.

Without outputs it is small and honest: what a reader sees there is what a run there gave. Only the numbers in the text
are those of the run that the page shows.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_build.contents import chapter_number, pages
from course_build.exercises.source import BadSource, Exercise
from course_build.notebooks import setup_cell as notebook_setup
from course_build.notebooks.blocks import BlockContext, with_blocks
from course_build.notebooks.kernels import KERNEL
from course_build.notebooks.labels import ROOT, Labels, read_page
from course_build.notebooks.markdown import Setting, for_notebook
from course_build.repository import Origin

RECORD = "application/papermill.record/text/plain"
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


@dataclass(frozen=True)
class Imprint:
    """What every notebook says about where it is from.

    Attributes
    ----------
    title, author, terms : str
        As in `_config.yml`; `terms` is its copyright.
    origin : Origin
        Where the course lives, as far as it is known.
    labels : Labels
        The book's.
    exercises : mapping of str to Exercise
        By their ids.
    """

    title: str
    author: str
    terms: str
    origin: Origin
    labels: Labels
    exercises: Mapping[str, Exercise]


def course(origin: Origin, labels: Labels, exercises: Iterable[Exercise], root: Path = ROOT) -> Imprint:
    """The course of a folder with `_config.yml`."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    by_id = {exercise.id: exercise for exercise in exercises}
    return Imprint(config["title"], config["author"], config["copyright"], origin, labels, by_id)


@cache
def chapters(root: Path = ROOT) -> tuple[str, ...]:
    """The pages that are notebooks: those with code, but for the door of the book."""
    _door, *inner = pages(root)
    return tuple(page for page in inner if any(cell.cell_type == "code" for cell in read_page(root, page).cells))


def file_name(page: str) -> str:
    """What the notebook of a page is called: "pca.ipynb"."""
    return f"{page.rpartition('/')[2]}.ipynb"


def set_up_cell(codes: Iterable[str], origin: Origin) -> NotebookNode:
    """The cell that comes before the others, given their code."""
    source = notebook_setup.cell(imported(codes), origin.repository, origin.ref)
    made = new_code_cell(source, id="set-up", metadata={"tags": ["hide-input"], "cellView": "form"})
    return _collapsed(made)


def runnable(read: NotebookNode, origin: Origin) -> list[NotebookNode]:
    """The code cells of a chapter's notebook, the set-up cell first, for the notebook that was read from its page."""
    cells = [cell for cell in read.cells if cell.cell_type == "code"]
    made = [
        _collapsed(new_code_cell(cell.source, id=f"code-{number}", metadata=copy.deepcopy(cell.metadata)))
        for number, cell in enumerate(cells, start=1)
    ]
    return [set_up_cell([cell.source for cell in cells], origin), *made]


def notebook(page: str, read: NotebookNode, glued: Mapping[str, str], course: Imprint) -> NotebookNode:
    """The notebook of one chapter.

    Parameters
    ----------
    page : str
        Its name, "book/part1/pca".
    read : NotebookNode
        What was read from its source.
    glued : mapping of str to str
        The numbers of its run, as `glued_numbers` returns them.
    course : Imprint
        Where it is from.

    Returns
    -------
    NotebookNode
        Format 4.5, the same for the same arguments.
    """
    setting = Setting(course.labels, page, page, course.origin.site, glued)
    set_up, *codes = runnable(read, course.origin)
    title, rest = _parted(read.cells[0].source, page)
    cells = [new_markdown_cell(_head(for_notebook(title, setting), page, course), id="about"), set_up]
    chapter = BlockContext(setting, course.exercises)
    texts = [with_blocks(rest, chapter)]  # of the next Markdown cell
    waiting = iter(codes)
    for cell in read.cells[1:]:
        if cell.cell_type == "markdown":
            texts.append(with_blocks(cell.source, chapter))
            continue
        cells += _text(texts, len(cells))
        cells.append(next(waiting))
        texts = [_caption(cell, setting)]
    cells += _text(texts, len(cells))
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})


def glued_numbers(executed: NotebookNode) -> dict[str, str]:
    """Name → text of every number that the cells of an executed notebook glued."""
    found = {}
    for cell in executed.cells:
        for output in cell.get("outputs", ()):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name is not None and RECORD in output.get("data", {}):
                found[name] = str(ast.literal_eval(output.data[RECORD]))
    return found


def imported(codes: Iterable[str]) -> set[str]:
    """The top-level modules that some code imports."""
    names = set()
    for node in (node for code in codes for node in ast.walk(ast.parse(code))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def _parted(first: str, page: str) -> tuple[str, str]:
    parts = re.fullmatch(r"\s*(?:\([\w-]+\)=\s*)?# ([^\n]+)\n?(.*)", first, re.DOTALL)
    if parts is None:
        raise BadSource(f"{page}: a chapter begins with its title, # …; got\n{first[:200]}")
    return parts[1], parts[2]


def _head(title: str, page: str, course: Imprint) -> str:
    site = course.origin.site
    book = f"[{course.title}]({site})" if site else course.title
    here = f" · [this chapter in the book]({site}{page}.html)" if site else ""
    number = chapter_number(page)
    part = f"Chapter {number} of" if number else "From"
    return f"# {title}\n\n*{part} {book}, by {course.author} · {course.terms}{here}*"


def _caption(cell: NotebookNode, setting: Setting) -> str:
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if not figure.get("caption"):
        return ""
    number = setting.labels.numbers.get(figure.get("name"))
    name = f"Fig. {number}" if number else "Figure"
    return f"**{name}** *{for_notebook(figure['caption'], setting)}*"


def _text(texts: list[str], number: int) -> list[NotebookNode]:
    text = "\n\n".join(filter(None, map(str.strip, texts)))
    return [new_markdown_cell(text, id=f"text-{number}")] if text else []


def _collapsed(cell: NotebookNode) -> NotebookNode:
    # JupyterLab's own word for what the page's tags mean.
    if HIDDEN & set(cell.metadata.get("tags", ())):
        cell.metadata["jupyter"] = {"source_hidden": True}
    return cell
