"""Records results in a process of its own: nbgrader makes HTML of what a submission wrote, and may take its time.

What it is given is cut to a sane size and shown as text, so it should never take long. If it does, the process is ended
with all that it holds, and the submission is recorded without what it wrote.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Mapping
from concurrent.futures import TimeoutError
from pathlib import Path

from nbformat import NotebookNode
from pebble import ProcessExpired, ProcessPool

from course_build.grading.gradebook import CourseFolder
from course_build.grading.submissions import Submission

SECONDS, BYTES = 120, 2 * 2**30  # a page takes two seconds and some megabytes
Shown = Mapping[str, NotebookNode]


class Clerk:
    """Enters results into a course's gradebook, one after the other; to be used as a context.

    Parameters
    ----------
    course : Path
        nbgrader's course folder.
    """

    def __init__(self, course: Path):
        self.course = course

    def __enter__(self) -> Clerk:
        # Spawned: the grader has threads, which a fork would leave behind with whatever they had locked.
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(max_workers=1, initializer=_settle, context=context)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()
        self._pool.join()

    def record(self, submission: Submission, assignment: str, shown: Shown, bare: Shown) -> bool:
        """Record what was written, as `Course.record` does; if that takes too much, record `bare` and return False."""
        try:
            self._do(submission, assignment, shown)
        except (TimeoutError, ProcessExpired, MemoryError):
            self._do(submission, assignment, bare)
            return False
        return True

    def _do(self, submission: Submission, assignment: str, notebooks: Shown) -> None:
        task = self._pool.schedule(_record, args=(self.course, submission, assignment, notebooks), timeout=SECONDS)
        task.result()


def _settle() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to everybody; the grader ends us when it has heard it
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + BYTES, mapped + BYTES))


def _record(course: Path, submission: Submission, assignment: str, notebooks: Shown) -> None:
    CourseFolder(course).record(submission, assignment, notebooks)
