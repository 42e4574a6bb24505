"""Grade an assignment: `make grade ASSIGNMENT=name [SUBMISSIONS=folder]`; `python -m course_build.grading` does it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import torch

from course_build.grading import sandbox
from course_build.grading.assignment import NoAssignment
from course_build.grading.nbgrader_settings import Unprotected
from course_build.grading.session import Limits
from course_build.grading.status import FAILED


def main(arguments: list[str] | None = None) -> int:
    """Grade, print the table's summary, and answer with the exit status: 1 if a submission could not be graded."""
    parser = argparse.ArgumentParser(prog="python -m course_build.grading", description=__doc__)
    parser.add_argument("assignment", help="a folder of the course's source/")
    parser.add_argument(
        "--course", type=Path, default=Path("course/nbgrader"), help="nbgrader's course folder (%(default)s)"
    )
    parser.add_argument("--submissions", type=Path, help="folder of submissions (the course's submitted/)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="submissions at once (%(default)s)")
    parser.add_argument("--seconds", type=float, default=Limits.seconds, help="for each cell and part (%(default)s)")
    parser.add_argument(
        "--memory", type=float, default=Limits.memory / 2**30, help="GB a submission may use (%(default)s)"
    )
    parser.add_argument("--again", action="store_true", help="grade also what has a result already")
    parser.add_argument(
        "--unsandboxed",
        action="store_true",
        help="where no sandbox works, run student code with your own rights: it can read and change all your files",
    )
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        from course_build.grading.classroom import grade_class, write_table
        from course_build.grading.gradebook import CourseFolder
    except ModuleNotFoundError as error:
        print(f"{error}. Grading needs nbgrader: pip install -r requirements-instructor.txt", file=sys.stderr)
        return 1
    try:
        found = sandbox.find(chosen.unsandboxed)
        if found.kind == "none":
            print("UNSANDBOXED: submissions run with your rights and can change these grades.", file=sys.stderr)
        course = CourseFolder(chosen.course)
        limits = Limits(seconds=chosen.seconds, memory=int(chosen.memory * 2**30))
        folder = chosen.submissions or course.root / "submitted"
        rows = grade_class(course, chosen.assignment, folder, found, limits, chosen.jobs, chosen.again)
    except (sandbox.NoSandbox, NoAssignment, Unprotected, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. What is graded is kept: the same command goes on with the rest.", file=sys.stderr)
        return 130
    table = course.root / f"grades-{chosen.assignment}.csv"
    write_table(rows, table)
    counted = {status: sum(row.status == status for row in rows) for status in sorted({row.status for row in rows})}
    print(
        f"{len(rows)} submissions, sandbox: {found.kind}; "
        + ", ".join(f"{n} {status}" for status, n in counted.items())
    )
    print(f"{table}\nfeedback: {course.root / 'feedback'}; gradebook: {course.root / 'gradebook.db'}")
    return int(FAILED in counted)


if __name__ == "__main__":
    sys.exit(main())
