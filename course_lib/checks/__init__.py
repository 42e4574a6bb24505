"""What exercises are checked with: the same code in the notebook, in the tests and in the grader.

Each exercise has one module here, named as its source in `exercises/`: it draws inputs, and judges in words what came
back. What calls the learner's functions in between is in `course_lib.collect`. A grader runs that half in a sandbox,
where this one does not exist, and judges where the learner's code has never been.
"""

from course_lib.checks._compare import explain
from course_lib.checks._part import NOT_WRITTEN_YET, Part
from course_lib.checks._run import (
    Report,
    Wrong,
    check,
    collect,
    definition,
    draw,
    draw_part,
    fresh_seed,
    judge,
    judge_part,
    require,
)
from course_lib.collect import names

__all__ = [
    "NOT_WRITTEN_YET",
    "Part",
    "Report",
    "Wrong",
    "check",
    "collect",
    "definition",
    "draw",
    "draw_part",
    "explain",
    "fresh_seed",
    "judge",
    "judge_part",
    "names",
    "require",
]
