"""One part of an exercise, as far as it runs beside a learner's code: call a function, and keep plain numbers."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import course_lib

Data = dict[str, np.ndarray]
ERROR = "error"
# A file of the course or of a package is no place to look for a learner's mistake.
_OURS = ("site-packages", str(Path(course_lib.__file__).parent), str(Path(__file__).parent))


@dataclass(frozen=True)
class Collector:
    """Calls one of the learner's functions; it compares nothing.

    Attributes
    ----------
    part : str
        The part of the exercise, as in the `points` of its source.
    function : str
        The name of the function that the learner writes for it.
    collect : callable
        `collect(answer, given)` calls that function, `answer`, on the inputs, now tensors, and returns what came out:
        name → tensor, array or number.
    """

    part: str
    function: str
    collect: Callable[[Callable, dict[str, Tensor]], Mapping[str, object]]

    def __call__(self, answers: Mapping[str, object], given: Data) -> Data:
        """Collect; whatever the learner's code raises becomes data too, under the name `error`."""
        if self.function not in answers:
            return {ERROR: np.asarray(f"NameError: {self.function} is not defined; has its cell been run?")}
        tensors = {name: torch.from_numpy(array.copy()) for name, array in given.items()}
        try:
            came_out = self.collect(answers[self.function], tensors)
            return {name: plain(value, name) for name, value in came_out.items()}
        except Exception as error:  # everything a learner's code may do wrong ends here, and is told to the learner
            return {ERROR: np.asarray(_in_words(error))}


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
    return array.astype(np.float64) if array.dtype.itemsize > 8 else array  # wider numbers have no standard format


def _in_words(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    # The last line of the learner's own.
    own = [frame for frame in frames if not any(folder in frame.filename for folder in _OURS)]
    place = f" (line {own[-1].lineno} of the cell: {own[-1].line})" if own and own[-1].line else ""
    return f"{type(error).__name__}: {error}{place}"
