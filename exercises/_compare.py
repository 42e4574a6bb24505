"""Comparing an answer with the right one, and saying what kind of wrong it is without saying what is right."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from exercises._collector import Data


def explain(
    got: Data,
    name: str,
    expected: ArrayLike,
    *,
    mistakes: Mapping[str, ArrayLike] | None = None,
    otherwise: str,
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> list[str]:
    """Say what is wrong with one thing that a learner's code returned.

    Parameters
    ----------
    got : dict of str to ndarray
        What was collected.
    name : str
        Which entry of `got` is meant; the messages call it so.
    expected : array_like
        The right answer. No message contains it.
    mistakes : mapping of str to array_like, optional
        What to say → what that mistake returns, of the right shape or of another. The first that fits is said.
    otherwise : str
        What to say where no mistake fits: the next thing to look at.
    rtol, atol : float
        An answer may differ by `atol` plus `rtol` times the right one; so for `mistakes`.

    Returns
    -------
    list of str
        Empty where the answer is right, else one message.
    """
    expected = np.asarray(expected, dtype=np.float64)
    if name not in got:
        return [f"no {name} came back"]
    answer = np.asarray(got[name])
    if answer.dtype.kind not in "biuf":
        return [f"got {name} of type {answer.dtype}, expected numbers"]
    answer = answer.astype(np.float64)
    if expected.ndim == 0 and answer.size == 1:
        answer = answer.reshape(())  # one number is one number, in whatever it comes
    if _equal(answer, expected, rtol, atol):
        return []
    for message, value in (mistakes or {}).items():
        if _equal(answer, np.asarray(value, dtype=np.float64), rtol, atol):
            return [message]
    if answer.shape != expected.shape:
        return [f"got {name} of shape {answer.shape}, expected {expected.shape}; {otherwise}"]
    if not np.isfinite(answer).all() and np.isfinite(expected).all():
        bad = int((~np.isfinite(answer)).sum())
        return [f"{bad} of the {answer.size} numbers in {name} are NaN or infinite; {otherwise}"]
    wrong = int((np.abs(answer - expected) > atol + rtol * np.abs(expected)).sum())
    count = f"{wrong} of the {answer.size} numbers in {name} are wrong" if answer.ndim else f"{name} is wrong"
    return [f"{count}; {otherwise}"]


def _equal(answer: np.ndarray, value: np.ndarray, rtol: float, atol: float) -> bool:
    return answer.shape == value.shape and np.allclose(answer, value, rtol=rtol, atol=atol, equal_nan=False)
