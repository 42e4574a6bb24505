"""The directive `course-exercise` shows an exercise of `exercises/` in a chapter, `exercise-table` a list of all.

The sources hold the solutions, so no page includes one: the directive renders what the fragment lets through. Before
the pages are read, the students' notebooks and the expected pictures are made, in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import course_lib
from course_build.contents import with_numbers
from course_build.exercises import pictures
from course_build.exercises.fragment import fragment, table
from course_build.exercises.source import SOURCE, BadSource, Exercise, read, read_all
from course_build.fingerprint import fingerprint
from course_build.notebooks.exercises import STUDENT, notebook, written
from course_build.notebooks.labels import read_labels
from course_build.repository import ROOT, origin_here

LOGGER = logging.getLogger(__name__)
MADE = ".exercises"


class CourseExercise(SphinxDirective):
    """One exercise, by its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the exercise, or a warning that says what is wrong with its source."""
        room = Path(self.env.srcdir) / "exercises" / self.arguments[0]
        self.env.note_dependency(str(room / SOURCE))
        try:
            exercise = read(room)
        except FileNotFoundError:
            problem = f"got the exercise {self.arguments[0]}, which has no {SOURCE}"
        except BadSource as error:
            problem = str(error)
        else:
            made = "/" + os.path.relpath(_made(self.env.app), self.env.srcdir).replace(os.sep, "/")
            text = fragment(
                exercise,
                picture=f"{made}/pictures/{exercise.id}.png" if exercise.expected else "",
                notebook=f"{made}/student/{exercise.id}.ipynb",
            )
            root = Path(self.env.srcdir)
            shown = self.parse_text_to_nodes(with_numbers(text, read_labels(root).pages, root))
            sections = [section for node in shown for section in node.findall(nodes.section)]
            for name, section in zip(("ex", "solution"), sections, strict=False):
                section["ids"] = [f"{name}-{exercise.id}-content"]  # sphinx-exercise gives all of them the same
            return shown
        LOGGER.warning("course-exercise: %s", problem, location=self.get_location(), type="exercise")
        return []


class ExerciseTable(SphinxDirective):
    """All exercises, with level, points and minutes: the instructor's list."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        folder = Path(self.env.srcdir) / "exercises"
        self.env.note_dependency(str(folder))
        return self.parse_text_to_nodes(table(read_all(folder)))


def make_files(app) -> None:
    """Make notebooks and pictures where a source has changed; connected to Sphinx's event `builder-inited`.

    Raises
    ------
    ExtensionError
        If a source is wrong, or a solution cannot draw the picture.
    """
    made, sources = _made(app), Path(app.srcdir) / "exercises"
    if not sources.is_dir():
        return
    stamp = made / "made-from.json"
    try:
        keys = _keys(read_all(sources))
    except BadSource as error:
        raise ExtensionError(f"the exercises could not be made: {error}") from error
    before = json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    changed = [name for name, key in keys.items() if before.get(name) != key]
    if not changed:
        return
    command = [sys.executable, "-m", "course_build.exercises", "student", *changed]
    command += ["--from", str(sources), "--to", str(made)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ExtensionError(f"the exercises could not be made:\n{result.stderr}")
    stamp.write_text(json.dumps(keys), encoding="utf-8")


def _made(app) -> Path:
    return Path(app.outdir).parent / MADE


def _keys(found: list[Exercise]) -> dict[str, str]:
    """Id → hash of all that its notebook and its picture depend on: the same hash, the same files."""
    labels, origin = read_labels(), origin_here(ROOT)
    code = fingerprint(Path(course_lib.__file__).parent, Path(pictures.__file__))
    keys = {}
    for exercise in found:
        text = written(notebook(exercise, STUDENT, labels, origin=origin))
        parts = (code, text, *exercise.answers, exercise.expected_alt)
        keys[exercise.id] = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return keys


def setup(app):
    """Connect the directive; called by Sphinx, which `extension` asks to."""
    app.setup_extension("sphinx_exercise")
    app.add_directive("course-exercise", CourseExercise)
    app.add_directive("exercise-table", ExerciseTable)
    app.connect("builder-inited", make_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
