"""Grading needs nbgrader and a sandbox that holds. Without them its tests are skipped aloud, and fail where CI=true."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from benchmarks import toy_course
from course_build.grading import sandbox
from course_build.grading.session import Limits

ON_CI = os.environ.get("CI", "").lower() in ("1", "true")
# Processor time, so a busy machine changes nothing; half half a gigabyte, so that a small one is not filled.
# Twice what the honest and the harmless need on a slow machine.
SHORT = Limits(seconds=3.0, wall_factor=6.0, total_seconds=30.0, memory=2**29)


def missing(what: str):
    """Skip, or fail where nothing may be missing: a sandbox that broke must not look like one that is not there."""
    (pytest.fail if ON_CI else pytest.skip)(f"{what}: grading was not tested")


@pytest.fixture(scope="session")
def found_sandbox():
    """The best sandbox of this machine."""
    try:
        return sandbox.find()
    except sandbox.NoSandbox as error:
        missing(str(error))


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A released course folder, to be copied by whoever grades in it."""
    if importlib.util.find_spec("nbgrader") is None:
        missing("no nbgrader, pip install -r requirements-instructor.txt")
    from course_build.grading.gradebook import CourseFolder

    root = toy_course.write_course(tmp_path_factory.mktemp("course"))
    CourseFolder(root).release(toy_course.ASSIGNMENT)
    return root


@pytest.fixture(scope="session")
def released(course) -> Path:
    """The folder of the notebooks as students get them."""
    return course / "release" / toy_course.ASSIGNMENT
