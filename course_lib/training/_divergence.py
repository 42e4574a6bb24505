"""A number that stops being finite is named with its place."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn


class Diverged(ArithmeticError):
    """A term of the loss, or a weight, became NaN or infinite; the message names epoch, batch and term.

    The model has the weights of the last epoch that was finite, or its first ones.
    """


def check_epoch(model: nn.Module, names: Sequence[str], sums: Tensor, epoch: int) -> None:
    """Raise `Diverged` if a term was not finite in a batch of this epoch, or if the last step destroyed the weights.

    Parameters
    ----------
    names
        Of the terms.
    sums : Tensor
        Of each term over each batch, float64, shape (number of batches, number of terms).
    """
    if not math.isfinite(float(sums.sum())):  # one number to look at, wherever the terms are
        batch = int((~sums.isfinite()).any(dim=1).nonzero()[0])
        by_cause = sorted(names, key="loss".__eq__)  # the loss last: it contains the others
        culprit = next(name for name in by_cause if not bool(sums[batch, names.index(name)].isfinite()))
        raise Diverged(_message(f"the term {culprit!r}", epoch, batch))
    check_weights(model, epoch, len(sums) - 1)


def check_weights(model: nn.Module, epoch: int, batch: int | None = None, cause: Exception | None = None) -> None:
    """Raise `Diverged` if a weight is NaN or infinite."""
    if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
        raise Diverged(_message("the model's weights", epoch, batch)) from cause


def check_means(means: dict[str, float], epoch: int, batches: int) -> None:
    """Raise `Diverged` if a term's mean over the validation data is not finite."""
    for name, value in means.items():
        if not math.isfinite(value):
            raise Diverged(_message(f"the term {name!r} on the validation data", epoch, batches - 1))


def _message(what: str, epoch: int, batch: int | None) -> str:
    place = f"epoch {epoch + 1}" if batch is None else f"epoch {epoch + 1}, batch {batch + 1}"
    return (
        f"{what} became NaN or infinite in {place}; "
        "expected finite numbers: lower the learning rate or look for a division or logarithm of 0 in the loss"
    )
