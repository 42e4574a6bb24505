"""nbgrader itself never runs what a student wrote, whoever configured it, before the first grading and after."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.toy_course import KL, submitted
from course_build.exercises import __main__ as exercises
from course_build.grading import __main__ as program
from course_build.grading import nbgrader_settings
from course_build.notebooks.kernels import NO_KERNEL

pytestmark = pytest.mark.slow

NAME = "homework-1"
OF_THEIR_OWN = 'c = get_config()\nc.CourseDirectory.course_id = "mine"\nc.Autograde.force = True\n'


def nbgrader(command: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess:
    """Run nbgrader as an instructor would, who has no settings of nbgrader's beside those of the course."""
    places = {"HOME": str(folder.parent), "JUPYTER_CONFIG_DIR": str(folder.parent / "jupyter")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    words = [sys.executable, "-m", "nbgrader", command, *arguments]
    return subprocess.run(words, cwd=folder, env={**os.environ, **places, "PATH": path}, capture_output=True, text=True)


@pytest.fixture
def course(tmp_path, found_sandbox):
    """A course folder in which an assignment has just been written, and what a student then handed in."""
    assert exercises.main(["assignment", KL, "--name", NAME, "--to", str(tmp_path)]) == 0
    hand_in(tmp_path / "nbgrader")
    return tmp_path / "nbgrader"


def hand_in(course: Path) -> None:
    """A notebook whose answer cell writes a file beside the course folder."""
    folder = course / "submitted" / "eve" / NAME
    folder.mkdir(parents=True)
    answer = f"open({str(course.parent / 'canary')!r}, 'w')"
    (folder / f"{KL}.ipynb").write_text(submitted(course / "release" / NAME / f"{KL}.ipynb", answer))


def assert_nothing_runs(course: Path, *arguments: str, folder: Path | None = None) -> str:
    """Autograde fails, and the file is not there; return what it said."""
    done = nbgrader("autograde", NAME, *arguments, folder=folder or course)
    assert done.returncode != 0
    assert not (course.parent / "canary").exists()
    return done.stderr


def test_before_the_first_grading(course):
    """The settings are written with the assignment, and read from elsewhere too; they say what to do instead."""
    assert nbgrader("generate_assignment", NAME, "--force", folder=course).returncode == 0
    assert '"name": "python3"' in (course / "release" / NAME / f"{KL}.ipynb").read_text()  # students have that kernel
    assert f"make grade ASSIGNMENT={NAME}" in assert_nothing_runs(course)
    said = assert_nothing_runs(course, "--course-dir", str(course), folder=course.parent)
    assert f"make grade ASSIGNMENT={NAME}" in said
    assert program.main([NAME, "--course", str(course)]) == 0
    assert not (course.parent / "canary").exists()


def test_with_settings_that_took_the_place_of_ours(course):
    """Then no machine has the kernel that the notebooks ask for."""
    (course / "nbgrader_config.py").write_text(OF_THEIR_OWN)
    assert nbgrader("generate_assignment", NAME, "--force", folder=course).returncode == 0
    assert NO_KERNEL["name"] in assert_nothing_runs(course)


def test_settings_of_their_own_are_asked_to_let_ours_in(tmp_path, capsys, found_sandbox):
    """Neither written to nor graded in before; afterwards both work, and theirs count as well."""
    course = tmp_path / "nbgrader"
    course.mkdir()
    settings = course / "nbgrader_config.py"
    settings.write_text(OF_THEIR_OWN)
    with pytest.raises(SystemExit):
        exercises.main(["assignment", KL, "--name", NAME, "--to", str(tmp_path)])
    said = capsys.readouterr().err
    assert "would run student code with your rights" in said
    assert list(course.iterdir()) == [settings]
    settings.write_text(OF_THEIR_OWN + said.partition("\n\n")[2])
    assert exercises.main(["assignment", KL, "--name", NAME, "--to", str(tmp_path)]) == 0
    hand_in(course)
    assert nbgrader("generate_assignment", NAME, "--force", folder=course).returncode == 0
    assert f"make grade ASSIGNMENT={NAME}" in assert_nothing_runs(course)
    assert nbgrader_settings.load(course).CourseDirectory.course_id == "mine"


@pytest.mark.parametrize("change", ["nbgrader_config.json", "nbgrader_config.py"])
def test_no_class_is_graded_where_nbgrader_would_run_its_code(course, change, capsys):
    """Also where a second file, which wins, says otherwise."""
    text = OF_THEIR_OWN if change.endswith("py") else '{"Autograde": {"autograde_preprocessors": []}}'
    (course / change).write_text(text)
    assert program.main([NAME, "--course", str(course)]) == 1
    assert "nbgrader_settings.protect(c)" in capsys.readouterr().err
    assert not (course / "gradebook.db").exists()
