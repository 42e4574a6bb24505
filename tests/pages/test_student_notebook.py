"""The notebook that students get, in a real JupyterLab: it opens, runs as it is, and says what becomes of an answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from course_build.exercises import source as exercise_source
from course_build.notebooks import exercises as exercise_notebooks
from course_build.notebooks.labels import read_labels
from tests.in_jupyterlab import serving

pytestmark = pytest.mark.slow

EXERCISE = exercise_source.read(exercise_source.FOLDER / "kl-between-clouds")


@pytest.fixture
def notebook(tmp_path) -> Path:
    """The edition for nbgrader, as it is released."""
    path = tmp_path / f"{EXERCISE.id}.ipynb"
    path.write_text(
        exercise_notebooks.written(exercise_notebooks.notebook(EXERCISE, exercise_notebooks.RELEASE, read_labels()))
    )
    return path


def test_a_student_opens_runs_and_answers(browser, notebook):
    """Run all: not written yet. Write the answer into its cell, run again: all parts are right."""
    with serving(notebook.parent, notebook.name) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 1100})
        page.goto(address)
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.get_by_text("| Idle").wait_for()  # what is run before the kernel is there is lost
        run_all(page)
        told = page.locator(".jp-OutputArea-output", has_text="parts are right")
        told.wait_for()
        assert "0 of 2 parts are right" in told.inner_text()
        assert "not written yet" in told.inner_text()

        answer = page.locator(".jp-Notebook .jp-CodeCell .cm-content", has_text="raise NotImplementedError")
        answer.click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(
            "".join(line for line in EXERCISE.answers[0].splitlines(True) if "SOLUTION" not in line)
        )
        run_all(page)
        told.get_by_text("2 of 2 parts are right").wait_for()
        page.close()


def run_all(page) -> None:
    """Choose Run, Run All Cells."""
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
