"""The edition for Otter, on demand: the master notebook that `otter assign` reads. Otter itself is not needed here."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from course_build.exercises.source import Exercise
from course_build.notebooks.exercises import HIDDEN_DRAWS
from course_build.notebooks.kernels import KERNEL
from course_build.notebooks.labels import Labels
from course_build.notebooks.markdown import Setting, for_notebook

ASSIGNMENT = "# ASSIGNMENT CONFIG\ninit_cell: true\nexport_cell: false\ntests:\n    ok_format: false\n    files: false"


def master(exercise: Exercise, labels: Labels) -> NotebookNode:
    """The exercise as one question; every part is a visible test and a hidden one, which shares its points."""
    config = f"# BEGIN QUESTION\nname: {exercise.id.replace('-', '_')}\npoints: {exercise.total}"
    cells = [new_raw_cell(ASSIGNMENT)]
    cells += map(new_code_cell, exercise.given)
    cells += [
        new_raw_cell(config),
        new_markdown_cell(for_notebook(exercise.statement, Setting(labels, exercise.id))),
    ]
    cells.append(new_raw_cell("# BEGIN SOLUTION"))
    cells += map(new_code_cell, exercise.answers)
    cells += [new_raw_cell("# END SOLUTION"), new_raw_cell("# BEGIN TESTS")]
    for part, points in exercise.points.items():
        cells += [new_code_cell(_test(exercise, part, points, hidden)) for hidden in (False, True)]
    cells += [new_raw_cell("# END TESTS"), new_raw_cell("# END QUESTION")]
    for number, cell in enumerate(cells):
        cell["id"] = f"otter-{number}"
    return new_notebook(cells=cells, metadata={"kernelspec": KERNEL})


def _test(exercise: Exercise, part: str, points: int, hidden: bool) -> str:
    names = exercise.check.partition(", ")[2].removesuffix(")")
    functions = ", ".join(pair.partition("=")[0] for pair in names.split(", "))
    name = f"test_{part.replace('-', '_')}{'_hidden' * hidden}"
    # A hidden test carries the points: inputs that were known beforehand prove nothing.
    lines = ['""" # BEGIN TEST CONFIG', f"points: {points if hidden else 0}", f"hidden: {str(hidden).lower()}"]
    lines += ['""" # END TEST CONFIG', f"def {name}({functions}):", "    import exercises"]
    call = f'exercises.require("{exercise.id}", "{part}", '
    if hidden:
        lines += [f"    for _ in range({HIDDEN_DRAWS}):", f"        {call}seed=exercises.fresh_seed(), {names})"]
    else:
        lines += [f"    {call}{names})"]
    return "\n".join([*lines, f"{name}({functions})  # IGNORE"])
