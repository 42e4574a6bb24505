"""Grading needs nbgrader and a sandbox that holds. Without them its tests are skipped aloud.

Where CI=true a missing nbgrader fails, since `make test` installs it. A sandbox cannot be installed everywhere: a
container may forbid all namespaces.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from tests.grading import toy_course
from tools.grading import sandbox
from tools.grading.session import Limits

ON_CI = os.environ.get("CI", "").lower() in ("1", "true")
# Processor time, so a busy machine changes nothing; half half a gigabyte, so that a small one is not filled.
SHORT = Limits(seconds=1.5, wall_factor=10.0, total_seconds=20.0, memory=2**29)


@pytest.fixture(scope="session")
def walls():
    """The best sandbox of this machine."""
    try:
        return sandbox.find()
    except sandbox.NoSandbox as error:
        pytest.skip(f"grading was not tested: {error}")


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A released course folder, to be copied by whoever grades in it."""
    if importlib.util.find_spec("nbgrader") is None:
        missing = pytest.fail if ON_CI else pytest.skip
        missing("grading was not tested: no nbgrader, pip install -r requirements-instructor.txt")
    from tools.grading.gradebook import Course

    root = toy_course.write_course(tmp_path_factory.mktemp("course"))
    Course(root).release(toy_course.ASSIGNMENT)
    return root


@pytest.fixture(scope="session")
def released(course) -> Path:
    """The folder of the notebooks as students get them."""
    return course / "release" / toy_course.ASSIGNMENT
