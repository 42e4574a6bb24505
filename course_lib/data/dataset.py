"""What `course_lib.data.load` returns: two splits and a sentence about where they come from."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate


class Factor(NamedTuple):
    """Something that varies from image to image, and of which each image has one level.

    Attributes
    ----------
    name : str
        What it is called.
    levels : tuple
        Its values, in order: numbers, or names if it is not ordered.
    ordered : bool
        Whether a level can be more than another one; a kind of shape cannot.
    """

    name: str
    levels: tuple[float | str, ...]
    ordered: bool = True

    @property
    def size(self) -> int:
        """How many levels it has."""
        return len(self.levels)


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Examples and their labels.

    Attributes
    ----------
    x : Tensor
        float32, shape (n, D), contiguous; pixels in [0, 1], one image a row.
    y : Tensor
        int64, shape (n,); the class: the digit 0–9, or the kind of shape.
    factors : Tensor or None
        int64, shape (n, K), for data whose factors are known: which level of the k-th of `Dataset.factors` it has.
    """

    x: Tensor
    y: Tensor
    factors: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        return f"Split(x: {tuple(self.x.shape)} float32 in [0, 1], y: {tuple(self.y.shape)} int64)"

    def sample(self, n: int, seed: int = 0) -> Split:
        """A random subset without replacement, the same for the same seed.

        Never take a prefix such as `x[:5000]` instead: files have an order. The first 5000 test images of MNIST were
        written by other people than the rest and are easier, so that whatever is measured on them flatters.

        Parameters
        ----------
        n : int
            How many examples, 1 ≤ n ≤ len(self).
        seed : int
            Seed of the draw.

        Returns
        -------
        Split
            n examples, copied, in random order.

        Raises
        ------
        TypeError
            If `n` or `seed` is no integer.
        ValueError
            If `n` is smaller than 1 or larger than the split.
        """
        n = _validate.positive_int(n, "n")
        if n > len(self):
            raise ValueError(f"got n = {n}, expected at most the {len(self)} examples there are: no one is drawn twice")
        chosen = torch.randperm(len(self), generator=_validate.generator(seed))[:n]
        return Split(self.x[chosen], self.y[chosen], None if self.factors is None else self.factors[chosen])


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A named data set; as the last expression of a cell it says what the page was built on.

    Attributes
    ----------
    name : str
        "mnist", "digits", "digits-28" or "shapes": what was really loaded, also when it stands in for something else.
    train, test : Split
        The two splits; D = height · width.
    image_shape : tuple of int
        (height, width) of one image: `x.reshape(-1, *image_shape)`.
    note : str
        Where the data come from; if they stand in for others, that and why.
    factors : tuple of Factor
        What varies, where that is known; else empty.
    """

    name: str
    train: Split
    test: Split
    image_shape: tuple[int, int]
    note: str
    factors: tuple[Factor, ...] = ()

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {self._counts()}; {self.note})"

    def _repr_html_(self) -> str:
        name, note = html.escape(self.name), html.escape(self.note)
        return f'<div class="edition"><p><strong>{name}</strong>: {self._counts()}.</p><p>{note}</p></div>'

    def _counts(self) -> str:
        height, width = self.image_shape
        return f"{len(self.train):,} training and {len(self.test):,} test images of {height} × {width} pixels"
