"""Notebooks in an environment that holds the library and a kernel, and in folders that hold nothing else."""

from __future__ import annotations

import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_build.notebooks import run as run_notebooks
from course_build.notebooks.exercises import written
from course_build.notebooks.run import NotInstallable, clean_environment, main, run, run_all
from tests.build.test_chapter_notebooks import notebook, student

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]  # pip brings torch
LIGHT = "book/appendix/probability"
EXERCISE = "price-of-halving"


@pytest.fixture(scope="module")
def python():
    """Python with course_lib installed from the tree, and none of what makes the book."""
    try:
        return clean_environment(extra="")
    except NotInstallable as error:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no clean environment: {error}")


@pytest.fixture
def folder(tmp_path):
    """A folder as the build writes it, with one chapter and one exercise."""
    (tmp_path / "exercises").mkdir()
    (tmp_path / "probability.ipynb").write_text(written(notebook(LIGHT)), "utf-8")
    (tmp_path / "exercises" / f"{EXERCISE}.ipynb").write_text(written(student(EXERCISE)), "utf-8")
    return tmp_path


def test_a_chapter_and_an_exercise_run_anywhere(python, folder, capsys):
    """From top to bottom; in the exercise nothing is written yet, which is no trouble."""
    before = {path: path.read_bytes() for path in folder.rglob("*.ipynb")}
    outcomes = run_all([], python, folder)
    assert [(outcome.name, outcome.trouble) for outcome in outcomes] == [("probability", ""), (EXERCISE, "")]
    assert "✓ probability" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in folder.rglob("*.ipynb")} == before


def test_trouble_is_found_and_named(python, tmp_path):
    """Where the book's own software is used, a file is missed, or a cell raises: the first cell that does is shown."""
    for name, code, trouble in (
        ("book", "import sphinx", "cell 2 raised ModuleNotFoundError: No module named 'sphinx'\nimport sphinx"),
        ("file", "open('data.csv')", "cell 2 raised FileNotFoundError"),
        ("listed", "import os; assert os.listdir('.') == ['listed.ipynb'], os.listdir('.')", ""),
        ("later", "raise NotImplementedError('yet')", "cell 2 raised NotImplementedError: yet"),
    ):
        cells = [new_code_cell("1 + 1"), new_code_cell(code), new_code_cell("1 / 0" if trouble else "3")]
        nbformat.write(new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
        found = run(tmp_path / f"{name}.ipynb", python).trouble
        assert found.startswith(trouble)
        assert bool(found) == bool(trouble)
    assert "ZeroDivisionError" in run(tmp_path / "later.ipynb", python, ("NotImplementedError",)).trouble


def test_the_command_fails_where_a_notebook_does(monkeypatch, tmp_path, capsys):
    """And says which; a name that no notebook has is refused."""
    (tmp_path / "one.ipynb").touch()
    monkeypatch.setattr(run_notebooks, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(run_notebooks, "clean_environment", lambda: "python")
    outcome = run_notebooks.Outcome("one", 1.0, "cell 2 raised")
    monkeypatch.setattr(run_notebooks, "run_all", lambda names, python: [outcome])
    assert main(["one"]) == 1
    assert "failed: one" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["two"])
    assert "no such notebook: two; there are one" in capsys.readouterr().err
