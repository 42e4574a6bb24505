"""What the weekly run in Colab's image calls a failure; the image itself is not to be had here."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from course_build.notebooks import run_in_colab
from course_build.notebooks.run import Outcome

RIGHT, WRONG = Outcome("pca", 1.0, ""), Outcome("elbo", 1.0, "cell 3 raised ValueError: no")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def image(tmp_path, monkeypatch):
    """A stand-in for the image: a function that says how the notebooks ran there, and which versions were seen."""

    def stand_in(outcomes: list[Outcome], before: str = "2.11.0", after: str = "2.11.0") -> None:
        seen = iter([{"torch": before}, {"torch": after}])
        monkeypatch.setattr(run_in_colab, "versions", lambda: next(seen))
        monkeypatch.setattr(run_in_colab, "run_all", lambda names, python, folder: outcomes)
        monkeypatch.setattr(run_in_colab, "is_colab", lambda: True)
        monkeypatch.setattr(run_in_colab.shutil, "which", lambda name: f"/usr/local/bin/{name}")
        monkeypatch.setattr(run_in_colab.Path, "home", lambda: tmp_path)

    return stand_in


def test_all_is_well_if_every_notebook_ran_and_nothing_was_replaced(image, tmp_path):
    image([RIGHT, RIGHT])
    assert run_in_colab.main(["published"]) == 0
    startup = tmp_path / ".ipython" / "profile_default" / "startup"
    assert [path.read_text(encoding="utf-8") for path in startup.glob("*.py")] == ["import google.colab\n"]


@pytest.mark.parametrize(
    ("outcomes", "after", "said"),
    [
        ([RIGHT, WRONG], "2.11.0", ""),
        ([], "2.11.0", "got no notebook in published"),
        ([RIGHT], "2.13.0", "replaced what Colab brings: {'torch': '2.11.0'} before, {'torch': '2.13.0'} after"),
    ],
)
def test_a_failure_is_one(image, capsys, outcomes, after, said):
    """A notebook that raised, no notebook at all, another torch."""
    image(outcomes, after=after)
    assert run_in_colab.main(["published"]) == 1
    assert said in capsys.readouterr().out


def test_nothing_is_written_on_a_machine_that_is_not_colab(tmp_path):
    """Its kernels would all try to load google.colab."""
    program = [sys.executable, "-m", "course_build.notebooks.run_in_colab", str(tmp_path)]
    done = subprocess.run(program, cwd=ROOT, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "expected Colab's image: make colab" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_versions_are_those_that_are_installed():
    assert run_in_colab.versions() == {name: metadata.version(name) for name in ("torch", "numpy")}
