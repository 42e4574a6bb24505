"""Grading one submission: run its cells in the sandbox, take numbers out, and judge them here.

What a submission can do is end its own process. Then a new one is started, what ended it is left out, and the rest gets
what it deserves; so a loop in one function costs the points of that function and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from threading import Event
from typing import Any

from nbformat import NotebookNode

import exercises
from course_build.grading import submissions
from course_build.grading.assignment import GradedCell, Notebook
from course_build.grading.plan import Plan, plan, unreadable
from course_build.grading.sandbox import Sandbox
from course_build.grading.session import Limits, Session, SessionTerminated
from course_build.grading.status import BLANK, GRADED, IN_PART, LOOK, MISSING, UNREADABLE
from course_build.grading.submissions import Submission

MAX_STARTS = 12
MAX_TOLD = 600  # characters of a message that the submission had a hand in
NO_TIME = "not run: the submission used up its time before"


@dataclass
class Graded:
    """One notebook of one submission.

    Attributes
    ----------
    status : str
        One of `status`.
    points : dict of str to float
        By grade id.
    messages : dict of str to list of str
        By grade id, in words; may quote what the submission raised.
    notes : list of str
        For the teacher; in our words only.
    """

    status: str
    points: dict[str, float] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The same as plain dictionaries."""
        return asdict(self)


def prepare(asked: Notebook, submission: Submission) -> tuple[Plan, str]:
    """What to run and to show of one notebook of a submission, and its status so far ("" if it can be run)."""
    if asked.name not in submission.files:
        return unreadable(asked, "no such notebook was handed in"), MISSING
    try:
        cells, notes = submissions.read(submissions.read_bytes(submission.files[asked.name]))
    except submissions.Unreadable as error:
        return unreadable(asked, str(error)), UNREADABLE
    prepared = plan(asked, cells)
    prepared.notes.extend(notes)
    return prepared, "" if prepared.answered else BLANK


def grade(
    asked: Sequence[Notebook],
    submission: Submission,
    sandbox: Sandbox,
    limits: Limits,
    seed: int,
    stop: Event | None = None,
) -> dict[str, tuple[Graded, NotebookNode]]:
    """Grade every notebook of a submission.

    Parameters
    ----------
    asked
        The assignment, from `assignment.read`.
    submission
        From `submissions.find`.
    sandbox, limits
        Where it runs, and how much it may use.
    seed
        Draws the inputs; a seed chosen after the deadline is one that nobody could have prepared for.
    stop
        Once it is set, what still runs is ended; the result is then good for nothing.

    Returns
    -------
    dict of str to (Graded, NotebookNode)
        By notebook: the result, and what to show of it.
    """
    results = {}
    with _SessionPool(sandbox, limits, stop or Event()) as sessions:
        for notebook in asked:
            prepared, status = prepare(notebook, submission)
            results[notebook.name] = _grade_one(notebook, prepared, status, sessions, seed), prepared.shown
    return results


def _grade_one(asked: Notebook, prepared: Plan, status: str, sessions: _SessionPool, seed: int) -> Graded:
    graded = Graded(status or GRADED, notes=list(prepared.notes))
    if status:
        words = [exercises.NOT_WRITTEN_YET] if status == BLANK else list(prepared.notes)
        for part in asked.parts:
            graded.points[part.grade_id], graded.messages[part.grade_id] = 0.0, words
        return graded
    left_out: set[int] = set()
    unwritten: list[str] = []
    for part in asked.parts:
        messages, ended = _try(part, prepared, left_out, sessions, seed, graded.notes)
        graded.points[part.grade_id] = 0.0 if messages else part.points
        graded.messages[part.grade_id] = [message[:MAX_TOLD] for message in messages]
        if ended or left_out:
            graded.status = IN_PART
        if not messages and (function := _function(part)) not in prepared.written:
            unwritten.append(
                f"{part.grade_id} got points, though its answer cell does not define {function}: what does?"
            )
    if unwritten:
        graded.status, graded.notes = LOOK, graded.notes + unwritten
    sessions.clear()
    return graded


def _try(
    part: GradedCell, prepared: Plan, left_out: set[int], sessions: _SessionPool, seed: int, notes: list[str]
) -> tuple[list[str], bool]:
    """What is wrong with one part, and whether its process ended before it told."""
    given = exercises.draw_part(part.exercise, part.name, seed)
    while (session := sessions.ready(prepared, left_out, notes)) is None:
        if sessions.exhausted:
            notes.append(f"{part.grade_id} {NO_TIME}")
            return [NO_TIME], True
    try:
        got = session.collect(part.exercise, part.name, given)
    except SessionTerminated as error:
        sessions.drop()
        notes.append(f"{part.grade_id}: its function {error}")
        return [f"your function {error}"], True
    try:
        messages = exercises.judge_part(part.exercise, part.name, given, got)
        return messages + sessions.errors if messages else [], False
    except Exception as error:  # a judge that fails is our fault; it must not stop the class
        notes.append(f"{part.grade_id}: OUR CHECK FAILED on what came back ({type(error).__name__}); please report it")
        return ["what came back could not be judged; your instructor knows"], True


def _function(part: GradedCell) -> str:
    return next(one.function for one in exercises.collectors(part.exercise) if one.part == part.name)


class _SessionPool:
    """Keeps a session in which the cells of the present notebook have run; makes another where that one ended."""

    def __init__(self, sandbox: Sandbox, limits: Limits, stop: Event):
        self.sandbox, self.limits, self.stop, self.starts, self.spent = sandbox, limits, stop, 0, 0.0
        self.session: Session | None = None
        self.is_set = False
        self.errors: list[str] = []  # what cells raised; the submission's own words

    def __enter__(self) -> _SessionPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    @property
    def exhausted(self) -> bool:
        """Whether the submission has had its share."""
        running = self.session.spent if self.session else 0.0
        if self.stop.is_set():
            return True
        return self.spent + running > self.limits.total_seconds or (not self.session and self.starts >= MAX_STARTS)

    def ready(self, prepared: Plan, left_out: set[int], notes: list[str]) -> Session | None:
        """A session in which the notebook's cells have run; None if one of them ended it, to be left out next time."""
        if self.exhausted:
            return None
        if self.session is None:
            self.starts += 1
            self.session = Session(self.sandbox, self.limits, self.stop).__enter__()
        if self.is_set:
            return self.session
        self.errors.clear()
        for number, step in enumerate(prepared.steps):
            if number in left_out:
                continue
            if self.exhausted:
                self.drop()
                return None
            try:
                error = self.session.run_cell(step.source)
                if error:
                    self.errors.append(f"{step.called} raised {error[:MAX_TOLD]}")
            except SessionTerminated as error:
                left_out.add(number)
                notes.append(f"{step.called} {error}; it was left out")
                self.drop()
                return None
        self.is_set = True
        return self.session

    def clear(self) -> None:
        """Empty the namespace for the next notebook."""
        self.is_set = False
        try:
            if self.session:
                self.session.forget()
        except SessionTerminated:
            self.drop()

    def drop(self) -> None:
        """End the session and everything in it."""
        if self.session:
            self.spent += self.session.spent
            self.session.__exit__()
        self.session, self.is_set = None, False
