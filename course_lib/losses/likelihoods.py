"""Likelihoods p_θ(x | z) and the KL to the prior: one number per example, summed over pixels or latents, in nats."""

from __future__ import annotations

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
    validation.same_shape(x, logits, ("x", "logits"))
    validation.pixels(x)
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)


def gaussian_log_likelihood(x: Tensor, mean: Tensor, variance: float | Tensor) -> Tensor:
    """Log-density of x under N(mean, variance · I): shape (n,), nats, any sign.

    Equal to −½ [D log(2π variance) + ‖x − mean‖² / variance].

    Raises
    ------
    TypeError
        If x or mean are no floating-point numbers.
    ValueError
        If the shapes differ, or a `variance` given as a number is not above 0.
    """
    validation.same_shape(x, mean, ("x", "mean"))
    if not isinstance(variance, Tensor):
        validation.positive_number(variance, "variance")
    variance = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return -0.5 * (x.shape[1] * (LOG_2PI + variance.log()) + squared_error(x, mean) / variance)


def log_likelihood(model, x: Tensor, z: Tensor) -> Tensor:
    """The log-likelihood log p_θ(x | z) of a model with a `likelihood`, per example: shape (n,), nats.

    Parameters
    ----------
    model : LatentModel
        An autoencoder or a VAE. With "bernoulli" the decoder's logits are used; with "gaussian" its pixel means and
        `noise_variance`.
    x : Tensor
        Float, shape (n, D); in [0, 1] for "bernoulli".
    z : Tensor
        Codes, shape (n, d).
    """
    if model.likelihood == "bernoulli":
        return bernoulli_log_likelihood(x, model.decode_logits(z))
    return gaussian_log_likelihood(x, model.decode(z), model.noise_variance)
