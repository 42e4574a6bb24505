"""A course folder with one assignment of two notebooks, and submissions to it, for tests and benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat

from course_build.exercises import source as exercise_source
from course_build.notebooks import exercises as exercise_notebooks
from course_build.notebooks.labels import read_labels

ASSIGNMENT = "ps1"
KL, PRICE = "kl-between-clouds", "price-of-halving"
EXERCISES = {name: exercise_source.read(exercise_source.FOLDER / name) for name in (KL, PRICE)}


def write_course(root: Path) -> Path:
    """An nbgrader course folder with the source of the assignment; return the folder."""
    folder = root / "source" / ASSIGNMENT
    folder.mkdir(parents=True)
    for name in EXERCISES:
        nbformat.write(source_notebook(name), folder / f"{name}.ipynb")
    return root


def source_notebook(name: str) -> nbformat.NotebookNode:
    """The instructor's edition of one exercise, as `course_build.exercises.__main__` makes it."""
    return exercise_notebooks.notebook(EXERCISES[name], exercise_notebooks.SOURCE, read_labels())


def solution(name: str) -> str:
    """The right answer to an exercise, as a student would write it."""
    lines = "\n".join(EXERCISES[name].answers).splitlines()
    return "\n".join(line for line in lines if line.strip() not in (exercise_source.BEGIN, exercise_source.END))


def submitted(released: Path, answer: str | None = None, edit: Callable[[dict], None] | None = None) -> str:
    """A released notebook with an answer in it, as JSON; `edit` does to its dictionary what else a student may do."""
    notebook = json.loads(released.read_text(encoding="utf-8"))
    if answer is not None:
        cell_of(notebook, f"{released.stem}-answer-1")["source"] = answer
    if edit is not None:
        edit(notebook)
    return json.dumps(notebook)


def cell_of(notebook: Mapping, grade_id: str) -> dict:
    """The cell of a notebook's dictionary with that id."""
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)
