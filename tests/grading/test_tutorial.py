"""The instructor's chapter, followed to the letter: its commands in their order, in a copy of the repository."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.toy_course import KL, solution, submitted

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "book" / "part4" / "teaching.md"
COMMANDS = re.findall(
    r"^```\{code-block\} shell\n:class: tutorial\n(.*?)^```$", CHAPTER.read_text("utf-8"), re.M | re.S
)


@pytest.fixture
def repository(tmp_path):
    """What the commands need of the repository, with the environment of this one."""
    for name in ("Makefile", "requirements.txt", "requirements-instructor.txt", "constraints.txt", "pyproject.toml"):
        shutil.copy2(ROOT / name, tmp_path)
    for name in (".venv", "book", "course_lib", "exercises", "course_build", "package.json", "package-lock.json"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.timeout(1200)
def test_the_commands_of_the_chapter_do_what_it_says(found_sandbox, repository):
    """One student with a right answer, one with an untouched notebook: both are in both tables."""
    assert len(COMMANDS) == 4
    hand_out, grade, export, check = COMMANDS

    def follow(command: str) -> str:
        done = subprocess.run(["bash", "-euc", command], cwd=repository, capture_output=True, text=True, env=os.environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    follow(hand_out)
    course = repository / "teaching" / "nbgrader"
    released = course / "release" / "homework-1" / f"{KL}.ipynb"
    for student, answer in (("ada", solution(KL)), ("ben", None)):
        folder = repository / "submissions" / student
        folder.mkdir(parents=True)
        (folder / released.name).write_text(submitted(released, answer))
    follow(grade)
    assert table(course / "grades-homework-1.csv", "student") == {"ada": (3.0, "graded"), "ben": (0.0, "blank")}
    follow(export)
    scores = {name: row[0] for name, row in table(course / "grades.csv", "student_id").items()}
    assert scores == {"ada": 3.0, "ben": 0.0}
    assert f"✓ {KL}" in follow(check)


def table(path: Path, student: str) -> dict[str, tuple[float, str | None]]:
    """Student → score and status."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row[student]: (float(row["score"]), row.get("status")) for row in csv.DictReader(file)}
