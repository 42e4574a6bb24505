"""What an exercise is judged by: parts that first collect plain numbers, then compare them.

Nothing is compared where a learner's code runs, so that a grader can collect in a sandbox and judge outside of it.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor

Data = dict[str, np.ndarray]
ERROR = "error"
LONGEST_ERROR = 500  # characters
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
        beforehand depends on it.
    collect : callable
        `collect(answers, given)` calls the learner's functions, attributes of `answers`, on the inputs, now tensors,
        and returns what came out: name → tensor, array or number. It compares nothing.
    judge : callable
        `judge(given, got)` compares, both name → array, and returns what is wrong, in words; nothing where all is
        right. It reads `got` through `explain` alone, because the learner's process wrote it.
    """

    name: str
    draw: Callable[[np.random.Generator], Data]
    collect: Callable[[SimpleNamespace, dict[str, Tensor]], Mapping[str, object]]
    judge: Callable[[Data, Data], list[str]]

    def collect_safely(self, answers: SimpleNamespace, given: Data) -> Data:
        """Collect; whatever the learner's code raises becomes data too, under the name `error`."""
        tensors = {name: torch.from_numpy(array.copy()) for name, array in given.items()}
        try:
            return {name: plain(value, name) for name, value in self.collect(answers, tensors).items()}
        except Exception as error:  # everything a learner's code may do wrong ends here, and is told to the learner
            return {ERROR: np.asarray(_in_words(error))}

    def judge_safely(self, given: Data, got: Data) -> list[str]:
        """Judge, unless an error came back instead of numbers."""
        if ERROR not in got:
            return self.judge(given, got)
        text = " ".join(str(got[ERROR]).split())[:LONGEST_ERROR]
        return [NOT_WRITTEN_YET] if text.startswith("NotImplementedError") else [f"your code raised {text}"]


def plain(value: object, name: str) -> np.ndarray:
    """Return a tensor, an array, a number or a list of numbers as an array.

    What `collect` returns goes through it; a part that calls a function several times does so itself for each.

    Raises
    ------
    TypeError
        For anything else; the message calls it `name`.
    """
    if value is None:
        raise TypeError(f"got None as {name}, expected numbers; is a return missing?")
    array = value.detach().cpu().resolve_conj().numpy() if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"got {name} of type {type(value).__name__}, expected a tensor, an array or a number")
    return array


def _in_words(error: Exception) -> str:
    if isinstance(error, AttributeError) and isinstance(error.obj, SimpleNamespace):
        return f"NameError: {error.name} is not defined; has its cell been run?"
    frames = traceback.extract_tb(error.__traceback__)
    # The last line of the learner's own: a file of the course or of a package is no place to look for a mistake.
    own = [frame for frame in frames if "site-packages" not in frame.filename and "course_lib" not in frame.filename]
    place = f" (line {own[-1].lineno} of the cell: {own[-1].line})" if own and own[-1].line else ""
    return f"{type(error).__name__}: {error}{place}"
