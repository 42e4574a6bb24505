"""What `course_lib.data.load` returns: two splits and a sentence about where they come from."""

from __future__ import annotations

import html
import operator
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib import validation


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Examples and their labels.

    Attributes
    ----------
    x : Tensor
        float32, shape (n, D), contiguous; pixels in [0, 1], one image a row.
    y : Tensor
        int64, shape (n,); the digit 0–9.
    """

    x: Tensor
    y: Tensor

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
        n = validation.positive_int(n, "n")
        if n > len(self):
            raise ValueError(f"got n = {n}, expected at most the {len(self)} examples there are: no one is drawn twice")
        chosen = torch.randperm(len(self), generator=torch.Generator().manual_seed(operator.index(seed)))[:n]
        return Split(self.x[chosen], self.y[chosen])


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A named data set; as the last expression of a cell it says what the page was built on.

    Attributes
    ----------
    name : str
        "mnist", "digits" or "digits-28": what was really loaded, also when it stands in for something else.
    train, test : Split
        The two splits; D = height · width.
    image_shape : tuple of int
        (height, width) of one image: `x.reshape(-1, *image_shape)`.
    note : str
        Where the data come from; if they stand in for others, that and why.
    """

    name: str
    train: Split
    test: Split
    image_shape: tuple[int, int]
    note: str

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {self._counts()}; {self.note})"

    def _repr_html_(self) -> str:
        name, note = html.escape(self.name), html.escape(self.note)
        return f'<div class="edition"><p><strong>{name}</strong>: {self._counts()}.</p><p>{note}</p></div>'

    def _counts(self) -> str:
        height, width = self.image_shape
        return f"{len(self.train):,} training and {len(self.test):,} test images of {height} × {width} pixels"
