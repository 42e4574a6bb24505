"""What was asked: an assignment of the instructor's course folder, read from its `release` and its exercises.

This side is trusted. A notebook's cells say by nbgrader's metadata what each is for; a graded test cell is one part of
one exercise, and says which in its own code, `exercises.require("exercise", "part", …)`. That call is read here, never
run.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import nbformat


class NoAssignment(ValueError):
    """The course folder holds no such assignment, or one that cannot be graded."""


@dataclass(frozen=True)
class GradedCell:
    """One graded test cell: which part of which exercise, and how many points it gives."""

    grade_id: str
    exercise: str
    name: str
    points: float


@dataclass(frozen=True)
class Notebook:
    """One notebook as it was handed out.

    Attributes
    ----------
    name : str
        Without `.ipynb`.
    cells : list of nbformat.NotebookNode
        In order, stubs where answers go.
    parts : list of GradedCell
        What its graded test cells ask for.
    """

    name: str
    cells: list[nbformat.NotebookNode]
    parts: list[GradedCell]

    def cell(self, grade_id: str) -> nbformat.NotebookNode | None:
        """The cell with that id, or None."""
        return next((cell for cell in self.cells if grade_id_of(cell) == grade_id), None)


def grade_id_of(cell: nbformat.NotebookNode) -> str | None:
    """The id that nbgrader knows a handed-out cell by; None for a cell it does not know."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_answer(cell: nbformat.NotebookNode) -> bool:
    """Whether a handed-out cell is for the student to write in."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_graded_test(cell: nbformat.NotebookNode) -> bool:
    """Whether a handed-out cell gives points for what other cells define."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("grade")) and not marks.get("solution") and cell.cell_type == "code"


def source_of(course: Path, name: str) -> Path:
    """The folder of an assignment's sources; NoAssignment, with those that are there, where it is missing."""
    folder = course / "source" / name
    if not list(folder.glob("*.ipynb")):
        known = sorted(path.name for path in (course / "source").glob("*") if path.is_dir())
        raise NoAssignment(f"got the assignment {name!r}; {course} holds: {', '.join(known) or 'none'}")
    return folder


def read(course: Path, name: str) -> list[Notebook]:
    """The notebooks of an assignment: their cells as in `release`, their parts as in `source`, hidden tests included.

    Parameters
    ----------
    course
        nbgrader's course folder.
    name
        The assignment: a folder of that name in `source` and `release`.

    Raises
    ------
    NoAssignment
        If there is none, or a graded test cell does not say what it tests.
    """
    sources, notebooks = source_of(course, name), []
    for path in sorted((course / "release" / name).glob("*.ipynb")):
        source = sources / path.name
        if not source.is_file():
            raise NoAssignment(f"{path} was released, but {source} is gone: nothing says what its tests test")
        parts = [_part(cell, source) for cell in nbformat.read(source, as_version=4).cells if is_graded_test(cell)]
        notebooks.append(Notebook(path.stem, nbformat.read(path, as_version=4).cells, parts))
    return notebooks


def _part(cell: nbformat.NotebookNode, path: Path) -> GradedCell:
    marks = cell.metadata.nbgrader
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "exercises.require" and len(node.args) >= 2:
            exercise, name = (ast.literal_eval(argument) for argument in node.args[:2])
            return GradedCell(marks.grade_id, exercise, name, float(marks.points))
    raise NoAssignment(
        f"{path}: the graded cell {marks.grade_id!r} does not call exercises.require(exercise, part, …), so nothing "
        "says what it tests; it can only be graded by hand: make it an answer cell (solution and grade)"
    )
