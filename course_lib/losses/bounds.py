"""Other lower bounds on log p_θ(x): the ELBO's exact form for a linear VAE, and the importance-weighted bound."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import Gaussian, standard_normal_log_prob
from course_lib.losses.evidence import ELBO, gaussian_log_likelihood, log_likelihood

_ROWS = 10_000  # codes decoded at once by the importance-weighted bound


def log_importance_weights(vae, x: Tensor, k: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Logarithms of the weights w_i = p_θ(x | z_i) p(z_i) / q_φ(z_i | x) of k codes drawn for each example.

    Parameters
    ----------
    vae : VAE or LinearVAE
        Anything whose `encode` returns a `Gaussian`.
    x : Tensor
        Float, shape (n, D).
    k : int
        Codes per example, at least 1. They pass through the decoder in chunks, so that without gradients memory
        stays bounded; with gradients every chunk's graph is kept.
    generator : torch.Generator, optional
        Where the codes come from.

    Returns
    -------
    Tensor
        Shape (k, n), nats. Each weight is an unbiased estimate of p_θ(x); its logarithm, in expectation, is the ELBO.

    References
    ----------
    Burda, Grosse & Salakhutdinov (2016), section 3.
    """
    k = _validate.positive_int(k, "k")
    q = vae.encode(x)
    at_once = max(1, _ROWS // len(x))
    chunks = []
    for start in range(0, k, at_once):
        copies = min(at_once, k - start)
        rows = Gaussian(q.mean.repeat(copies, 1), q.logvar.repeat(copies, 1))
        z = rows.sample(generator)
        joint = log_likelihood(vae, x.repeat(copies, 1), z) + standard_normal_log_prob(z)
        chunks.append((joint - rows.log_prob(z)).reshape(copies, len(x)))
    return torch.cat(chunks)


def iwae(vae, x: Tensor, k: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Importance-weighted bound L_k, per example: one estimate from k codes.

    Parameters
    ----------
    vae, x, k, generator
        As in `log_importance_weights`.

    Returns
    -------
    Tensor
        Shape (n,), nats; equal to log (1/k) Σ_i w_i, computed with logsumexp. In expectation at most log p_θ(x), at
        least the ELBO, and never falling with k; L_1 is an estimate of the ELBO in which the KL too is sampled.

    Raises
    ------
    ValueError, TypeError
        If `k` is no integer of at least 1.

    References
    ----------
    Burda, Grosse & Salakhutdinov (2016), equation 8 and theorem 1.
    """
    return log_importance_weights(vae, x, k, generator=generator).logsumexp(dim=0) - math.log(k)


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
    return ELBO(at_mean - 0.5 * spread / vae.noise_variance, q.kl(), q)
