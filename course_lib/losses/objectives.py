"""What `training.fit` minimises: each model has its objective as an attribute, `models.VAE.objective`.

Each objective returns its terms by name, one number per example; "loss" is the one that is minimised.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.losses.bounds import elbo
from course_lib.losses.likelihoods import bernoulli_log_likelihood, squared_error


def reconstruction_terms(model, x: Tensor, *, generator: torch.Generator | None = None) -> dict[str, Tensor]:
    """Terms of a plain autoencoder: `loss`, each of shape (n,).

    The loss is the squared error for a "gaussian" model and the cross-entropy in nats for a "bernoulli" one.
    `generator` is accepted because every objective is; nothing here is random.
    """
    z = model.encode(x)
    if model.likelihood == "bernoulli":
        return {"loss": -bernoulli_log_likelihood(x, model.decode_logits(z))}
    return {"loss": squared_error(x, model.decode(z))}


def elbo_terms(
    model,
    x: Tensor,
    *,
    generator: torch.Generator | None = None,
    beta: float = 1.0,
    free_bits: float = 0.0,
) -> dict[str, Tensor]:
    """Terms of a VAE, with a weight on the KL or a part of it that costs nothing.

    Parameters
    ----------
    model : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D).
    generator : torch.Generator, optional
        Of the noise.
    beta : float
        Weight β of the KL. Only at β = 1 is the loss the negative ELBO; for β > 1 it is still minus a (looser) lower
        bound, for β < 1 not.
    free_bits : float
        λ ≥ 0 in nats: what each latent dimension may cost on average over x, here the batch, before it is charged.

    Returns
    -------
    dict of Tensor
        `loss`, `elbo`, `reconstruction` and `kl`, each of shape (n,), in nats. The loss is −reconstruction + β · kl;
        with free bits −reconstruction + β Σ_j max(λ, mean of KL_j over x), the same second term for every example,
        and its gradient with respect to (μ_j, log σ_j²) is 0 where that mean is below λ. `elbo` and `kl` are the
        true ones, at β = 1 and λ = 0.

    Raises
    ------
    ValueError
        If `beta` or `free_bits` is negative.

    References
    ----------
    Higgins et al. (2017), equation 4; Kingma et al. (2016).
    """
    if not beta >= 0:
        raise ValueError(f"got beta = {beta!r}, expected a weight of the KL of at least 0")
    if not free_bits >= 0:
        raise ValueError(f"got free_bits = {free_bits!r}, expected a number of nats per dimension of at least 0")
    bound = elbo(model, x, generator=generator)
    charged = bound.kl
    if free_bits:
        # Below λ the maximum is a constant, so that no gradient pushes the dimension further towards the prior.
        charged = bound.q.kl_per_dimension().mean(dim=0).clamp(min=free_bits).sum()
    return {
        "loss": beta * charged - bound.reconstruction,
        "elbo": bound.elbo,
        "reconstruction": bound.reconstruction,
        "kl": bound.kl,
    }


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
