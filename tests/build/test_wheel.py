"""What `pip install` of this repository brings: the library and the checks, no solution, nothing that builds."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from course_build.exercises.source import read_all, solution_bodies

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Its files: name → content."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("book", "course_build", "course_lib", "exercises", "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "dist", "."]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = (source / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_both_halves_of_every_check_are_in_it(wheel):
    for exercise in read_all():
        assert {f"exercises/{exercise.id}/collect.py", f"exercises/{exercise.id}/judge.py"} <= wheel.keys()


def test_no_source_of_an_exercise_is_in_it(wheel):
    """Neither as a file, nor a solution's lines in another."""
    assert [name for name in wheel if name.endswith(".md")] == []
    everything = b"\n".join(wheel.values()).decode(errors="replace")
    assert "BEGIN SOLUTION" not in everything
    bodies = [body for exercise in read_all() for body in solution_bodies(exercise) if body.count("\n") >= 2]
    assert bodies
    assert [body for body in bodies if body in everything] == []


def test_nothing_that_builds_the_course_is_in_it(wheel):
    assert {name.split("/")[0] for name in wheel if ".dist-info/" not in name} == {"course_lib", "exercises"}


def test_installing_it_asks_for_no_package_that_pins_a_torch(wheel):
    """Torchvision does, and so would replace a torch for CPUs: whoever wants it names it."""
    (metadata,) = (content.decode() for name, content in wheel.items() if name.endswith(".dist-info/METADATA"))
    needs = [Requirement(need) for need in message_from_string(metadata).get_all("Requires-Dist")]
    assert {need.name for need in needs if not need.marker} >= {"torch", "numpy"}
    assert {need.name for need in needs if "torchvision" in need.name and not need.marker} == set()
    torch = next(need for need in needs if need.name == "torch")
    assert torch.specifier.contains("2.13.0+cpu")
