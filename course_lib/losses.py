"""What is minimised, and why: likelihoods, the KL and the bound made of both.

One reduction throughout: every function returns one number *per example*, summed over pixels and over latent
dimensions, in nats. The mean over examples is the caller's. A mean over pixels would silently multiply the weight
of the KL by the number of pixels, the most common bug of this field (chapter 9 shows what it does).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import validation
from course_lib.distributions import LOG_2PI, Gaussian


def gaussian_kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL(N(mean, exp(logvar)) ‖ N(0, I)) per example.

    Parameters
    ----------
    mean, logvar : Tensor
        Float, shape (n, d); `logvar` is the logarithm of the variance.

    Returns
    -------
    Tensor
        Shape (n,), nats; equal to ½ Σ_j (μ_j² + σ_j² − 1 − log σ_j²).
    """
    return Gaussian(mean, logvar).kl()


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """Squared error per example, summed over pixels: shape (n,).

    Equal to −log N(x; x̂, ½ I) up to the constant (D/2) log π; divided by D it is the per-pixel MSE.
    """
    validation.same_shape(x, x_hat, ("x", "x_hat"))
    return (x - x_hat).square().sum(dim=1)


def bernoulli_log_likelihood(x: Tensor, logits: Tensor) -> Tensor:
    """Log-likelihood of pixels read as coin flips with success probability sigmoid(logits).

    Computed from the logits, which is exact where a sigmoid followed by a logarithm would clip at −100.
    For grey pixels it is the negative cross-entropy, not a normalised likelihood: at a perfect reconstruction it
    equals minus the pixels' entropy, not 0 (Loaiza-Ganem & Cunningham 2019).

    Parameters
    ----------
    x : Tensor
        Float in [0, 1], shape (n, D).
    logits : Tensor
        Float, any real number, shape (n, D).

    Returns
    -------
    Tensor
        Shape (n,), nats, at most 0; equal to Σ x log p + (1 − x) log(1 − p).

    Raises
    ------
    ValueError
        If a pixel lies outside [0, 1] (torch does not check this on logits) or the shapes differ.
    """
    validation.data_matrix(x, unit_range=True)
    validation.same_shape(x, logits, ("x", "logits"))
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)


def gaussian_log_likelihood(x: Tensor, mean: Tensor, variance: float | Tensor) -> Tensor:
    """Log-density of x under N(mean, variance · I): shape (n,), nats, any sign.

    Equal to −½ [D log(2π variance) + ‖x − mean‖² / variance].
    """
    variance = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return -0.5 * (x.shape[1] * (LOG_2PI + variance.log()) + squared_error(x, mean) / variance)


def log_likelihood(model, x: Tensor, z: Tensor) -> Tensor:
    """The log-likelihood log p_θ(x | z) of a model with a `likelihood`, per example: shape (n,), nats.

    Parameters
    ----------
    model : Autoencoder, VAE or another model with `likelihood`, `decode` and, for Bernoulli, `decode_logits`
        With "bernoulli" the decoder's logits are used; with "gaussian" its pixel means and `noise_variance`.
    x : Tensor
        Float, shape (n, D); in [0, 1] for "bernoulli".
    z : Tensor
        Codes, shape (n, d).
    """
    if model.likelihood == "bernoulli":
        return bernoulli_log_likelihood(x, model.decode_logits(z))
    return gaussian_log_likelihood(x, model.decode(z), model.noise_variance)


class ELBO(NamedTuple):
    """The evidence lower bound and its two terms, per example, in nats.

    Attributes
    ----------
    reconstruction : Tensor
        A one-sample estimate of E_q[log p_θ(x | z)], shape (n,).
    kl : Tensor
        KL(q_φ(z | x) ‖ p(z)) in closed form, shape (n,), at least 0.
    """

    reconstruction: Tensor
    kl: Tensor

    @property
    def elbo(self) -> Tensor:
        """The bound itself, shape (n,): `reconstruction − kl`, in expectation at most log p_θ(x)."""
        return self.reconstruction - self.kl


def elbo(vae, x: Tensor, *, generator: torch.Generator | None = None, eps: Tensor | None = None) -> ELBO:
    """One-sample estimate of the evidence lower bound, per example.

    Parameters
    ----------
    vae : VAE or LinearVAE
        Anything whose `encode` returns a `Gaussian`.
    x : Tensor
        Float, shape (n, D).
    generator, eps
        The noise, as in `Gaussian.sample`.

    Returns
    -------
    ELBO
        `.elbo`, `.reconstruction`, `.kl`, each of shape (n,), in nats.

    References
    ----------
    Kingma & Welling (2014), equation 7.
    """
    q = vae.encode(x)
    z = q.sample(generator, eps=eps)
    return ELBO(log_likelihood(vae, x, z), q.kl())


def linear_elbo(vae, x: Tensor) -> ELBO:
    """Exact ELBO of a linear VAE: no sampling, because the expectation of a square is a mean and a variance.

    Parameters
    ----------
    vae : LinearVAE
    x : Tensor
        Float, shape (n, D).

    Returns
    -------
    ELBO
        Per example, nats; its reconstruction term equals log N(x; x̂, s²I) − ½ Σ_j σ_j² ‖w_j‖² / s².

    References
    ----------
    Lucas et al. (2019), appendix C.
    """
    q = vae.encode(x)
    at_mean = gaussian_log_likelihood(x, vae.decode(q.mean), vae.noise_variance)
    spread = (q.var * vae.decoder.weight.square().sum(dim=0)).sum(dim=1)
    return ELBO(at_mean - 0.5 * spread / vae.noise_variance, q.kl())


# What `training.fit` minimises: a model names its objective, the table says what that is. Each objective returns
# its terms by name, per example; "loss" is the one that is minimised.


def reconstruction_terms(model, x: Tensor, *, generator: torch.Generator | None = None) -> dict[str, Tensor]:
    """Terms of a plain autoencoder: `loss`, each of shape (n,).

    The loss is the squared error for a "gaussian" model and the cross-entropy in nats for a "bernoulli" one.
    `generator` is accepted because every objective is; nothing here is random.
    """
    z = model.encode(x)
    if model.likelihood == "bernoulli":
        return {"loss": -bernoulli_log_likelihood(x, model.decode_logits(z))}
    return {"loss": squared_error(x, model.decode(z))}


def elbo_terms(model, x: Tensor, *, generator: torch.Generator | None = None, beta: float = 1.0) -> dict[str, Tensor]:
    """Terms of a VAE: `loss` = −reconstruction + β · kl, `elbo` (always at β = 1), `reconstruction`, `kl`; (n,), nats.

    Only at β = 1 is the loss the negative ELBO; for β > 1 it is still minus a (looser) lower bound, for β < 1 not.
    """
    bound = elbo(model, x, generator=generator)
    return {
        "loss": beta * bound.kl - bound.reconstruction,
        "elbo": bound.elbo,
        "reconstruction": bound.reconstruction,
        "kl": bound.kl,
    }


OBJECTIVES = {"reconstruction": reconstruction_terms, "elbo": elbo_terms}
