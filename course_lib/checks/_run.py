"""Running the check of an exercise: draw the inputs, collect what the learner's functions return, judge it.

`check` does all three at once. A grader does them apart: it draws and judges itself and collects in a sandbox.
"""

from __future__ import annotations

import importlib
import pkgutil
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

from course_lib import validation
from course_lib.checks._part import NOT_WRITTEN_YET, Data, Part


@dataclass(frozen=True)
class Report:
    """What the check of one exercise found.

    Attributes
    ----------
    exercise : str
        Its id.
    findings : dict of str to list of str
        Part → what is wrong with it, in words; an empty list where it is right.
    """

    exercise: str
    findings: dict[str, list[str]]

    @property
    def right(self) -> list[str]:
        """The names of the parts that are right."""
        return [part for part, messages in self.findings.items() if not messages]

    def __str__(self) -> str:
        """One line a part, and a head line with their number."""
        width = max(len(part) for part in self.findings)
        lines = [f"{self.exercise}: {len(self.right)} of {len(self.findings)} parts are right"]
        for part, messages in self.findings.items():
            lines.append(f"  {'✗' if messages else '✓'} {part:<{width}}  {' · '.join(messages) or 'right'}")
        return "\n".join(lines)

    __repr__ = __str__


class Wrong(AssertionError):
    """An answer that a check refuses; its text says why."""


def names() -> list[str]:
    """The ids of all exercises that have a check, sorted."""
    modules = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def definition(exercise: str) -> ModuleType:
    """The module of an exercise: its `ANSWERS`, names of functions, and its `PARTS`.

    Raises
    ------
    ValueError
        If no exercise has that id.
    """
    validation.choice(exercise, "exercise", names())
    return importlib.import_module(f"course_lib.checks.{exercise.replace('-', '_')}")


def draw(exercise: str, seed: int = 0) -> Data:
    """The inputs for every part: "part/name" → array; the same seed draws the same."""
    drawn = {}
    for index, part in enumerate(definition(exercise).PARTS):
        drawn |= _under(part, part.draw(np.random.default_rng([seed, index])))
    return drawn


def collect(exercise: str, answers: Mapping[str, Callable], given: Data) -> Data:
    """Call the learner's functions on the inputs; nothing is compared here.

    Parameters
    ----------
    exercise : str
        Its id.
    answers : mapping of str to callable
        The learner's functions by name; other entries do not matter, so a whole namespace will do.
    given : dict of str to ndarray
        What `draw` returned.

    Returns
    -------
    dict of str to ndarray
        "part/name" → what came out, or "part/error" → what was raised, in words. No object arrays: `numpy.savez`
        writes it and `numpy.load(…, allow_pickle=False)` reads it.
    """
    module = definition(exercise)
    functions = SimpleNamespace(**{name: answers[name] for name in module.ANSWERS if name in answers})
    collected = {}
    for part in module.PARTS:
        collected |= _under(part, part.collect_safely(functions, _of(part, given)))
    return collected


def judge(exercise: str, given: Data, got: Data) -> Report:
    """Compare what was collected with what is right; `got` may come from anywhere."""
    parts = definition(exercise).PARTS
    return Report(exercise, {part.name: part.judge_safely(_of(part, given), _of(part, got)) for part in parts})


def check(exercise: str, *, seed: int = 0, **answers: Callable) -> Report:
    """Check your answers to an exercise: `checks.check("price-of-halving", price=price, free_width=free_width)`.

    Parameters
    ----------
    exercise : str
        Its id.
    seed : int
        Other numbers draw other inputs.
    **answers : callable
        Your functions, by the names the exercise gives them.

    Returns
    -------
    Report
        What is right, and what is wrong with the rest.

    Raises
    ------
    TypeError
        If a function is missing, or something is given that the exercise does not ask for or that is no function.
    """
    expected = definition(exercise).ANSWERS
    if set(answers) != set(expected):
        call = ", ".join(f"{name}={name}" for name in expected)
        got = ", ".join(answers) or "none"
        raise TypeError(f'got the answers {got}; expected checks.check("{exercise}", {call})')
    for name, function in answers.items():
        if not callable(function):
            raise TypeError(f"got {name} = {function!r}, expected your function itself, not what it returns")
    given = draw(exercise, seed)
    return judge(exercise, given, collect(exercise, answers, given))


def require(exercise: str, part: str, *, seed: int = 0, **answers: Callable) -> None:
    """Raise `Wrong` unless one part is right, or NotImplementedError where it is not written yet."""
    messages = check(exercise, seed=seed, **answers).findings[part]
    if messages == [NOT_WRITTEN_YET]:
        raise NotImplementedError(f"{exercise}, {part}: {NOT_WRITTEN_YET}")
    if messages:
        raise Wrong(f"{exercise}, {part}: {' · '.join(messages)}")


def fresh_seed() -> int:
    """A seed that nobody knows beforehand, for checking on inputs that nobody has seen."""
    return secrets.randbits(32)


def _under(part: Part, data: Data) -> Data:
    return {f"{part.name}/{name}": np.asarray(value) for name, value in data.items()}


def _of(part: Part, data: Data) -> Data:
    prefix = f"{part.name}/"
    return {name.removeprefix(prefix): value for name, value in data.items() if name.startswith(prefix)}
