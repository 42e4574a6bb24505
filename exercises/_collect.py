"""Finding the room of an exercise and what collects in it; running one collector."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from exercises._collector import Collector, Data


def names() -> list[str]:
    """The ids of all exercises, sorted."""
    return sorted(path.parent.name for path in Path(__file__).parent.glob("*/collect.py"))


def load(exercise: str, half: str) -> ModuleType:
    """One half of the check of an exercise, `collect` or `judge`.

    Raises
    ------
    ValueError
        If no exercise has that id.
    """
    if exercise not in names():
        raise ValueError(f"got exercise = {exercise!r}, expected one of {', '.join(names())}")
    return importlib.import_module(f"exercises.{exercise}.{half}")


def collectors(exercise: str) -> tuple[Collector, ...]:
    """What calls the learner's functions, one for each part of the exercise, in order."""
    return load(exercise, "collect").COLLECTORS


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
        What `draw_part` returned.

    Returns
    -------
    dict of str to ndarray
        What came out by name, or what was raised, in words, as `error`. No object arrays: `numpy.savez` writes it and
        `numpy.load(…, allow_pickle=False)` reads it.
    """
    return next(one for one in collectors(exercise) if one.part == part)(answers, given)
