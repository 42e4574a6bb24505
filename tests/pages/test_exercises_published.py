"""The built book shows the exercises and no solution that is handed in."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_build.exercises.leaks import leaks
from course_build.exercises.source import read_all

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
EXERCISES = read_all()
# Where there is no built book, the fixture `site` skips aloud, and fails on CI.
pytestmark = pytest.mark.usefixtures("site")


def test_no_solution_is_published():
    """Not in a page, the search index, a source, a notebook, an archive or the inventory."""
    assert leaks(BOOK, EXERCISES) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_exercise_is_shown_once_with_its_notebook(exercise):
    """In the chapter that it names; with a solution where it may be read, and only there."""
    pages = [path for path in (BOOK / "book").rglob("*.html") if f'id="ex-{exercise.id}"' in path.read_text("utf-8")]
    assert len(pages) == 1
    assert pages[0].stem == exercise.chapter
    text = pages[0].read_text(encoding="utf-8")
    assert f"/{exercise.id}.ipynb" in text
    assert (f'id="solution-{exercise.id}"' in text) == exercise.self_study
