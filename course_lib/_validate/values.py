"""Checks of single values: sizes, seeds, flags, choices."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Iterable

import numpy as np
import torch

MAX_SIZE = 10**9


def positive_int(value, name: str) -> int:
    """Return `value` as an int of at least 1.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller than 1, or larger than any machine can hold.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"got {name} = {value!r}, expected an integer of at least 1") from None
    if isinstance(value, bool) or number < 1:
        raise ValueError(f"got {name} = {value!r}, expected an integer of at least 1")
    if number > MAX_SIZE:
        raise ValueError(f"got {name} = {value!r}, expected an integer up to {MAX_SIZE:,}: no memory holds more")
    return number


def seed(value, name: str = "seed") -> int:
    """Return `value` as an int that torch and NumPy both take as a seed; TypeError or ValueError otherwise."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"got {name} = {value!r}, expected an integer of at least 0") from None
    if isinstance(value, bool) or not 0 <= number < 2**63:
        raise ValueError(f"got {name} = {value!r}, expected an integer from 0 to 2**63 − 1")
    return number


def generator(value, name: str = "seed") -> torch.Generator:
    """A generator on the CPU with that seed; TypeError or ValueError as `seed` raises them."""
    return torch.Generator().manual_seed(seed(value, name))


def flag(value, name: str) -> bool:
    """Return `value` if it is True or False; TypeError otherwise, because NaN and "no" count as true."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"got {name} = {value!r}, expected True or False")
    return bool(value)


def positive_number(value, name: str) -> float:
    """Return `value` as a float above 0; ValueError otherwise."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool) or not 0 < value < math.inf:
        raise ValueError(f"got {name} = {value!r}, expected a finite number above 0")
    return float(value)


def extent(value) -> tuple[float, float, float, float]:
    """Return (left, right, bottom, top) as floats; ValueError unless left < right and bottom < top, all finite."""
    edges = tuple(float(edge) for edge in value)
    if len(edges) != 4 or not all(map(math.isfinite, edges)) or edges[0] >= edges[1] or edges[2] >= edges[3]:
        raise ValueError(f"got extent {edges}, expected (left, right, bottom, top) with left < right and bottom < top")
    return edges


def choice(value, name: str, options: Iterable[str]) -> str:
    """Return `value` if it is one of `options`; ValueError that lists them otherwise."""
    options = tuple(options)
    if value not in options:
        raise ValueError(f"got {name} = {value!r}, expected one of {', '.join(map(repr, options))}")
    return value
