"""Reads the source of an exercise, `exercises/<id>/exercise.md`: a notebook with the solution, the mutants, everything.

What the format is, exercises/README.md says. Whatever breaks it raises `BadSource`, which names the
file and the cell.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from myst_nb.core.read import read_myst_markdown_notebook

from course_build.contents import chapter_number, chapter_numbers, chapter_page
from course_build.repository import ROOT

FOLDER = ROOT / "exercises"
SOURCE = "exercise.md"

LEVELS = {"understand": 1, "derive": 2, "implement": 2, "explore": 3}
KEYS = {"id", "title", "chapter", "level", "points", "minutes", "needs", "self_study"}
# Tag → whether the cell holds code, and how many of them there may be.
TAGS = {
    "statement": (False, 1, 1),  # the one cell that needs no tag: whatever stands first
    "given": (True, 0, 9),
    "answer": (True, 1, 9),
    "check": (True, 1, 1),
    "hint": (False, 1, 4),
    "expected": (True, 0, 1),
    "solution-note": (False, 1, 1),
    "mutant": (True, 3, 99),
}
BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")


class BadSource(Exception):
    """What is wrong with the source of an exercise, and where."""


@dataclass(frozen=True)
class Mutant:
    """A wrong answer: the functions it replaces, and part → words that the message about that part must contain."""

    code: str
    loses: dict[str, str]


@dataclass(frozen=True)
class Exercise:
    """One exercise, as its source says it.

    Attributes
    ----------
    id, title, level : str
        `level` is a key of `LEVELS`.
    chapter, minutes : int
        Where it belongs, and how long it takes.
    points : dict of str to int
        Part → points, as in its `judge.py`.
    needs : list of str
        Labels in the book.
    self_study : bool
        Whether the book may show the solution.
    statement, note : str
        Markdown: what is asked; why the solution is right, and the usual wrong answers.
    given, answers : list of str
        Code: what is given, and the cells with the solution between `BEGIN` and `END`.
    check, expected : str
        Code: the call of the check, and what draws the expected picture ("" where there is none).
    expected_alt : str
        What is to be seen in it.
    hints : list of str
        Markdown, each saying more than the one before.
    mutants : list of Mutant
        Wrong answers, never shown to anybody.
    """

    id: str
    title: str
    level: str
    chapter: str
    minutes: int
    points: dict[str, int]
    needs: list[str]
    self_study: bool
    statement: str
    given: list[str]
    answers: list[str]
    check: str
    hints: list[str]
    expected: str
    expected_alt: str
    note: str
    mutants: list[Mutant]

    @property
    def canary(self) -> str:
        """A word that stands in the solution, its note and every mutant: what holds it must not be published."""
        return canary(self.id)

    @property
    def number(self) -> str:
        """What the text calls its chapter, "3" or "3b"."""
        return chapter_number(chapter_page(self.chapter))

    @property
    def total(self) -> int:
        """The points of all parts together."""
        return sum(self.points.values())

    @property
    def stubs(self) -> list[str]:
        """The answer cells as a student gets them."""
        return [without_solution(cell, self.id) for cell in self.answers]


def canary(name: str) -> str:
    """The canary of the exercise of that name."""
    return "canary" + hashlib.sha256(f"solution of {name}".encode()).hexdigest()[:16]


def without_canary(text: str) -> str:
    """The text as its author wrote it, for an exercise whose solution may be read."""
    return re.sub(r"(?m)^\s*(# canary\w+|<!-- canary\w+ -->)\n?", "", text).rstrip()


def read_all(folder: Path = FOLDER) -> list[Exercise]:
    """Every exercise of a folder, by chapter, level and id."""
    exercises = [read(path.parent) for path in sorted(folder.glob(f"*/{SOURCE}"))]
    order = {page.rpartition("/")[2]: place for place, page in enumerate(chapter_numbers())}
    return sorted(exercises, key=lambda exercise: (order[exercise.chapter], LEVELS[exercise.level], exercise.id))


def read(room: Path) -> Exercise:
    """Read and check the source in a room; BadSource where it breaks the format, FileNotFoundError without one."""
    notebook = read_myst_markdown_notebook((room / SOURCE).read_text(encoding="utf-8"))
    name = room.name
    settings = _settings(notebook.metadata.get("exercise"), name)
    cells: dict[str, list] = {tag: [] for tag in TAGS}
    for number, cell in enumerate(notebook.cells, start=1):
        cells[_tag(cell, number, f"{name}, cell {number}")].append(cell)
    for tag, (_, least, most) in TAGS.items():
        if not least <= len(cells[tag]) <= most:
            raise BadSource(f"{name}: got {len(cells[tag])} cells tagged {tag}, expected {least} to {most}")
    texts = {tag: [cell.source.strip() for cell in found] for tag, found in cells.items()}
    for text in texts["answer"]:
        without_solution(text, name)
    mark = f"# {canary(name)}"
    expected = cells["expected"][0] if cells["expected"] else None
    alt = expected.metadata.get("mystnb", {}).get("image", {}).get("alt", "") if expected else ""
    if expected and not alt:
        raise BadSource(f"{name}: the picture of the cell tagged expected needs mystnb: {{image: {{alt: …}}}}")
    return Exercise(
        **settings,
        statement=texts["statement"][0],
        given=texts["given"],
        answers=[re.sub(rf"(?m)^( *){BEGIN}$", rf"\g<0>\n\g<1>{mark}", text) for text in texts["answer"]],
        check=texts["check"][0],
        hints=texts["hint"],
        expected=texts["expected"][0] if expected else "",
        expected_alt=alt,
        note=f"{texts['solution-note'][0]}\n\n<!-- {mark[2:]} -->",
        mutants=[_mutant(f"{mark}\n{text}", settings["points"], name) for text in texts["mutant"]],
    )


def _settings(settings, name: str) -> dict:
    if not isinstance(settings, dict) or set(settings) != KEYS:
        got = sorted(settings) if isinstance(settings, dict) else settings
        raise BadSource(f"{name}: got `exercise: {got}` in the front matter, expected {sorted(KEYS)}")
    if settings["id"] != name:
        raise BadSource(f"{name}: got id: {settings['id']}, expected the name of its folder")
    if settings["level"] not in LEVELS:
        raise BadSource(f"{name}: got level: {settings['level']}, expected one of {', '.join(LEVELS)}")
    points = settings["points"]
    if not isinstance(points, dict) or not all(isinstance(p, int) and p > 0 for p in points.values()) or not points:
        raise BadSource(f"{name}: got points: {points}, expected part → points, whole numbers above 0")
    try:
        chapter_page(settings["chapter"])
    except ValueError as error:
        raise BadSource(f"{name}: {error}") from None
    for key, kind in (("title", str), ("chapter", str), ("minutes", int), ("needs", list), ("self_study", bool)):
        if not isinstance(settings[key], kind):
            raise BadSource(f"{name}: got {key}: {settings[key]!r}, expected {kind.__name__}")
    return dict(settings)


def _tag(cell, number: int, place: str) -> str:
    tags = cell.metadata.get("tags", [])
    if number == 1 and not tags:
        tags = ["statement"]
    if len(tags) != 1 or tags[0] not in TAGS:
        raise BadSource(f"{place}: got the tags {tags}, expected one of {', '.join(TAGS)}")
    if TAGS[tags[0]][0] != (cell.cell_type == "code"):
        raise BadSource(f"{place}: a {cell.cell_type} cell cannot be tagged {tags[0]}")
    return tags[0]


def _mutant(code: str, points: dict[str, int], name: str) -> Mutant:
    loses = dict(re.findall(r"^# loses ([\w-]+): (.+)$", code, re.MULTILINE))
    if not loses or not loses.keys() <= points.keys():
        raise BadSource(f"{name}: a mutant says what it loses, `# loses PART: words of the message`; got\n{code}")
    return Mutant(code, loses)


def without_solution(code: str, name: str) -> str:
    """Put the stub in the place of everything between `BEGIN` and `END`; the indentation stays."""
    kept, inside, found = [], False, False
    for line in code.splitlines():
        mark = line.strip()
        if (mark == BEGIN and inside) or (mark == END and not inside):
            raise BadSource(f"{name}: `{mark}` where it cannot stand, in\n{code}")
        if mark == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
            kept += [indent + text for text in STUB]
            inside = found = True
        elif mark == END:
            inside = False
        elif ("BEGIN SOLUTION" in line or "END SOLUTION" in line) and not inside:
            raise BadSource(f"{name}: got `{mark}`, expected exactly `{BEGIN}` or `{END}`")
        elif not inside:
            kept.append(line)
    if inside or not found:
        raise BadSource(f"{name}: an answer holds `{BEGIN}` and, after it, `{END}`; got\n{code}")
    return "\n".join(kept)


def solution_bodies(exercise: Exercise) -> list[str]:
    """What stands between `BEGIN` and `END` in each answer, without its indentation and the canary."""
    pattern = rf"^[ ]*{BEGIN}\n(.*?)^[ ]*{END}"
    found = (re.findall(pattern, cell, re.DOTALL | re.MULTILINE) for cell in exercise.answers)
    return [without_canary(textwrap.dedent(body)) for bodies in found for body in bodies]
