"""What exercises are checked with: the same code in the notebook, in the tests and in the grader.

Each exercise has one module here, named as its source in `exercises/`. A check has two halves. `collect` calls the
learner's functions and returns numbers; `judge` compares the numbers and says in words what is wrong. A grader runs
the first half in a sandbox, on inputs it drew itself, and the second half where the learner's code has never been.
"""

from course_lib.checks._compare import explain
from course_lib.checks._part import NOT_WRITTEN_YET, Part, plain
from course_lib.checks._run import (
    Report,
    Wrong,
    check,
    collect,
    definition,
    draw,
    fresh_seed,
    judge,
    names,
    require,
)

__all__ = [
    "NOT_WRITTEN_YET",
    "Part",
    "Report",
    "Wrong",
    "check",
    "collect",
    "definition",
    "draw",
    "explain",
    "fresh_seed",
    "judge",
    "names",
    "plain",
    "require",
]
