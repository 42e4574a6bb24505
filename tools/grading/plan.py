"""From a submitted notebook to what will be run: the student's cells in their order, ours as they were handed out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat

from tools.grading.assignment import Notebook, grade_id_of, is_answer, is_graded_test
from tools.grading.submissions import Cell


@dataclass(frozen=True)
class Step:
    """A cell to run: its text, and what a teacher would call it."""

    source: str
    called: str


@dataclass(frozen=True)
class Plan:
    """What to run of one notebook, what to show of it, and what a teacher should know about it.

    Attributes
    ----------
    steps : list of Step
        Run in this order.
    shown : list of nbformat.NotebookNode
        The handed-out notebook with the student's answers and own cells in it: well-formed whatever came in.
    notes : list of str
        In our words; nothing of the student's text is in them.
    answered : bool
        Whether an answer cell differs from what was handed out, or there is code in a cell of the student's own.
    """

    steps: list[Step]
    shown: list[nbformat.NotebookNode]
    notes: list[str]
    answered: bool


def plan(asked: Notebook, cells: Sequence[Cell]) -> Plan:
    """Merge a submission into the notebook that was handed out.

    Locked cells are ours, whatever the submission made of them, and run first where it deleted them; those that only
    look at answers, graded tests among them, are not run at all. An answer cell that is there twice (a copy takes its
    id along) is run twice, as a kernel would: the last definition wins.
    """
    set_up = _set_up(asked)
    matter = set_up | {grade_id_of(cell) for cell in asked.cells if is_answer(cell) or is_graded_test(cell)}
    steps, notes, own = [], [], {}  # own: id of the known cell before → the student's own cells after it
    answers: dict[str, list[str]] = {}
    seen: set[str] = set()
    before = ""
    for number, cell in enumerate(cells, start=1):
        known = asked.cell(cell.grade_id) if cell.grade_id else None
        if known is None:
            own.setdefault(before, []).append(cell)
            if cell.kind == "code" and cell.source.strip():
                steps.append(Step(cell.source, f"cell {number}"))
            continue
        before = cell.grade_id
        if is_answer(known):
            answers.setdefault(cell.grade_id, []).append(cell.source)
            if known.cell_type == "code":
                steps.append(Step(cell.source, f"answer cell {cell.grade_id}"))
        elif cell.grade_id not in seen:
            if cell.grade_id in matter and cell.source.strip() != known.source.strip():
                notes.append(f"locked cell {cell.grade_id} was changed; ours was used")
            if cell.grade_id in set_up:
                steps.append(Step(known.source, f"cell {cell.grade_id}"))
        if cell.grade_id in seen and cell.grade_id in matter:
            notes.append(f"cell {cell.grade_id} is there more than once")
        seen.add(cell.grade_id)
    missing = [cell for cell in asked.cells if grade_id_of(cell) in matter - seen]
    notes += [f"cell {grade_id_of(cell)} was deleted" for cell in missing]
    first = [Step(cell.source, f"cell {grade_id_of(cell)}") for cell in missing if grade_id_of(cell) in set_up]
    if any(cell.grade_id and asked.cell(cell.grade_id) is None for cell in cells):
        notes.append("some cells carry ids that were never handed out; they were run as the student's own")
    handed_out = {grade_id_of(cell): cell.source.strip() for cell in asked.cells if is_answer(cell)}
    answered = any("\n".join(texts).strip() != handed_out[name] for name, texts in answers.items())
    answered |= any(cell.kind == "code" and cell.source.strip() for cells in own.values() for cell in cells)
    steps = first + steps
    notes += _notes_on_shortcuts(steps)
    return Plan(steps, _shown(asked, answers, own), notes, answered)


def _set_up(asked: Notebook) -> set[str]:
    """The locked cells that answers build on: those before the last of them. What comes after only looks at answers."""
    answers = [number for number, cell in enumerate(asked.cells) if is_answer(cell)]
    before = asked.cells[: max(answers, default=-1)]
    return {
        grade_id_of(cell)
        for cell in before
        if cell.cell_type == "code" and grade_id_of(cell) and not is_answer(cell) and not is_graded_test(cell)
    }


def unreadable(asked: Notebook, why: str) -> Plan:
    """A plan for a file that is no notebook: nothing to run, and a first cell that says so."""
    told = nbformat.v4.new_markdown_cell(f"**Not graded:** {why}.")
    return Plan([], [told, *_shown(asked, {}, {})], [why], False)


def _shown(asked: Notebook, answers: dict[str, list[str]], own: dict[str, list[Cell]]) -> list[nbformat.NotebookNode]:
    shown = [_node(cell) for cell in own.get("", [])]
    for cell in asked.cells:
        cell = nbformat.from_dict(cell)
        name = grade_id_of(cell)
        if name in answers:
            text = "\n\n# The same cell, once more:\n".join(answers[name])
            cell.source = text if cell.cell_type == "code" else _harmless(text)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        shown += [cell, *(_node(extra) for extra in own.get(name, []) if name)]
    return shown


def _node(cell: Cell) -> nbformat.NotebookNode:
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }
    return make[cell.kind](_harmless(cell.source) if cell.kind == "markdown" else cell.source)


def _harmless(markdown: str) -> str:
    """Markdown without HTML and without links that run scripts: it is shown in the instructor's browser."""
    text = markdown.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"(javascript|vbscript|data)\s*:", r"\1 :", text, flags=re.IGNORECASE)


def _notes_on_shortcuts(steps: Sequence[Step]) -> list[str]:
    """An answer may call the library's own function: allowed or not is the teacher's decision, so it is only told."""
    # A search, not a parse: Python's parser can be crashed by what it reads.
    return [
        f"{step.called} uses course_lib itself: look whether that does the work"
        for step in steps
        if step.called.startswith("answer")
        and re.search(r"^\s*(from|import)\s+course_lib|\bchecks\s*\.", step.source, re.M)
    ]
