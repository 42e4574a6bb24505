"""Into nbgrader: its autograde and feedback, where the step that runs student code is replaced by one that reads.

Everything that instructors use stays as it is: the gradebook, formgrader, late penalties, manual grading and
`nbgrader export`. What nbgrader is shown as a submission is the notebook that `plan` made of it, which is well-formed
whatever came in.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning

from course_build.grading import nbgrader_settings
from course_build.grading.assignment import NoAssignment, source_of
from course_build.grading.status import NEEDS_A_LOOK
from course_build.grading.submissions import Submission
from course_build.notebooks.kernels import KERNEL

PRIVATE = ".grading"  # in the course folder: results and cleaned notebooks


class NotRecorded(RuntimeError):
    """nbgrader refused something; its own log is in the text."""


class ResultsFromSandbox(NbGraderPreprocessor):
    """Puts the points that were decided already into a notebook's graded cells, as outputs that nbgrader reads."""

    def preprocess(self, nb, resources):
        """Fill the cells in; refuse where there is no result, since nothing is ever run here."""
        about = resources["nbgrader"]
        course = Path(self.parent.parent.coursedir.root)  # of the converter; nbconvert's exporter stands in between
        path = result_path(course, about["assignment"], about["student"])
        if not path.is_file():
            raise NotRecorded(
                f"{about['student']} has no result for {about['assignment']}. Student code runs in the sandbox alone: "
                f"make grade ASSIGNMENT={about['assignment']}"
            )
        # Formgrader's own button hands us the notebook as it came in, which is not to be shown.
        shown = course / PRIVATE / "clean" / about["student"] / about["assignment"] / f"{about['notebook']}.ipynb"
        nb = nbformat.read(shown, as_version=4)
        graded = json.loads(path.read_text(encoding="utf-8"))["notebooks"][about["notebook"]]
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in graded["points"]:
                cell.outputs = _outputs(graded["points"][name], graded["messages"].get(name, []))
        return nb, resources


class OrdinaryKernel(NbGraderPreprocessor):
    """Gives students a kernel that they have; see `kernels.NO_KERNEL`."""

    def preprocess(self, nb, resources):
        """Name it."""
        nb.metadata["kernelspec"] = KERNEL
        return nb, resources


def _outputs(points: float, messages: Sequence[str]) -> list[nbformat.NotebookNode]:
    """A text for the reader, and the points as nbgrader expects partial credit: the result of the cell."""
    told = "\n".join(messages) or "right"
    return [
        new_output("stream", name="stdout", text=told + "\n"),
        new_output("execute_result", data={"text/plain": repr(float(points))}, execution_count=1),
    ]


def result_path(course: Path, assignment: str, student: str) -> Path:
    """Where the result of one submission is kept."""
    return course / PRIVATE / "results" / assignment / f"{student}.json"


class CourseFolder:
    """nbgrader's course folder, seen through nbgrader's own API.

    Parameters
    ----------
    root : Path
        The folder with `source/`; what else belongs to it is made when it is needed.

    Raises
    ------
    NoAssignment
        If there is no such folder.
    """

    def __init__(self, root: Path):
        self.root = root.resolve()
        if not (self.root / "source").is_dir():
            raise NoAssignment(
                f"got the course folder {root}, which has no source/; make one with "
                "`python -m course_build.exercises assignment ID … --name NAME --to FOLDER`, "
                "which writes FOLDER/nbgrader"
            )
        (self.root / PRIVATE).mkdir(parents=True, exist_ok=True, mode=0o700)
        nbgrader_settings.write_or_check(self.root)
        self.config = nbgrader_settings.load(self.root)

    def release(self, assignment: str) -> None:
        """Make the students' version and enter the assignment into the gradebook, unless both are there."""
        source_of(self.root, assignment)
        if (self.root / "release" / assignment).is_dir() and self._knows(assignment):
            return
        self._do(GenerateAssignment, assignment)
        (self.root / "gradebook.db").chmod(0o600)

    def record(self, submission: Submission, assignment: str, shown: Mapping[str, nbformat.NotebookNode]) -> None:
        """Enter one submission's result, which lies at `result_path`, and write its feedback pages.

        Parameters
        ----------
        submission, assignment
            What was graded.
        shown
            By notebook, what nbgrader gets to see.
        """
        stage = self.root / PRIVATE / "clean" / submission.student / assignment
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        for name, notebook in shown.items():
            nbformat.write(notebook, stage / f"{name}.ipynb")
        for path in submission.beside:
            shutil.copy(path, stage)
        self._do(Autograde, assignment, submission.student)
        self._comment(submission.student, assignment)
        self._do(GenerateFeedback, assignment, submission.student)

    def holds(self, student: str, assignment: str) -> bool:
        """Whether the gradebook has a submission of this student."""
        with self._book() as book:
            try:
                book.find_submission(assignment, student)
            except MissingEntry:
                return False
            return True

    def totals(self, assignment: str) -> dict[str, tuple[float, float]]:
        """By student: the score in the gradebook, manual points and late penalty included, and the highest possible."""
        with self._book() as book:
            highest = book.find_assignment(assignment).max_score
            return {
                found.student.id: (max(0.0, found.score - (found.late_submission_penalty or 0.0)), highest)
                for found in book.assignment_submissions(assignment)
            }

    def _comment(self, student: str, assignment: str) -> None:
        """Say in the gradebook what is special about a submission, and ask for a look where a person has to decide."""
        result = json.loads(result_path(self.root, assignment, student).read_text(encoding="utf-8"))
        with self._book() as book:
            for name, graded in result["notebooks"].items():
                notebook = book.find_submission_notebook(name, assignment, student)
                if graded["notes"] or graded["status"] in NEEDS_A_LOOK:
                    for comment in notebook.comments:
                        comment.auto_comment = f"{graded['status']}: {'; '.join(graded['notes'])}"
                if graded["status"] in NEEDS_A_LOOK:
                    for grade in notebook.grades:
                        grade.needs_manual_grade = True
            book.db.commit()

    def _knows(self, assignment: str) -> bool:
        if not (self.root / "gradebook.db").exists():
            return False
        with self._book() as book:
            return any(known.name == assignment for known in book.assignments)

    def _book(self) -> Gradebook:
        return Gradebook(self._address(), self.config.CourseDirectory.get("course_id", "default_course"))

    def _address(self) -> str:
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def _do(self, converter: type[BaseConverter], assignment: str, student: str = "*") -> None:
        folder = CourseDirectory(
            config=self.config, db_url=self._address(), assignment_id=assignment, student_id=student
        )
        folder.root = str(self.root)
        folder.submitted_directory = f"{PRIVATE}/clean"
        program = converter(coursedir=folder, config=self.config, force=True)
        with _programs_beside_python(), warnings.catch_warnings():
            # nbgrader lets SQLAlchemy write rows while it is still putting them together; all are there in the end.
            warnings.filterwarnings("ignore", "Object of type .* not in session", SAWarning)
            done = capture_log(program)
        if not done["success"]:
            what = f"{converter.__name__} {assignment} {student}"
            raise NotRecorded(f"nbgrader could not do {what}:\n{done.get('log', '')}\n{done.get('error', '')}")


@contextmanager
def _programs_beside_python() -> Iterator[None]:
    """Put Python's folder on the PATH: nbgrader makes a new gradebook with the program alembic, which lies there."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
