"""A course folder with one assignment of two notebooks, and submissions to it, for tests and benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib import checks
from tools import exercise_source

ASSIGNMENT = "ps1"
KL, PRICE = "kl-between-clouds", "price-of-halving"
EXERCISES = {name: exercise_source.read(exercise_source.FOLDER / f"{name}.md") for name in (KL, PRICE)}
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def write_course(root: Path) -> Path:
    """An nbgrader course folder with the source of the assignment; return the folder."""
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    for name in EXERCISES:
        nbformat.write(source_notebook(name), folder / f"{name}.ipynb")
    return root


def source_notebook(name: str) -> nbformat.NotebookNode:
    """The instructor's edition of one exercise: a locked cell, the solution, and one graded test cell a part."""
    exercise = EXERCISES[name]
    call = ", ".join(f"{function}={function}" for function in checks.definition(name).ANSWERS)
    cells = [_marked(new_markdown_cell(exercise.statement), f"{name}-statement", locked=True)]
    cells += [_marked(new_code_cell(text), f"{name}-given-{i}", locked=True) for i, text in enumerate(exercise.given)]
    cells += [
        _marked(new_code_cell(text), f"{name}-answer-{i}", solution=True) for i, text in enumerate(exercise.answers)
    ]
    for part, points in exercise.points.items():
        test = new_code_cell(f'checks.require("{name}", "{part}", {call})')
        cells.append(_marked(test, f"{name}-{part}", grade=True, locked=True, points=points))
    return new_notebook(cells=cells, metadata=KERNEL)


def _marked(cell: nbformat.NotebookNode, grade_id: str, **marks: object) -> nbformat.NotebookNode:
    cell.metadata["nbgrader"] = {
        **{
            "schema_version": 3,
            "grade_id": grade_id,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
        },
        **marks,
    }
    return cell


def solution(name: str) -> str:
    """The right answer to an exercise, as a student would write it."""
    lines = "\n".join(EXERCISES[name].answers).splitlines()
    return "\n".join(line for line in lines if line.strip() not in (exercise_source.BEGIN, exercise_source.END))


def submitted(released: Path, answer: str | None = None, edit: Callable[[dict], None] | None = None) -> str:
    """A released notebook with an answer in it, as JSON; `edit` does to its dictionary what else a student may do."""
    notebook = json.loads(released.read_text(encoding="utf-8"))
    if answer is not None:
        cell_of(notebook, f"{released.stem}-answer-0")["source"] = answer
    if edit is not None:
        edit(notebook)
    return json.dumps(notebook)


def cell_of(notebook: Mapping, grade_id: str) -> dict:
    """The cell of a notebook's dictionary with that id."""
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)
