"""From a submitted notebook to what will be run: the student's cells in their order, ours as they were handed out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat

from course_build.grading.assignment import Notebook, grade_id_of, is_answer, is_graded_test
from course_build.grading.submissions import Cell
from course_build.notebooks.kernels import KERNEL

# Of what a submission wrote, so much is shown, so much highlighted, in lines so long: whoever shows it needs more than
# linear time for some texts.
MAX_SHOWN, MAX_SHOWN_CELLS, MAX_HIGHLIGHTED, WIDTH = 100_000, 300, 3_000, 200


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
    shown : nbformat.NotebookNode
        The handed-out notebook with the student's answers and own cells in it: well-formed whatever came in.
    notes : list of str
        In our words; nothing of the student's text is in them.
    answered : bool
        Whether an answer cell differs from what was handed out, or there is code in a cell of the student's own.
    written : set of str
        Names of functions that the answer cells define, other than as they were handed out; where there is no answer
        cell, those that the student's own cells define.
    """

    steps: list[Step]
    shown: nbformat.NotebookNode
    notes: list[str]
    answered: bool
    written: set[str]


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
    own_code = [cell.source for cells in own.values() for cell in cells if cell.kind == "code" and cell.source.strip()]
    texts = [text for name, texts in answers.items() if asked.cell(name).cell_type == "code" for text in texts]
    stubs = _functions("\n".join(handed_out.values()))
    written = {name for name, lines in _functions("\n".join(texts or own_code)).items() if stubs.get(name) != lines}
    steps = first + steps
    notes += _notes_on_shortcuts(steps)
    return Plan(steps, _shown(asked, answers, own), notes, answered or bool(own_code), written)


def _set_up(asked: Notebook) -> set[str]:
    """The locked cells that answers build on: those before the last of them. What comes after only looks at answers."""
    answers = [number for number, cell in enumerate(asked.cells) if is_answer(cell)]
    before = asked.cells[: max(answers, default=-1)]
    return {
        grade_id_of(cell)
        for cell in before
        if cell.cell_type == "code" and grade_id_of(cell) and not is_answer(cell) and not is_graded_test(cell)
    }


def _functions(source: str) -> dict[str, list[str]]:
    """The functions and values that a text defines, by name, each with its lines; blank ones and comments left out."""
    # Line by line, not parsed: Python's parser can be crashed by what it reads.
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in source.splitlines():
        if head := re.match(r"(?:async )?def (\w+)|(\w+) *=(?!=)", line):
            lines = found[head[1] or head[2]] = []
        if (line := line.strip()) and not line.startswith("#"):
            lines.append(line)
    return found


def unreadable(asked: Notebook, why: str) -> Plan:
    """A plan for a file that is no notebook: nothing to run, and a first cell that says so."""
    shown = _shown(asked, {}, {})
    shown.cells.insert(0, nbformat.v4.new_markdown_cell(f"**Not graded:** {why}."))
    return Plan([], shown, [why], False, set())


def _shown(asked: Notebook, answers: dict[str, list[str]], own: dict[str, list[Cell]]) -> nbformat.NotebookNode:
    shown, room, cells_left = [], MAX_SHOWN, MAX_SHOWN_CELLS

    def cut(text: str) -> str:
        nonlocal room
        kept = text[:room]
        room -= len(kept)
        return kept if kept == text else f"{kept}\n# {len(text) - len(kept):,} characters more are in the file"

    def own_cells(name: str) -> None:
        nonlocal cells_left
        extra = own.get(name, [])[:cells_left]
        cells_left -= len(extra)
        shown.extend(_node(cell.kind, cut(cell.source)) for cell in extra)

    own_cells("")
    for cell in asked.cells:
        cell = nbformat.from_dict(cell)
        name = grade_id_of(cell)
        text = cut("\n\n# The same cell, once more:\n".join(answers.get(name, [])))
        if name in answers and text.strip() != cell.source.strip():  # nbgrader knows an untouched answer by its text
            cell.source = text if cell.cell_type == "code" else _as_text(text)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        shown.append(cell)
        if name:
            own_cells(name)
    # Highlighting takes the square of some texts' length.
    lexer = "ipython3" if MAX_SHOWN - room <= MAX_HIGHLIGHTED else "text"
    language = {"name": "python", "pygments_lexer": lexer}
    return nbformat.v4.new_notebook(cells=shown, metadata={"kernelspec": KERNEL, "language_info": language})


def _node(kind: str, source: str) -> nbformat.NotebookNode:
    if kind == "code":
        return nbformat.v4.new_code_cell(source)
    return nbformat.v4.new_markdown_cell(_as_text(source))


def _as_text(source: str) -> str:
    """Markdown that shows a text as it was typed: rendered, it could run scripts in the browser of whoever grades."""
    fence = "~" * (3 + max(map(len, re.findall("~+", source)), default=0))
    # The patterns that nbconvert has for links take more than linear time, but only for each line.
    lines = [line[start : start + WIDTH] for line in source.split("\n") for start in range(0, len(line) or 1, WIDTH)]
    return "\n".join([f"{fence}text", *lines, fence])


def _notes_on_shortcuts(steps: Sequence[Step]) -> list[str]:
    """An answer may call the library's own function: allowed or not is the teacher's decision, so it is only told."""
    # A search, not a parse: Python's parser can be crashed by what it reads.
    return [
        f"{step.called} uses the course's own code: look whether that does the work"
        for step in steps
        if step.called.startswith("answer")
        and re.search(r"^[ \t]*(from|import)[ \t]+(course_lib|exercises)\b|\bexercises[ \t]*\.", step.source, re.M)
    ]
