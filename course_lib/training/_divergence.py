"""Stop at once when a number stops being finite, and say where."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Diverged(ArithmeticError):
    """A term of the loss became NaN or infinite; the message names epoch, batch and term."""


def batch_terms(objective, model: nn.Module, x: Tensor, epoch: int, batch: int, **arguments) -> dict[str, Tensor]:
    """The objective's terms of one batch, each of shape (n,), or `Diverged` if the weights are no numbers any more."""
    try:
        terms = objective(model, x, **arguments)
    except ValueError as error:
        # Weights that a step has destroyed show up as NaN codes at the decoder's door.
        check_weights(model, epoch, batch, cause=error)
        raise
    wrong = {name: tuple(values.shape) for name, values in terms.items() if values.shape != x.shape[:1]}
    if wrong or "loss" not in terms:
        raise ValueError(
            f"got an objective that returns {wrong or ', '.join(terms)}, expected a dict with 'loss' in it and each "
            f"term of shape ({len(x)},): one number per example, the mean is taken here"
        )
    return terms


def finite_sums(terms: dict[str, Tensor], epoch: int, batch: int) -> Tensor:
    """Sum of each term over the batch: float64, shape (number of terms,); `Diverged` if a value is not finite."""
    sums = torch.stack([values.detach().sum(dtype=torch.float64) for values in terms.values()])
    if not math.isfinite(float(sums.sum())):  # one number to look at, wherever the terms are
        by_cause = sorted(terms, key="loss".__eq__)  # the loss last: it contains the others
        culprit = next(name for name in by_cause if not bool(terms[name].isfinite().all()))
        raise Diverged(_message(f"the term {culprit!r}", epoch, batch))
    return sums


def check_weights(model: nn.Module, epoch: int, batch: int, cause: Exception | None = None) -> None:
    """Raise `Diverged` if a weight is NaN or infinite."""
    if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
        raise Diverged(_message("the model's weights", epoch, batch)) from cause


def check_means(means: dict[str, float], epoch: int, batch: int) -> None:
    """Raise `Diverged` if a term's mean over the validation data is not finite."""
    for name, value in means.items():
        if not math.isfinite(value):
            raise Diverged(_message(f"the term {name!r} on the validation data", epoch, batch))


def _message(what: str, epoch: int, batch: int) -> str:
    return (
        f"{what} became NaN or infinite in epoch {epoch + 1}, batch {batch + 1}; "
        "expected finite numbers: lower the learning rate or look for a division or logarithm of 0 in the loss"
    )
