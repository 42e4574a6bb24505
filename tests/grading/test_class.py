"""A class graded from end to end by the program that `make grade` runs: totals, resuming, failures of our own."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from benchmarks.toy_course import ASSIGNMENT, EXERCISES, KL, PRICE, solution, submitted
from course_build.grading import __main__ as program
from course_build.grading import grade, sandbox

HALF = next(mutant.code for mutant in EXERCISES[KL].mutants if set(mutant.loses) == {"narrow"})


@pytest.fixture(scope="module")
def folder(course, found_sandbox, tmp_path_factory):
    """A course with five submissions, graded once."""
    root = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(course, root)
    answers = {
        "ada": {KL: solution(KL), PRICE: solution(PRICE)},
        "bob": {KL: HALF, PRICE: None},
        "cy": {KL: None, PRICE: None},
        "dee": {PRICE: solution(PRICE)},
        "eve": {KL: "def kl_between(:", PRICE: solution(PRICE)},
    }
    for student, given in answers.items():
        hand_in(root, student, given)
    assert run(root) == 0
    return root


def hand_in(root: Path, student: str, answers: dict[str, str | None]) -> None:
    """Write a submission: an answer for each notebook that is handed in, None for an untouched one."""
    for name, answer in answers.items():
        path = root / "submitted" / student / ASSIGNMENT / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(submitted(root / "release" / ASSIGNMENT / f"{name}.ipynb", answer))


def run(root: Path, *more: str) -> int:
    """Grade as `make grade` does."""
    return program.main([ASSIGNMENT, "--course", str(root), "--jobs", "2", *more])


def table(root: Path) -> dict[str, dict[str, str]]:
    """The rows of the CSV by student."""
    with (root / f"grades-{ASSIGNMENT}.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def results(root: Path) -> dict[str, int]:
    """When each result was written."""
    return {path.stem: path.stat().st_mtime_ns for path in (root / ".grading" / "results" / ASSIGNMENT).glob("*.json")}


def test_totals_are_right(folder):
    got = {student: (row["status"], row["score"], row["max_score"]) for student, row in table(folder).items()}
    assert got == {
        "ada": ("graded", "6", "6"),
        "bob": ("graded", "2", "6"),
        "cy": ("blank", "0", "6"),
        "dee": ("missing", "3", "6"),
        "eve": ("graded", "3", "6"),
    }


def test_every_part_has_its_column(folder):
    row = table(folder)["bob"]
    columns = [f"{name}-points-{part}" for name, exercise in EXERCISES.items() for part in exercise.points]
    assert [row[column] for column in columns] == ["2", "0", "0", "0"]


def test_feedback_says_what_is_wrong(folder):
    page = (folder / "feedback" / "bob" / ASSIGNMENT / f"{KL}.html").read_text(encoding="utf-8")
    assert "which difference is its logarithm" in page
    page = (folder / "feedback" / "eve" / ASSIGNMENT / f"{KL}.html").read_text(encoding="utf-8")
    assert "SyntaxError" in page


def test_a_rerun_runs_nothing_again(folder):
    before, rows = results(folder), table(folder)
    assert run(folder) == 0
    assert (results(folder), table(folder)) == (before, rows)


def test_a_rerun_grades_what_changed_and_what_was_not_finished(folder, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(folder, root)
    hand_in(root, "bob", {KL: solution(KL)})
    path = root / ".grading" / "results" / ASSIGNMENT / "cy.json"
    unfinished = json.loads(path.read_text()) | {"recorded": False}  # what a kill in the middle leaves
    path.write_text(json.dumps(unfinished))
    before = results(root)
    assert run(root) == 0
    assert {student for student, when in results(root).items() if when != before[student]} == {"bob", "cy"}
    assert table(root)["bob"]["score"] == "3"


def test_manual_points_survive_another_grading(folder, tmp_path):
    from nbgrader.api import Gradebook

    root = tmp_path / "course"
    shutil.copytree(folder, root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        book.find_grade(f"{KL}-points-narrow", KL, ASSIGNMENT, "bob").manual_score = 0.5
        book.db.commit()
    hand_in(root, "bob", {KL: HALF + "\n"})
    assert run(root) == 0
    assert table(root)["bob"]["score"] == "2.5"


def test_a_failure_of_ours_stops_nobody(folder, tmp_path, monkeypatch, capsys):
    """A submission that breaks the grader is named; the others are graded, and the exit status is 1."""
    root = tmp_path / "course"
    shutil.copytree(folder, root)
    for student in ("ada", "eve"):
        hand_in(root, student, {KL: HALF})
    prepare = grade.prepare

    def breaks(asked, submission):
        if submission.student == "ada":
            raise ZeroDivisionError("a bug of ours")
        return prepare(asked, submission)

    monkeypatch.setattr(grade, "prepare", breaks)
    assert run(root) == 1
    rows = table(root)
    assert (rows["ada"]["status"], rows["ada"]["score"]) == ("not graded", "")
    assert (rows["eve"]["status"], rows["eve"]["score"]) == ("graded", "5")
    assert "a bug of ours" in capsys.readouterr().err


def test_names_that_nbgrader_would_take_for_patterns_are_not_used(folder, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(folder, root)
    for name in ("*", "=cmd()", "a b", "\U00020000" * 60):
        hand_in(root, name, {KL: solution(KL), PRICE: solution(PRICE)})
    before = results(root)
    assert run(root) == 1
    assert results(root) == before
    assert {name for name, row in table(root).items() if row["status"] == "not graded"} == {
        "'?",
        "'?cmd??",
        "'a?b",
        "'" + "\U00020000" * 60,
    }


def test_an_unknown_assignment_names_those_that_are_there(folder, capsys):
    assert program.main(["ps9", "--course", str(folder)]) == 1
    assert f"got the assignment 'ps9'; {folder} holds: {ASSIGNMENT}" in capsys.readouterr().err


def test_a_folder_that_is_no_course_says_how_to_make_one(tmp_path, capsys):
    assert program.main(["ps1", "--course", str(tmp_path)]) == 1
    assert "python -m course_build.exercises assignment" in capsys.readouterr().err


def test_without_a_sandbox_it_has_to_be_said_aloud(folder, tmp_path, monkeypatch, capsys):
    root = tmp_path / "course"
    shutil.copytree(folder, root)
    shutil.rmtree(root / "submitted")
    hand_in(root, "ada", {KL: HALF, PRICE: solution(PRICE)})
    monkeypatch.setattr(sandbox.shutil, "which", lambda program: None)
    assert run(root) == 1
    assert "--unsandboxed" in capsys.readouterr().err
    assert run(root, "--unsandboxed") == 0
    assert "UNSANDBOXED" in capsys.readouterr().err
    assert table(root)["ada"]["score"] == "5"
