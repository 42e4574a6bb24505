"""One pass over the data: the lesson. What `fit` adds to it is checks, validation, resuming and a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

Objective = Callable[..., dict[str, Tensor]]
Batch = tuple[Tensor, dict[str, object]]


def train_epoch(
    model: nn.Module,
    batches: Iterable[Batch],
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator | None = None,
) -> dict[str, Tensor]:
    """Take one gradient step on each batch, and after it call the model's `after_step(generator)` if it has one.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    batches : iterable of (Tensor, dict)
        x of shape (n, …), and further arguments for the objective.
    objective : callable
        `objective(model, x, generator=…, **arguments)` → terms by name, each of shape (n,), "loss" among them.
    optimizer, generator
        Over the model's parameters; of the objective's noise.

    Returns
    -------
    dict of Tensor
        Term → its sum over each batch, float64, shape (batches,), on the model's device: no step waits for a number.
    """
    sums: list[Tensor] = []
    terms: dict[str, Tensor] = {}
    for x, arguments in batches:
        terms = _per_example(objective(model, x, generator=generator, **arguments), len(x))
        optimizer.zero_grad()
        terms["loss"].mean().backward()
        optimizer.step()
        if after_step := getattr(model, "after_step", None):
            after_step(generator)
        sums.append(torch.stack([values.detach().sum(dtype=torch.float64) for values in terms.values()]))
    return dict(zip(terms, torch.stack(sums).T, strict=True))


def _per_example(terms: dict[str, Tensor], n: int) -> dict[str, Tensor]:
    wrong = {name: tuple(values.shape) for name, values in terms.items() if values.shape != (n,)}
    if wrong or "loss" not in terms:
        got, expected = wrong or ", ".join(terms), f"'loss' among terms of shape ({n},)"
        raise ValueError(f"got an objective that returns {got}, expected {expected}: the mean is taken here")
    return terms
