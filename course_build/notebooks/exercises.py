"""The notebooks made of an exercise: a student's, the solution, and nbgrader's two editions.

All are the same cells in the same order; only what may be seen differs. Pure functions: nothing is executed here but
by `execute`.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_build.exercises.source import Exercise
from course_build.notebooks.blocks import folded
from course_build.notebooks.chapters import set_up_cell
from course_build.notebooks.kernels import KERNEL, NO_KERNEL
from course_build.notebooks.labels import Labels
from course_build.notebooks.markdown import Setting, for_notebook
from course_build.repository import Origin

HIDDEN_DRAWS = 3
NOWHERE = Origin()


@dataclass(frozen=True)
class Edition:
    """What a notebook shows: the solution or its stub, and the marks and tests of nbgrader."""

    solved: bool = False
    nbgrader: bool = False


STUDENT, SOLUTION = Edition(), Edition(solved=True)
RELEASE, SOURCE = Edition(nbgrader=True), Edition(solved=True, nbgrader=True)


def notebook(
    exercise: Exercise, edition: Edition, labels: Labels, picture: bytes = b"", origin: Origin = NOWHERE
) -> NotebookNode:
    """One edition of an exercise.

    Parameters
    ----------
    exercise : Exercise
        As read from its source.
    edition : Edition
        `STUDENT`, `SOLUTION`, `RELEASE` or `SOURCE`.
    labels : Labels
        Of the book, for what the text refers to.
    picture : bytes
        What the cell `expected` draws with the solution, a PNG; none without it.
    origin : Origin
        Where the course lives, for the set-up cell and for links.

    Returns
    -------
    NotebookNode
        Format 4.5; ids of cells and everything else depend on the arguments alone.
    """
    setting = Setting(labels, exercise.id, site=origin.site)
    cells = [_text("about", _about(exercise)), set_up_cell([*exercise.given, *exercise.stubs], origin)]
    cells.append(_text("statement", for_notebook(exercise.statement, setting)))
    cells += [_code(f"given-{n}", code) for n, code in enumerate(exercise.given, start=1)]
    codes = exercise.answers if edition.solved else exercise.stubs
    cells += [_code(f"answer-{n}", code) for n, code in enumerate(codes, start=1)]
    cells.append(_code("check", exercise.check))
    for n, hint in enumerate(exercise.hints, start=1):
        cells.append(_text(f"hint-{n}", folded(f"Hint {n}", for_notebook(hint, setting))))
    if exercise.expected:
        if picture and not edition.solved:
            cells.append(_picture(exercise, picture))
        cells.append(_code("expected", exercise.expected))
    if edition.nbgrader:
        cells += [_code(f"points-{part}", _test(exercise, part, edition.solved)) for part in exercise.points]
    elif edition.solved:
        cells.append(_text("note", for_notebook(exercise.note, setting)))
    if edition.nbgrader:
        for cell in cells:
            _mark(cell, exercise)
    about = {"id": exercise.id, "points": exercise.points}
    kernel = NO_KERNEL if edition == SOURCE else KERNEL
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "exercise": about})


def written(book: NotebookNode) -> str:
    """The text of the file, checked against the format of notebooks."""
    nbformat.validate(book)
    return nbformat.writes(book) + "\n"


def execute(book: NotebookNode, folder: str) -> NotebookNode:
    """Execute a notebook with this folder as its working directory; raises what its first failing cell raises."""
    client = NotebookClient(book, timeout=300, resources={"metadata": {"path": folder}}, record_timing=False)
    return client.execute(transport_encryption="auto")


def _about(exercise: Exercise) -> str:
    parts = ", ".join(f"{part} {points}" for part, points in exercise.points.items())
    return (
        f"# {exercise.title}\n\n"
        f"*Chapter {exercise.number} · {exercise.level} · {exercise.total} points ({parts}) · "
        f"about {exercise.minutes} minutes*"
    )


def _test(exercise: Exercise, part: str, with_hidden: bool) -> str:
    names = exercise.check.partition(", ")[2].removesuffix(")")
    call = f'exercises.require("{exercise.id}", "{part}", '
    if not with_hidden:
        return f"{call}{names})"
    return (
        f"{call}{names})\n"
        "# BEGIN HIDDEN TESTS\n"
        f"for _ in range({HIDDEN_DRAWS}):  # inputs that nobody has seen\n"
        f"    {call}seed=exercises.fresh_seed(), {names})\n"
        "# END HIDDEN TESTS"
    )


def _mark(cell: NotebookNode, exercise: Exercise) -> None:
    # nbgrader's own metadata, schema 3: an answer is written by the student, everything else is put back when graded.
    solution = cell.id.startswith("answer-")
    part = cell.id.removeprefix("points-")
    grade = part in exercise.points and cell.id.startswith("points-")
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": f"{exercise.id}-{cell.id}",
        "cell_type": cell.cell_type,
        "grade": grade,
        "solution": solution,
        "locked": not solution,
        "task": False,
    } | ({"points": exercise.points[part]} if grade else {})


def _picture(exercise: Exercise, picture: bytes) -> NotebookNode:
    # In the text itself, not as the cell's attachment: Colab shows none of these.
    address = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    return _text("picture", folded("What a right answer draws", f"![{exercise.expected_alt}]({address})"))


def _text(name: str, source: str) -> NotebookNode:
    return new_markdown_cell(source, id=name)


def _code(name: str, source: str) -> NotebookNode:
    return new_code_cell(source, id=name)
