"""Finding the collectors of an exercise, and running one of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path

from course_lib import validation
from course_lib.collect._collector import Collector, Data


def names() -> list[str]:
    """The ids of all exercises that have a check, sorted."""
    modules = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def collectors(exercise: str) -> tuple[Collector, ...]:
    """What calls the learner's functions, one for each part of the exercise, in order.

    Raises
    ------
    ValueError
        If no exercise has that id.
    """
    validation.choice(exercise, "exercise", names())
    return importlib.import_module(f"course_lib.collect.{exercise.replace('-', '_')}").COLLECTORS


def functions(exercise: str) -> list[str]:
    """The names of the functions that the exercise asks for, in order."""
    return list(dict.fromkeys(collector.function for collector in collectors(exercise)))


def collect_part(exercise: str, part: str, answers: Mapping[str, object], given: Data) -> Data:
    """Call the function that one part asks for on the inputs.

    Parameters
    ----------
    exercise, part : str
        Which.
    answers : mapping of str to callable
        The learner's functions by name; other entries do not matter, so a whole namespace will do.
    given : dict of str to ndarray
        What `checks.draw_part` returned.

    Returns
    -------
    dict of str to ndarray
        What came out by name, or what was raised, in words, as `error`. No object arrays: `numpy.savez` writes it and
        `numpy.load(…, allow_pickle=False)` reads it.
    """
    return next(one for one in collectors(exercise) if one.part == part)(answers, given)
