"""An assignment's way from the exercise's source to the student and back: every step by the program that people use."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from benchmarks.toy_course import EXERCISES, KL, cell_of, solution
from course_build.exercises import __main__ as exercises
from course_build.grading import __main__ as program

pytestmark = pytest.mark.slow

NAME, COURSE = "homework-1", "autoencoders"


def nbgrader(*arguments: str, folder: Path, exchange: Path) -> str:
    """Run nbgrader as on a command line; return what it said."""
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTER_CONFIG_DIR": str(exchange.parent / "config"),
        "JUPYTER_DATA_DIR": str(exchange.parent / "data"),
    }
    command = [sys.executable, "-m", "nbgrader", *arguments, f"--course={COURSE}", f"--Exchange.root={exchange}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.timeout(1200)
def test_from_generate_to_export(found_sandbox, course, tmp_path, capsys):
    """Generate, release, fetch, answer, submit, collect, grade, feedback there and back, export."""
    teacher, student, exchange = tmp_path / "nbgrader", tmp_path / "home of ada", tmp_path / "exchange"
    student.mkdir()
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)

    assert exercises.main(["assignment", KL, "--name", NAME, "--to", str(tmp_path)]) == 0
    with (teacher / "nbgrader_config.py").open("a") as settings:
        settings.write(f"c.CourseDirectory.course_id = {COURSE!r}\n")
    nbgrader("generate_assignment", NAME, "--force", folder=teacher, exchange=exchange)
    nbgrader("release_assignment", NAME, folder=teacher, exchange=exchange)

    nbgrader("fetch_assignment", NAME, folder=student, exchange=exchange)
    path = student / NAME / f"{KL}.ipynb"
    text = path.read_text()
    assert "raise NotImplementedError" in text
    assert "HIDDEN" not in text
    assert not any(line.strip() in text for line in solution(KL).splitlines()[2:])
    notebook = json.loads(text)
    cell_of(notebook, f"{KL}-answer-1")["source"] = solution(KL)
    path.write_text(json.dumps(notebook))
    nbgrader("submit", NAME, "--student=ada", folder=student, exchange=exchange)

    nbgrader("collect", NAME, folder=teacher, exchange=exchange)
    assert program.main([NAME, "--course", str(teacher), "--jobs", "1"]) == 0
    assert "1 submissions, sandbox: " in capsys.readouterr().out

    nbgrader("release_feedback", NAME, folder=teacher, exchange=exchange)
    nbgrader("fetch_feedback", NAME, "--student=ada", folder=student, exchange=exchange)
    (page,) = student.rglob("*.html")
    assert re.search(r"\b3(\.0)?\s*/\s*3(\.0)?\b", page.read_text(encoding="utf-8"))

    nbgrader("export", folder=teacher, exchange=exchange)
    with (teacher / "grades.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["assignment"], row["student_id"], row["score"], row["max_score"]) == (NAME, "ada", "3.0", "3.0")
    assert row["timestamp"]


def test_what_students_get_is_a_valid_notebook(released):
    paths = sorted(released.glob("*.ipynb"))
    assert {path.stem for path in paths} == set(EXERCISES)
    for path in paths:
        nbformat.validate(nbformat.read(path, as_version=4))
