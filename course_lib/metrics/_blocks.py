"""Blocks instead of one large batch, and means with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
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


def pair_blocks(n: int, others: int) -> Iterator[slice]:
    """The numbers 0 to n in slices that make a matrix of at most `PAIRS` entries with so many other rows."""
    at_once = max(1, PAIRS // others)
    for start in range(0, n, at_once):
        yield slice(start, min(start + at_once, n))


def products(queries: Tensor, codes: Tensor, offsets: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Which queries, and their matrix of offsets − 2 q·c over all codes, block by block.

    With the offsets ‖c‖² it is the squared distance up to ‖q‖². Every block overwrites the last one: were each a new
    array, the small results kept in between would leave holes too small for the next, and memory would grow.
    """
    buffer = queries.new_empty(min(len(queries), max(1, PAIRS // len(codes))), len(codes))
    for rows in pair_blocks(len(queries), len(codes)):
        block = queries[rows]
        yield rows, torch.addmm(offsets, block, codes.T, alpha=-2, out=buffer[: len(block)])


def squared_norms(x: Tensor) -> Tensor:
    """‖x‖² of each row, shape (n,), without a second array of the size of x."""
    return torch.cat([block.square().sum(dim=1) for block in split(x)])
