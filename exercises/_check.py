"""Running the check of an exercise: draw the inputs, collect what the learner's functions return, judge it.

`check` does all three at once. A grader does them apart: it draws and judges itself and collects in a sandbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from exercises._collect import collectors, functions, load
from exercises._collector import Data
from exercises._part import NOT_WRITTEN_YET, Part


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


def definition(exercise: str) -> tuple[Part, ...]:
    """The parts of an exercise, in order.

    Raises
    ------
    ValueError
        If no exercise has that id.
    """
    return load(exercise, "judge").PARTS


def draw_part(exercise: str, part: str, seed: int = 0) -> Data:
    """The inputs for one part: name → array; the same seed draws the same."""
    index, tested = _find(exercise, part)
    return {name: np.asarray(array) for name, array in tested.draw(np.random.default_rng([seed, index])).items()}


def judge_part(exercise: str, part: str, given: Data, got: Data) -> list[str]:
    """What is wrong with what was collected for one part, in words; `got` may come from anywhere."""
    return _find(exercise, part)[1].judge_safely(given, got)


def draw(exercise: str, seed: int = 0) -> Data:
    """The inputs for every part: "part/name" → array."""
    drawn = {}
    for part in definition(exercise):
        drawn |= _under(part.name, draw_part(exercise, part.name, seed))
    return drawn


def collect(exercise: str, answers: Mapping[str, object], given: Data) -> Data:
    """Call the learner's functions on what `draw` returned: "part/name" → what came out; nothing is compared here."""
    collected = {}
    for collector in collectors(exercise):
        collected |= _under(collector.part, collector(answers, _of(collector.part, given)))
    return collected


def judge(exercise: str, given: Data, got: Data) -> Report:
    """Compare with what is right what `collect` returned."""
    parts = definition(exercise)
    return Report(
        exercise, {part.name: part.judge_safely(_of(part.name, given), _of(part.name, got)) for part in parts}
    )


def check(exercise: str, *, seed: int = 0, **answers: Callable) -> Report:
    """Check your answers to an exercise: `exercises.check("price-of-halving", price=price, free_width=free_width)`.

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
    expected = functions(exercise)
    if set(answers) != set(expected):
        call = ", ".join(f"{name}={name}" for name in expected)
        got = ", ".join(answers) or "none"
        raise TypeError(f'got the answers {got}; expected exercises.check("{exercise}", {call})')
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


def _find(exercise: str, part: str) -> tuple[int, Part]:
    """A part of an exercise, and its number among them, which belongs to the seed: no two draw the same."""
    return next((index, one) for index, one in enumerate(definition(exercise)) if one.name == part)


def _under(part: str, data: Data) -> Data:
    return {f"{part}/{name}": value for name, value in data.items()}


def _of(part: str, data: Data) -> Data:
    return {name.removeprefix(f"{part}/"): value for name, value in data.items() if name.startswith(f"{part}/")}
