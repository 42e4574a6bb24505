"""Finding what came in, and what is run of it."""

from __future__ import annotations

import json
import os

import nbformat
import pytest

from benchmarks.toy_course import KL, PRICE, cell_of, source_notebook
from course_build.grading import submissions
from course_build.grading.assignment import Notebook, is_graded_test
from course_build.grading.plan import plan, unreadable

ANSWER = f"{KL}-answer-1"


@pytest.fixture
def asked():
    """The first notebook as handed out; its solution stands for a stub here."""
    return Notebook(KL, source_notebook(KL).cells, [])


def as_submitted(change=None):
    """The handed-out notebook as bytes, after `change` has been at its dictionary."""
    notebook = json.loads(nbformat.writes(source_notebook(KL)))
    if change:
        change(notebook)
    return json.dumps(notebook).encode()


def planned(asked, change=None):
    """The plan for such a submission."""
    cells, _ = submissions.read(as_submitted(change))
    return plan(asked, cells)


def write(path):
    """A file that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


@pytest.mark.parametrize("layout", ["{student}/ps1/{notebook}.ipynb", "{student}/{notebook}.ipynb"])
def test_layouts_with_a_folder_a_student(tmp_path, layout):
    for student in ("ada", "bob"):
        for notebook in (KL, PRICE):
            write(tmp_path / layout.format(student=student, notebook=notebook))
    found = submissions.find(tmp_path, "ps1", [KL, PRICE])
    assert [(one.student, sorted(one.files)) for one in found] == [("ada", [KL, PRICE]), ("bob", [KL, PRICE])]
    assert all(path.is_file() for one in found for path in one.files.values())


def test_one_file_a_student_where_there_is_one_notebook(tmp_path):
    write(tmp_path / "ada.ipynb")
    write(tmp_path / "bob" / "final version (2).ipynb")
    assert [(one.student, list(one.files)) for one in submissions.find(tmp_path, "ps1", [KL])] == [
        ("ada", [KL]),
        ("bob", [KL]),
    ]


def test_another_assignment_is_not_this_one(tmp_path):
    write(tmp_path / "ada" / "ps2" / f"{KL}.ipynb")
    write(tmp_path / "bob" / "ps1" / f"{KL}.ipynb")
    assert [one.student for one in submissions.find(tmp_path, "ps1", [KL])] == ["bob"]


def test_an_empty_folder_says_what_was_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected <student>/ps1/<notebook>\.ipynb"):
        submissions.find(tmp_path, "ps1", [KL])


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "large"])
def test_only_plain_files_are_opened(tmp_path, kind):
    path = tmp_path / "a.ipynb"
    if kind == "link":
        (tmp_path / "secret").write_text("{}")
        path.symlink_to(tmp_path / "secret")
    elif kind == "pipe":
        os.mkfifo(path)  # reading it would wait for ever
    elif kind == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(submissions.MAX_BYTES + 1)
    with pytest.raises(submissions.Unreadable):
        submissions.read_bytes(path)


@pytest.mark.parametrize(
    ("blob", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\x80\x04.", "pickle"),
        (b"[]", "list of cells"),
        (b'{"cells": []}', "old format"),
        (b"9" * 5000, "not JSON"),
        (b'{"cells": [' + b",".join([b"{}"] * 2000) + b'], "nbformat": 4}', "too large"),
        (b"\xff\xfe\x00", "not JSON"),
        (
            b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "%s"}]}' % (b"x" * 3_000_000),
            "characters of code",
        ),
    ],
)
def test_no_notebook_is_called_what_it_is(blob, why):
    with pytest.raises(submissions.Unreadable, match=why):
        submissions.read(blob)


def test_what_was_handed_out_is_run_without_its_tests(asked):
    steps = planned(asked).steps
    assert [step.called for step in steps] == [f"cell {KL}-set-up", f"cell {KL}-given-1", f"answer cell {ANSWER}"]


def test_own_cells_run_where_the_student_put_them(asked):
    def change(notebook):
        position = notebook["cells"].index(cell_of(notebook, ANSWER))
        notebook["cells"].insert(position, {"cell_type": "code", "source": ["x = 1\n", "y = 2"], "metadata": {}})
        notebook["cells"].append({"cell_type": "code", "source": "z = 3", "metadata": {}})

    made = planned(asked, change)
    assert [step.source for step in made.steps][2::2] == ["x = 1\ny = 2", "z = 3"]
    assert made.notes == []
    assert [cell.source for cell in made.shown.cells if cell.source in ("x = 1\ny = 2", "z = 3")] == [
        "x = 1\ny = 2",
        "z = 3",
    ]


def test_locked_cells_are_ours(asked):
    def change(notebook):
        cell_of(notebook, f"{KL}-given-1")["source"] = "import os; os._exit(0)"

    made = planned(asked, change)
    assert made.steps[1].source == asked.cell(f"{KL}-given-1").source
    assert made.notes == [f"locked cell {KL}-given-1 was changed; ours was used"]


def test_deleted_imports_run_first(asked):
    made = planned(asked, lambda notebook: notebook["cells"].remove(cell_of(notebook, f"{KL}-given-1")))
    assert made.steps[0].source == asked.cell(f"{KL}-given-1").source
    assert made.notes == [f"cell {KL}-given-1 was deleted"]


def test_no_test_cell_is_ever_run(asked):
    def change(notebook):
        for part in ("values", "narrow"):
            cell_of(notebook, f"{KL}-points-{part}")["source"] = "steal()"

    assert not any(
        "steal" in step.source or "exercises.require" in step.source for step in planned(asked, change).steps
    )


def test_an_untouched_notebook_is_blank(asked):
    assert not planned(asked).answered
    assert planned(asked, lambda notebook: cell_of(notebook, ANSWER).update(source="x = 1")).answered


def test_an_answer_that_leans_on_the_library_is_told(asked):
    def change(notebook):
        cell_of(notebook, ANSWER)["source"] = (
            "from importlib import import_module\nkl_between = import_module('exercises.kl-between-clouds.judge').right"
        )

    assert planned(asked, change).notes == [
        f"answer cell {ANSWER} uses the course's own code: look whether that does the work"
    ]


def test_what_is_shown_has_every_graded_cell_once(asked):
    """So nbgrader gets a notebook it can read, whatever was handed in."""
    broken = [planned(asked, lambda notebook: notebook["cells"].clear()), unreadable(asked, "empty file")]
    broken.append(planned(asked, lambda notebook: notebook["cells"].extend(notebook["cells"])))
    tests = [cell.metadata.nbgrader.grade_id for cell in asked.cells if is_graded_test(cell)]
    for made in broken:
        nbformat.validate(made.shown)
        assert [cell.metadata.nbgrader.grade_id for cell in made.shown.cells if is_graded_test(cell)] == tests
