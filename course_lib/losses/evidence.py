"""The evidence lower bound of a VAE: its likelihood, the bound, and what `training.fit` minimises of it."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import LOG_2PI, Gaussian
from course_lib.protocols import LatentModel


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """Log-likelihood of pixels read as coin flips with success probability p = sigmoid(logits).

    Parameters
    ----------
    x, logits : Tensor
        Float, shape (n, D); x in [0, 1], else a ValueError, and logits any real numbers.

    Returns
    -------
    Tensor
        Shape (n,), nats, at most 0; equal to Σ x log p + (1 − x) log(1 − p), exact where a sigmoid and a logarithm
        would clip at −100. For grey pixels it is minus the cross-entropy, not a normalised likelihood: at a perfect
        reconstruction minus the pixels' entropy, not 0 (Loaiza-Ganem & Cunningham 2019).
    """
    _validate.same_shape(x, logits, ("x", "logits"))
    _validate.pixels(x)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)


def gaussian_log_likelihood(x: Tensor, mean: Tensor, variance: float | Tensor) -> Tensor:
    """Log-density of x under N(mean, variance · I), both (n, D): −½ [D log(2π variance) + ‖x − mean‖² / variance].

    Shape (n,), nats, any sign; a `variance` that is a number has to be above 0.
    """
    _validate.same_shape(x, mean, ("x", "mean"))
    if not isinstance(variance, Tensor):
        _validate.positive_number(variance, "variance")
    variance = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return -0.5 * (x.shape[1] * (LOG_2PI + variance.log()) + (x - mean).square().sum(dim=1) / variance)


def log_likelihood(model: LatentModel, x: Tensor, z: Tensor) -> Tensor:
    """The log-likelihood log p_θ(x | z) that a model's `likelihood` names: x (n, D) and z (n, d) → (n,), nats.

    "bernoulli" takes the decoder's logits, "gaussian" its pixel means and the model's `noise_variance`.
    """
    if model.likelihood == "bernoulli":
        return bernoulli_log_likelihood(x, model.decode_logits(z))  # ty: ignore[missing-attribute]
    return gaussian_log_likelihood(x, model.decode(z), model.noise_variance)


class ELBO(NamedTuple):
    """The evidence lower bound and its two terms, per example, in nats.

    Attributes
    ----------
    reconstruction : Tensor
        A one-sample estimate of E_q[log p_θ(x | z)], shape (n,).
    kl : Tensor
        KL(q_φ(z | x) ‖ p(z)) in closed form, shape (n,), at least 0.
    q : Gaussian
        q_φ(z | x), of shape (n, d).
    z : Tensor or None
        The code that was drawn for each example, shape (n, d); None where nothing had to be drawn.
    """

    reconstruction: Tensor
    kl: Tensor
    q: Gaussian
    z: Tensor | None = None

    @property
    def elbo(self) -> Tensor:
        """The bound itself, shape (n,), equal to `reconstruction − kl`; in expectation at most log p_θ(x)."""
        return self.reconstruction - self.kl


def elbo(vae: LatentModel, x: Tensor, *, generator: torch.Generator | None = None, eps: Tensor | None = None) -> ELBO:
    """One-sample estimate of the ELBO of x, shape (n, D) (Kingma & Welling 2014, equation 7); noise as in `sample`."""
    q = vae.encode(x)
    z = q.sample(generator, eps=eps)
    return ELBO(log_likelihood(vae, x, z), q.kl(), q, z)


def elbo_terms(
    model: LatentModel,
    x: Tensor,
    *,
    generator: torch.Generator | None = None,
    beta: float = 1.0,
    free_bits: float = 0.0,
) -> dict[str, Tensor]:
    """What training minimises: the negative ELBO, with a weight on the KL or a part of it that costs nothing.

    Parameters
    ----------
    model, x, generator
        As in `elbo`.
    beta : float
        Weight β ≥ 0 of the KL. Only at β = 1 is the loss the negative ELBO; for β > 1 it is still minus a (looser)
        lower bound, for β < 1 not.
    free_bits : float
        λ ≥ 0 in nats: what each latent dimension may cost on average over the batch before it is charged.

    Returns
    -------
    dict of Tensor
        `loss`, `elbo`, `reconstruction` and `kl`, each of shape (n,), in nats. The loss is −reconstruction + β · kl;
        with free bits −reconstruction + β Σ_j max(λ, mean of KL_j over x), the same second term for every example.
        `elbo` and `kl` are the true ones, at β = 1 and λ = 0 (Higgins et al. 2017, equation 4; Kingma et al. 2016).
    """
    if not beta >= 0:
        raise ValueError(f"got beta = {beta!r}, expected a weight of the KL of at least 0")
    if not free_bits >= 0:
        raise ValueError(f"got free_bits = {free_bits!r}, expected a number of nats per dimension of at least 0")
    bound = elbo(model, x, generator=generator)
    charged = bound.kl
    if free_bits:  # below λ the maximum is a constant: no gradient pushes the dimension further towards the prior
        charged = bound.q.kl_per_dimension().mean(dim=0).clamp(min=free_bits).sum()
    loss = beta * charged - bound.reconstruction
    return {"loss": loss, "elbo": bound.elbo, "reconstruction": bound.reconstruction, "kl": bound.kl}
