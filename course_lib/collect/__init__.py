"""Calls the functions that an exercise asks for: the half of its check that may stand where a learner's code runs.

Each exercise has one module here, and one of the same name in `course_lib.checks`, which draws the inputs and judges
what came back. Nothing here knows what is right, so a grader can have this half in its sandbox and keep the other out.
"""

from course_lib.collect._collector import Collector, plain
from course_lib.collect._run import collect_part, collectors, functions, names

__all__ = ["Collector", "collect_part", "collectors", "functions", "names", "plain"]
