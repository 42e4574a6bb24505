"""Blocks instead of one large batch, and means with their standard errors."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

SIZE = 2000  # examples that pass through a network at once
PAIRS = 4_000_000  # entries of a matrix between two sets of examples that is held at once


class Estimate(NamedTuple):
    """A mean over examples and its standard error over examples."""

    mean: float
    standard_error: float

    def __repr__(self) -> str:
        return f"{self.mean:.3f} ± {self.standard_error:.3f}"


def estimate(values: Tensor) -> Estimate:
    """Mean and standard error of one value per example, shape (n,), computed in float64."""
    values = values.double()
    spread = float(values.std()) if len(values) > 1 else math.nan
    return Estimate(float(values.mean()), spread / math.sqrt(len(values)))


def split(x: Tensor) -> tuple[Tensor, ...]:
    """The rows of x in blocks of at most `SIZE`."""
    return x.split(SIZE)


def split_for(x: Tensor, others: int) -> tuple[Tensor, ...]:
    """The rows of x in blocks that make a matrix of at most `PAIRS` entries with so many other rows."""
    return x.split(max(1, PAIRS // others))
