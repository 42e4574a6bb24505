"""The exercises and what they are checked with: the same code in the notebook, in the tests and in the grader.

Each exercise is one folder, named by its id. `exercise.md` is its source, with the solution; it is not installed.
`collect.py` calls the learner's functions; `judge.py` draws inputs and says in words what is wrong with what came back.
A grader runs the first half in a sandbox, where the other does not exist, and judges where the learner's code has never
been.
"""

from exercises._check import (
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
from exercises._collect import collect_part, collectors, functions, names
from exercises._compare import explain
from exercises._part import NOT_WRITTEN_YET, Part

__all__ = [
    "NOT_WRITTEN_YET",
    "Part",
    "Report",
    "Wrong",
    "check",
    "collect",
    "collect_part",
    "collectors",
    "definition",
    "draw",
    "draw_part",
    "explain",
    "fresh_seed",
    "functions",
    "judge",
    "judge_part",
    "names",
    "require",
]
