"""Grade thirty students, two at once, as `make grade` does: `python -m benchmarks.grading`. Exits 1 on a wrong total.

Ten students answer everything rightly, ten make one of the mistakes that the exercises know, ten hand in what they got.
"""

from __future__ import annotations

import contextlib
import csv
import io
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import toy_course
from benchmarks.toy_course import ASSIGNMENT, EXERCISES
from course_build.grading import __main__ as program
from course_build.grading.gradebook import CourseFolder

STUDENTS, JOBS = 30, 2


def main() -> int:
    """Grade, compare with the totals that are due, print what it took, and answer with the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        root = toy_course.write_course(Path(folder) / "course")
        CourseFolder(root).release(ASSIGNMENT)
        due = hand_in(root)
        begun = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            status = program.main([ASSIGNMENT, "--course", str(root), "--jobs", str(JOBS)])
        seconds = time.monotonic() - begun
        with (root / f"grades-{ASSIGNMENT}.csv").open(newline="", encoding="utf-8") as file:
            got = {row["student"]: (row["status"], float(row["score"] or -1)) for row in csv.DictReader(file)}
    wrong = {student: (got.get(student), expected) for student, expected in due.items() if got.get(student) != expected}
    print(f"{STUDENTS} submissions of {len(EXERCISES)} notebooks, {JOBS} at once: {seconds:.0f} s, ", end="")
    print(f"{seconds / STUDENTS:.2f} s a submission; {len(wrong)} totals wrong")
    for student, (found, expected) in wrong.items():
        print(f"  {student}: got {found}, expected {expected}")
    return int(bool(wrong) or status != 0)


def hand_in(root: Path) -> dict[str, tuple[str, float]]:
    """Write the submissions; return by student the status and the score that are due."""
    due = {}
    for number in range(STUDENTS):
        student, score = f"student-{number:02}", 0.0
        for name, exercise in EXERCISES.items():
            mutant = exercise.mutants[number // 3 % len(exercise.mutants)]
            answer, lost = [
                (toy_course.solution(name), set()),
                (mistaken(name, mutant.code), mutant.loses),
                (None, None),
            ][number % 3]
            path = root / "submitted" / student / ASSIGNMENT / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(toy_course.submitted(root / "release" / ASSIGNMENT / path.name, answer))
            score += sum(points for part, points in exercise.points.items() if lost is not None and part not in lost)
        due[student] = ("blank" if number % 3 == 2 else "graded", score)
    return due


def mistaken(name: str, mutant: str) -> str:
    """An answer cell with one function wrong: the solution, then the wrong definition in its place."""
    return f"{toy_course.solution(name)}\n\n{mutant}"


if __name__ == "__main__":
    sys.exit(main())
