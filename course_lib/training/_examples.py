"""Data and what belongs to each row of them: checked once, then drawn in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_lib import _validate

Batch = tuple[Tensor, dict[str, Tensor]]


@dataclass(frozen=True)
class Examples:
    """Rows of x and, if there are `targets`, a row of those for each; a batch is (x, arguments for the objective)."""

    x: Tensor
    targets: Tensor | None = None

    def __len__(self) -> int:
        return len(self.x)

    def to(self, device: torch.device) -> Examples:
        """The same examples on another device."""
        return Examples(self.x.to(device), None if self.targets is None else self.targets.to(device))

    def batch(self, rows: Tensor) -> Batch:
        """The batch with these row numbers, int64 of shape (b,)."""
        x = self.x.index_select(0, rows)
        return x, {} if self.targets is None else {"target": self.targets.index_select(0, rows)}

    def blocks(self, size: int) -> Iterator[Batch]:
        """All examples in their order, `size` at a time."""
        for start in range(0, len(self.x), size):
            rows = slice(start, start + size)
            yield self.x[rows], {} if self.targets is None else {"target": self.targets[rows]}


def checked(
    model: nn.Module, x: Tensor, targets: Tensor | None, names: tuple[str, str], trained: bool = False
) -> Examples:
    """Examples for the model; ValueError or TypeError that calls them by their `names` otherwise.

    What it is `trained` on must lie where its decoder can reach. Other data may leave that range, as scaled data do,
    where the likelihood allows it.
    """
    if check_examples := getattr(model, "check_examples", None):  # of something else than rows of real numbers
        x = check_examples(x, names[0])
        return Examples(x, check_targets(targets, x, names))
    unit_range = getattr(model, "unit_range", False) if trained else getattr(model, "likelihood", "") == "bernoulli"
    x = _validate.data_matrix(
        x,
        width=getattr(model, "input_dim", None),
        like=next(model.parameters()),
        unit_range=unit_range,
        name=names[0],
    )
    return Examples(x, check_targets(targets, x, names))


def check_targets(targets: Tensor | None, x: Tensor, names: tuple[str, str]) -> Tensor | None:
    """`targets`, if they are a tensor with one row for each row of x, or None."""
    if targets is not None and not isinstance(targets, Tensor):
        raise TypeError(f"got {names[1]} of type {type(targets).__name__}, expected a torch tensor, one row an example")
    if targets is not None and targets.shape[:1] != x.shape[:1]:
        got = tuple(targets.shape)
        raise ValueError(f"got {names[1]} of shape {got}, expected {len(x)} rows: one for each row of {names[0]}")
    return targets


def check_validation_targets(
    targets: Tensor | None, validation: Tensor | None, validation_targets: Tensor | None
) -> None:
    """Raise unless training and validation data both have targets, or neither."""
    if validation is None and validation_targets is not None:
        raise ValueError("got validation_targets without validation, expected validation=…: they belong to its rows")
    if validation is not None and (targets is None) != (validation_targets is None):
        given, missing = ("targets", "validation_targets")[:: 1 if validation_targets is None else -1]
        raise ValueError(f"got {given} without {missing}, expected both or none: the loss is the same on both data")
