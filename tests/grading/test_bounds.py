"""What a submission wrote is worked on within bounds, outside of the sandbox too, and Ctrl-C ends a grading at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import nbformat
import psutil
import pytest

from benchmarks.toy_course import ASSIGNMENT, KL, PRICE, solution, submitted
from course_build.grading import clerk
from course_build.grading.assignment import read
from course_build.grading.gradebook import CourseFolder, result_path
from course_build.grading.plan import plan, unreadable
from course_build.grading.submissions import Cell, Submission

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
LONG = 10**6


@pytest.fixture
def root(course, tmp_path):
    """A course folder of the test's own."""
    shutil.copytree(course, tmp_path / "course")
    return tmp_path / "course"


@pytest.mark.parametrize(
    "text",
    ["\n" * LONG, "from" + " \n" * LONG, "checks" + " " * LONG, "def f" * LONG, "a" * LONG, "~" * LONG, "x =" * LONG],
    ids=lambda text: repr(text[:8]),
)
def test_planning_comes_to_an_end(root, text):
    """A pattern that takes the square of this length would go on for hours."""
    asked = read(root, ASSIGNMENT)[0]
    made = plan(asked, [Cell("markdown", text, None), Cell("code", text, f"{KL}-answer-1")])
    assert made.steps[-1].source == text


def test_what_is_shown_is_cut_and_says_so(root):
    """Whatever its length: the rest is in the file."""
    asked = read(root, ASSIGNMENT)[0]
    shown = plan(asked, [Cell("code", "x = 1\n" * 10_000, None)] * 50).shown
    texts = [cell.source for cell in shown.cells]
    assert sum(map(len, texts)) < 250_000
    assert any("characters more are in the file" in text for text in texts)


def test_a_page_that_takes_too_long_is_made_without_the_text(root, monkeypatch):
    """The process that makes it is ended; the result is in the gradebook all the same, and the next one works."""
    monkeypatch.setattr(clerk, "SECONDS", 15)
    course, asked = CourseFolder(root), read(root, ASSIGNMENT)
    submission = Submission("ada")
    points = {part.grade_id: part.points for notebook in asked for part in notebook.parts}
    result = {"status": "graded", "points": points, "messages": {}, "notes": []}
    path = result_path(root, ASSIGNMENT, "ada")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"notebooks": dict.fromkeys((KL, PRICE), result)}), encoding="utf-8")
    bare = {notebook.name: unreadable(notebook, "too long to show").shown for notebook in asked}
    endless = deepcopy(bare[KL])
    endless.cells.append(nbformat.v4.new_markdown_cell("![" * 150_000))  # as no plan would show it
    with clerk.Clerk(root) as records:
        assert not records.record(submission, ASSIGNMENT, {**bare, KL: endless}, bare)
        assert course.totals(ASSIGNMENT)["ada"] == (6.0, 6.0)
        assert records.record(submission, ASSIGNMENT, bare, bare)
    assert "too long to show" in (root / "feedback" / "ada" / ASSIGNMENT / f"{KL}.html").read_text(encoding="utf-8")


def test_ctrl_c_ends_a_grading_at_once(root):
    """Nothing of it goes on; what was graded is kept."""
    for student, answer in (("ada", solution(KL)), ("eve", "while True: pass")):
        folder = root / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True)
        for name, text in ((KL, answer), (PRICE, solution(PRICE))):
            (folder / f"{name}.ipynb").write_text(submitted(root / "release" / ASSIGNMENT / f"{name}.ipynb", text))
    program = [sys.executable, "-m", "course_build.grading", ASSIGNMENT, "--course", str(root), "--seconds", "3000"]
    with subprocess.Popen(
        program,
        cwd=PROJECT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    ) as grader:
        try:
            while not _is_recorded(root, "ada"):
                assert grader.poll() is None, grader.stderr.read()
                time.sleep(0.1)
            family = psutil.Process(grader.pid).children(recursive=True)
            assert family
            os.killpg(grader.pid, signal.SIGINT)
            _, errors = grader.communicate(timeout=60)
        finally:
            if grader.poll() is None:
                os.killpg(grader.pid, signal.SIGKILL)
    assert grader.returncode == 130
    assert "Traceback" not in errors
    assert psutil.wait_procs(family, timeout=60)[1] == []
    assert _is_recorded(root, "ada")


def _is_recorded(root: Path, student: str) -> bool:
    path = result_path(root, ASSIGNMENT, student)
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["recorded"]
