"""The notebooks beside the pages: `notebooks/pca.ipynb` for each chapter, `notebooks/exercises/` for the students'.

They are written when the pages are, from the same sources and the same run.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.errors import ExtensionError

from course_build.exercises.source import read_all
from course_build.notebooks import chapters as chapter_notebooks
from course_build.notebooks.exercises import written
from course_build.notebooks.labels import read_labels, read_page
from course_build.repository import origin_here
from course_build.sphinx.chapter_execution import executed_notebook

FOLDER = "notebooks"


def write_notebooks(app) -> None:
    """Write all of them.

    Raises
    ------
    ExtensionError
        If two chapters would have notebooks of one name.
    """
    root, target = Path(app.srcdir), Path(app.outdir) / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    (target / "exercises").mkdir(parents=True)
    exercises = read_all(root / "exercises")
    course = chapter_notebooks.course(origin_here(root), read_labels(root), exercises, root)
    for page in chapter_notebooks.chapters(root):
        path = target / chapter_notebooks.file_name(page)
        if path.exists():
            raise ExtensionError(f"two chapters are called {path.stem}; rename one: both would be {path.name}")
        numbers = chapter_notebooks.glued_numbers(executed_notebook(app, page))
        path.write_text(written(chapter_notebooks.notebook(page, read_page(root, page), numbers, course)), "utf-8")
    for exercise in exercises:
        made = Path(app.outdir).parent / ".exercises" / "student" / f"{exercise.id}.ipynb"
        shutil.copy(made, target / "exercises")
