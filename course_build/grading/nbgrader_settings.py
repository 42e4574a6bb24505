"""Keeps nbgrader from running student code with the instructor's rights: two barriers, each enough by itself.

A course folder's `nbgrader_config.py` replaces the step of autograde that runs notebooks. Where that file is not read,
or has been exchanged, the notebooks still ask for a kernel that no machine has.
"""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

from course_build.notebooks.kernels import NO_KERNEL
from course_build.repository import ROOT

AUTOGRADE = [
    "course_build.grading.gradebook.ResultsFromSandbox",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

LINES = f"""import sys

sys.path.append({str(ROOT)!r})
from course_build.grading import nbgrader_settings

nbgrader_settings.protect(c)
"""
FILE = f'''"""nbgrader's settings for a course graded by `make grade`. Student code never runs in nbgrader itself."""

c = get_config()

{LINES}'''


class Unprotected(ValueError):
    """A course folder in which nbgrader would run what students wrote; the text says what to add."""


def protect(config: Config) -> None:
    """Set, in a configuration of nbgrader's, what keeps a student's code from being run and HTML from being shown."""
    config.Autograde.autograde_preprocessors = AUTOGRADE
    config.Execute.kernel_name = NO_KERNEL["name"]  # of `nbgrader validate` too
    config.GenerateAssignment.preprocessors.append("course_build.grading.gradebook.OrdinaryKernel")
    config.HTMLExporter.sanitize_html = True


def write_or_check(course: Path) -> None:
    """Give a course folder its settings.

    Parameters
    ----------
    course
        nbgrader's course folder.

    Raises
    ------
    Unprotected
        If it has settings of its own that do not call `protect`.
    """
    path = course / "nbgrader_config.py"
    if not path.exists():
        course.mkdir(parents=True, exist_ok=True)
        path.write_text(FILE, encoding="utf-8")
    if load(course).Autograde.get("autograde_preprocessors") != AUTOGRADE:
        raise Unprotected(
            f"got settings in {course} with which nbgrader would run student code with your rights; add to the end of "
            f"{path.name}, and take Autograde.autograde_preprocessors out of nbgrader_config.json:\n\n{LINES}"
        )


def load(course: Path) -> Config:
    """The settings of a course folder, as nbgrader reads them there."""
    config = Config()
    for loader, name in ((PyFileConfigLoader, "nbgrader_config.py"), (JSONFileConfigLoader, "nbgrader_config.json")):
        if (course / name).exists():
            config.merge(loader(name, path=str(course)).load_config())
    return config
