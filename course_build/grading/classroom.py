"""A whole class: several submissions at once, a bar, results that a rerun finds again, and a table at the end."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import secrets
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from nbformat import NotebookNode
from tqdm import tqdm

import exercises
from course_build.grading import assignment as assignments
from course_build.grading import grade as grading
from course_build.grading import submissions
from course_build.grading.assignment import Notebook
from course_build.grading.clerk import Clerk
from course_build.grading.gradebook import PRIVATE, CourseFolder, result_path
from course_build.grading.plan import unreadable
from course_build.grading.sandbox import Sandbox
from course_build.grading.session import Limits
from course_build.grading.status import FAILED, WORST_FIRST
from course_build.grading.submissions import Submission

# A student's name becomes a folder, a pattern of nbgrader's and a cell of a spreadsheet: no wildcard, no leading = + -
# @.
USABLE_NAME = re.compile(r"\w[\w.@+-]{0,80}")
NAME_BYTES = 200  # with what is added to it, the name of a file
TOO_LONG = "what was written here takes too long to show; it is in the file"


@dataclass(frozen=True)
class Row:
    """One line of the table: a student, what became of the submission, and in how many seconds."""

    student: str
    status: str
    score: float | None
    max_score: float
    parts: dict[str, float]
    notes: list[str]
    seconds: float


def grade_class(
    course: CourseFolder,
    assignment: str,
    folder: Path,
    sandbox: Sandbox,
    limits: Limits,
    jobs: int,
    again: bool = False,
) -> list[Row]:
    """Grade every submission in a folder, record each in the gradebook, and return the table.

    Parameters
    ----------
    course
        The instructor's.
    assignment
        Its name.
    folder
        Of submissions, in a layout that `submissions.find` knows.
    sandbox, limits
        Where each runs, and how much it may use.
    jobs
        How many at once.
    again
        Grade also what has a result already. Without it only new or changed submissions are run.
    """
    course.release(assignment)
    asked = assignments.read(course.root, assignment)
    folder = folder.resolve()  # nbgrader changes the working directory while submissions are read
    found = submissions.find(folder, assignment, [notebook.name for notebook in asked])
    usable = [submission for submission in found if _is_usable(submission.student)]
    seed = _seed(course.root, assignment)
    common = _digest_of_the_task(course.root, assignment, limits)
    to_do, prints, failed = [], {}, {}
    for submission in usable:
        prints[submission.student] = _digest(common, submission)
        if again or not _is_done(course, assignment, submission.student, prints[submission.student]):
            to_do.append(submission)
    bare = {notebook.name: unreadable(notebook, TOO_LONG).shown for notebook in asked}
    stop = Event()
    with (
        Clerk(course.root) as clerk,
        ThreadPoolExecutor(jobs) as pool,
        tqdm(total=len(usable), initial=len(usable) - len(to_do), unit="student") as bar,
    ):
        try:
            running = {pool.submit(_grade_timed, asked, one, sandbox, limits, seed, stop): one for one in to_do}
            for finished in as_completed(running):
                submission = running.pop(finished)  # or all results would be kept to the end
                try:
                    graded, shown, seconds = finished.result()
                    result = {
                        "fingerprint": prints[submission.student],
                        "seed": seed,
                        "seconds": round(seconds, 2),
                        "sandbox": sandbox.kind,
                        "notebooks": {name: one.as_json() for name, one in graded.items()},
                    }
                    path = result_path(course.root, assignment, submission.student)
                    _write(path, {**result, "recorded": False})
                    if not clerk.record(submission, assignment, shown, bare):
                        bar.write(f"{submission.student}: {TOO_LONG}", file=sys.stderr)
                    _write(path, {**result, "recorded": True})
                except Exception as error:  # of the grader, not of the submission: said aloud, and the others go on
                    failed[submission.student] = f"the grader failed: {type(error).__name__}; grade again"
                    bar.write("".join(traceback.format_exception(error)), file=sys.stderr)
                bar.update()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    highest = sum(part.points for notebook in asked for part in notebook.parts)
    unusable = "its name cannot be entered in the gradebook: rename the folder or file"
    failed |= {_printable(submission.student): unusable for submission in found if submission not in usable}
    totals = course.totals(assignment)
    rows = [_row(course, assignment, asked, one.student, totals) for one in usable if one.student not in failed]
    return rows + [Row(student, FAILED, None, highest, {}, [why], 0.0) for student, why in failed.items()]


def write_table(rows: Sequence[Row], path: Path) -> None:
    """The table as CSV: every text in it is ours, so no spreadsheet finds a formula in a submission."""
    parts = list(dict.fromkeys(name for row in rows for name in row.parts))
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["student", "status", "score", "max_score", *parts, "notes", "seconds"])
        for row in rows:
            score = "" if row.score is None else f"{row.score:g}"
            points = [f"{row.parts[name]:g}" if name in row.parts else "" for name in parts]
            notes = "; ".join(row.notes)
            table.writerow([row.student, row.status, score, f"{row.max_score:g}", *points, notes, f"{row.seconds:.1f}"])
    temporary.replace(path)


def _grade_timed(
    asked: Sequence[Notebook], submission: Submission, sandbox: Sandbox, limits: Limits, seed: int, stop: Event
) -> tuple[dict[str, grading.Graded], dict[str, NotebookNode], float]:
    begun = time.monotonic()
    results = grading.grade(asked, submission, sandbox, limits, seed, stop)
    graded, shown = ({name: one[index] for name, one in results.items()} for index in (0, 1))
    return graded, shown, time.monotonic() - begun


def _row(
    course: CourseFolder,
    assignment: str,
    asked: Sequence[Notebook],
    student: str,
    totals: Mapping[str, tuple[float, float]],
) -> Row:
    result = json.loads(result_path(course.root, assignment, student).read_text(encoding="utf-8"))
    graded = result["notebooks"]
    status = min((one["status"] for one in graded.values()), key=WORST_FIRST.index)
    parts = {
        part.grade_id: graded[notebook.name]["points"][part.grade_id] for notebook in asked for part in notebook.parts
    }
    notes = [f"{name}: {note}" if len(graded) > 1 else note for name, one in graded.items() for note in one["notes"]]
    score, highest = totals[student]
    return Row(student, status, score, highest, parts, notes, result["seconds"])


def _is_done(course: CourseFolder, assignment: str, student: str, fingerprint: str) -> bool:
    path = result_path(course.root, assignment, student)
    if not path.is_file():
        return False
    result = json.loads(path.read_text(encoding="utf-8"))
    return result["fingerprint"] == fingerprint and result["recorded"] and course.holds(student, assignment)


def _seed(course: Path, assignment: str) -> int:
    """The seed of the hidden inputs: drawn when an assignment is first graded, then kept, so that all get the same."""
    path = course / PRIVATE / f"seed-{assignment}"
    if not path.exists():
        path.write_text(str(secrets.randbits(32)), encoding="utf-8")
        path.chmod(0o600)
    return int(path.read_text(encoding="utf-8"))


def _digest_of_the_task(course: Path, assignment: str, limits: Limits) -> bytes:
    """Changes with whatever could change a grade: the assignment, the checks, the grader and its limits."""
    programs = [Path(exercises.__file__).parent, Path(__file__).parent]
    files = [*(course / "source" / assignment).rglob("*.ipynb"), *(f for one in programs for f in one.rglob("*.py"))]
    digest = hashlib.sha256(repr(limits).encode())
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.digest()


def _digest(common: bytes, submission: Submission) -> str:
    digest = hashlib.sha256(common)
    for name, path in sorted(submission.files.items()):
        try:
            blob = submissions.read_bytes(path)
        except submissions.Unreadable as error:
            blob = str(error).encode()
        digest.update(f"{name}:{len(blob)}:".encode() + blob)
    return digest.hexdigest()


def _write(path: Path, result: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(result, indent=1), encoding="utf-8")
    os.replace(temporary, path)


def _is_usable(name: str) -> bool:
    return bool(USABLE_NAME.fullmatch(name)) and len(name.encode()) <= NAME_BYTES


def _printable(name: str) -> str:
    return "'" + re.sub(r"[^\w.@+-]", "?", name)[:80]
