"""Works on the exercises: `python -m course_build.exercises COMMAND [ID ...]`; without an id, on all of them.

check       try the solution, the stub and every wrong answer of each
student     write what students get: notebooks and expected pictures
build       that, and solutions (executed) and nbgrader's release and source, one folder a chapter
assignment  write nbgrader's two editions of the exercises named, as one assignment: --name homework-1
otter       write what `otter assign` reads
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nbformat import NotebookNode

from course_build.exercises.pictures import picture
from course_build.exercises.source import FOLDER, Exercise, read_all
from course_build.exercises.trial import problems
from course_build.grading.nbgrader_settings import Unprotected, write_or_check
from course_build.notebooks import exercises as notebooks
from course_build.notebooks.labels import ROOT, read_labels
from course_build.notebooks.otter import master
from course_build.repository import origin_here

# Beside the published pages, never in them.
TARGET = ROOT / "_build" / "exercises"


def check(exercises: list[Exercise]) -> int:
    """Print what is wrong with each exercise; return how many have something wrong."""
    bad = 0
    for exercise in exercises:
        found = problems(exercise)
        bad += bool(found)
        print(f"{'✗' if found else '✓'} {exercise.id}: {len(exercise.mutants)} mutants, chapter {exercise.number}")
        print("".join(f"    {problem}\n" for problem in found), end="")
    return bad


def student(exercises: list[Exercise], target: Path) -> None:
    """Write each student's notebook, and its expected picture also as a file."""
    labels, origin = read_labels(), origin_here(ROOT)
    (target / "pictures").mkdir(parents=True, exist_ok=True)
    for exercise in exercises:
        drawn = picture(exercise)
        if drawn.light:
            (target / "pictures" / f"{exercise.id}.png").write_bytes(drawn.light)
            (target / "pictures" / f"{exercise.id}-dark.png").write_bytes(drawn.dark)
        book = notebooks.notebook(exercise, notebooks.STUDENT, labels, drawn.light, origin)
        _write(target / "student" / f"{exercise.id}.ipynb", book)


def build(exercises: list[Exercise], target: Path) -> None:
    """Write every notebook of each exercise; what may not be handed in (self-study) has no edition for nbgrader."""
    student(exercises, target)
    labels, origin = read_labels(), origin_here(ROOT)
    folder = target / "solution"
    folder.mkdir(parents=True, exist_ok=True)
    for exercise in exercises:
        solution = notebooks.notebook(exercise, notebooks.SOLUTION, labels, origin=origin)
        _write(folder / f"{exercise.id}.ipynb", notebooks.execute(solution, str(folder)))
        if not exercise.self_study:
            assignment([exercise], f"chapter-{exercise.chapter}", target)


def assignment(exercises: list[Exercise], name: str, target: Path) -> None:
    """Write both editions for nbgrader of some exercises, as one assignment, into a folder where they can be graded."""
    write_or_check(target / "nbgrader")
    labels, origin = read_labels(), origin_here(ROOT)
    for exercise in exercises:
        drawn = picture(exercise).light
        for edition, folder in ((notebooks.SOURCE, "source"), (notebooks.RELEASE, "release")):
            book = notebooks.notebook(exercise, edition, labels, drawn, origin)
            _write(target / "nbgrader" / folder / name / f"{exercise.id}.ipynb", book)


def otter(exercises: list[Exercise], target: Path) -> None:
    """Write Otter's master notebooks."""
    labels = read_labels()
    for exercise in exercises:
        _write(target / "otter" / f"{exercise.id}.ipynb", master(exercise, labels))


def _write(path: Path, book: NotebookNode) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebooks.written(book), encoding="utf-8")
    print(f"wrote {path}")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m course_build.exercises",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["check", "student", "build", "assignment", "otter"])
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--name", help="of the assignment")
    parser.add_argument("--from", type=Path, default=FOLDER, dest="source", help="folder (%(default)s)")
    parser.add_argument("--to", type=Path, default=TARGET, help="folder (%(default)s)")
    chosen = parser.parse_args(arguments)
    exercises = read_all(chosen.source)
    if unknown := set(chosen.ids) - {exercise.id for exercise in exercises}:
        parser.error(f"no such exercise: {', '.join(sorted(unknown))}")
    exercises = [exercise for exercise in exercises if not chosen.ids or exercise.id in chosen.ids]
    if chosen.command == "check":
        return int(check(exercises) > 0)
    if chosen.command == "assignment":
        if not (chosen.ids and chosen.name):
            parser.error("expected the exercises of the assignment and its --name")
        if published := [exercise.id for exercise in exercises if exercise.self_study]:
            parser.error(f"the book shows the solution of {', '.join(published)} (self_study): not for an assignment")
        try:
            assignment(exercises, chosen.name, chosen.to)
        except Unprotected as error:
            parser.error(str(error))
    else:
        {"student": student, "build": build, "otter": otter}[chosen.command](exercises, chosen.to)
    return 0


if __name__ == "__main__":
    sys.exit(main())
