"""What an exercise is judged by: parts that draw inputs, and compare what was collected with what is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exercises._collector import ERROR, Data

MAX_ERROR = 500  # characters
NOT_WRITTEN_YET = "not written yet"


@dataclass(frozen=True)
class Part:
    """One thing that an exercise asks for, right or wrong as a whole.

    Attributes
    ----------
    name : str
        As in the `points` of the exercise's source.
    draw : callable
        `draw(rng)` makes the inputs from a NumPy generator: name → array. Every array a learner must not know
        beforehand depends on it, and none says what is right: the learner's process gets them all.
    judge : callable
        `judge(given, got)` compares, both name → array, and returns what is wrong, in words; nothing where all is
        right. It reads `got` through `explain` alone, because the learner's process wrote it.
    """

    name: str
    draw: Callable[[np.random.Generator], Data]
    judge: Callable[[Data, Data], list[str]]

    def judge_safely(self, given: Data, got: Data) -> list[str]:
        """Judge, unless an error came back instead of numbers."""
        if ERROR not in got:
            return self.judge(given, got)
        if got[ERROR].dtype.kind != "U" or got[ERROR].ndim:
            return ["your code raised something that is no text"]
        text = " ".join(str(got[ERROR])[: 10 * MAX_ERROR].split())[:MAX_ERROR]
        return [NOT_WRITTEN_YET] if text.startswith("NotImplementedError") else [f"your code raised {text}"]
