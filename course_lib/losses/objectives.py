"""What `training.fit` minimises of an autoencoder and of a classifier. That of a VAE is in `evidence`.

Each objective returns its terms by name, one number per example; "loss" is the one that is minimised.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import _validate
from course_lib.losses.evidence import bernoulli_log_likelihood
from course_lib.protocols import LatentModel


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """Squared error per example, summed over pixels: shape (n,).

    Equal to −log N(x; x̂, ½ I) up to the constant (D/2) log π; divided by D it is the per-pixel MSE.
    """
    _validate.same_shape(x, x_hat, ("x", "x_hat"))
    return (x - x_hat).square().sum(dim=1)


def reconstruction_terms(
    model: LatentModel, x: Tensor, *, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """Terms of a plain autoencoder: `loss`, each of shape (n,).

    The loss is the squared error for a "gaussian" model and the cross-entropy in nats for a "bernoulli" one.
    `generator` is accepted because every objective is; nothing here is random.
    """
    z = model.encode(x)
    if model.likelihood == "bernoulli":
        return {"loss": -bernoulli_log_likelihood(x, model.decode_logits(z))}  # ty: ignore[missing-attribute]
    return {"loss": squared_error(x, model.decode(z))}


def classification_terms(
    model, x: Tensor, *, target: Tensor | None = None, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """Terms of a classifier: `loss`, the cross-entropy in nats, and `accuracy`, 1 where it is right; each (n,).

    `training.fit(..., targets=y)` hands the classes y over as `target`, int64 of shape (n,). `generator` is accepted
    because every objective is; nothing here is random.
    """
    if target is None:
        raise ValueError("got no target, expected the classes as int64 of shape (n,); use fit(..., targets=y)")
    logits = model.logits(x)
    return {
        "loss": F.cross_entropy(logits, target, reduction="none"),
        "accuracy": (logits.detach().argmax(dim=1) == target).to(logits.dtype),
    }
