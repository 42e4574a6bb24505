"""What is right is not where a student's code runs: a spy among its cells finds out nothing, in any exercise."""

from __future__ import annotations

from dataclasses import replace

import exercises
from benchmarks.toy_course import KL, PRICE
from course_build.exercises.source import FOLDER, read
from course_build.grading.sandbox import LIBRARY, ROOMS, Sandbox
from course_build.grading.session import Session
from tests.grading.conftest import SHORT
from tests.grading.gallery import SPY

PATIENT = replace(SHORT, seconds=60.0)  # some exercises load a model, and a busy machine takes its time


def spied(sandbox: Sandbox, ids: list[str]) -> list[tuple[str, str]]:
    """The parts that a spy gets right, with every answer left as it was handed out."""
    found = []
    with Session(sandbox, PATIENT) as session:
        for name in ids:
            exercise = read(FOLDER / name)
            for cell in (*exercise.given, *exercise.stubs, SPY):
                assert session.run_cell(cell) == ""
            for part in exercise.points:
                given = exercises.draw_part(name, part, seed=3)
                if not exercises.judge_part(name, part, given, session.collect(name, part, given)):
                    found.append((name, part))
            session.forget()
    return found


def test_a_spy_gets_no_points(found_sandbox):
    """In no part of any exercise."""
    assert spied(found_sandbox, exercises.names()) == []


def test_the_spy_would_get_them_where_the_key_is():
    """Without a sandbox it is told what is right, so the test above can fail."""
    some = ["another-die", "bent-line", KL, PRICE]
    assert len(spied(Sandbox("none"), some)) == sum(len(exercises.definition(name)) for name in some)


def test_nothing_that_judges_lies_in_the_sandbox(found_sandbox):
    """Neither as source nor compiled, under any name."""
    search = f"""import pathlib
for folder in {[str(LIBRARY), str(ROOMS)]!r}:
    for path in pathlib.Path(folder).rglob("*.*"):
        assert b"Judges the exercise" not in path.read_bytes() and b"BEGIN SOLUTION" not in path.read_bytes(), path
assert pathlib.Path({str(ROOMS)!r}, {KL!r}, "collect.py").exists()"""
    with Session(found_sandbox, SHORT) as session:
        assert session.run_cell(search) == ""
