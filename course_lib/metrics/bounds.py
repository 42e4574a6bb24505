"""How likely a model finds data: the ELBO and the log-likelihood, averaged over examples, in nats."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate, losses
from course_lib.metrics._blocks import estimate, split


class BoundEstimate(NamedTuple):
    """Mean over examples of the ELBO and of its two terms, in nats; `elbo = reconstruction − kl`."""

    elbo: float
    reconstruction: float
    kl: float
    standard_error: float

    def __repr__(self) -> str:
        terms = f"reconstruction {self.reconstruction:.2f}, kl {self.kl:.2f}"
        return f"elbo {self.elbo:.2f} ± {self.standard_error:.2f} ({terms}) nats"


class LikelihoodEstimate(NamedTuple):
    """Mean over examples of an estimate of log p_θ(x), in nats.

    Attributes
    ----------
    mean, standard_error : float
        Nats; the standard error is over examples and says nothing about the bound's gap.
    effective_samples : float
        Mean over examples of (Σ w)² / Σ w², between 1 and the number of samples: how many of them carry the weight.
    """

    mean: float
    standard_error: float
    effective_samples: float

    def __repr__(self) -> str:
        return f"{self.mean:.2f} ± {self.standard_error:.2f} nats ({self.effective_samples:.1f} effective samples)"


def elbo(vae, x: Tensor, *, samples: int = 1, seed: int = 0) -> BoundEstimate:
    """Evidence lower bound on x, averaged over examples and over `samples` codes each.

    Parameters
    ----------
    vae : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D).
    samples : int
        Codes drawn per example, at least 1; more of them make the estimate less noisy, not tighter.
    seed : int
        Of the codes.

    Returns
    -------
    BoundEstimate
        Nats; the standard error is over examples.
    """
    x, samples = _validate.data_matrix(x), _validate.positive_int(samples, "samples")
    generator = _validate.generator(seed)
    bounds, reconstructions, kls = [], [], []
    with torch.no_grad():
        for block in split(x):
            draws = [losses.elbo(vae, block, generator=generator) for _ in range(samples)]
            reconstruction = torch.stack([draw.reconstruction for draw in draws]).mean(dim=0)
            bounds.append(reconstruction - draws[0].kl)
            reconstructions.append(reconstruction)
            kls.append(draws[0].kl)
    bound = estimate(torch.cat(bounds))
    reconstruction, kl = estimate(torch.cat(reconstructions)).mean, estimate(torch.cat(kls)).mean
    return BoundEstimate(bound.mean, reconstruction, kl, bound.standard_error)


def log_likelihood(vae, x: Tensor, *, samples: int = 500, seed: int = 0) -> LikelihoodEstimate:
    """Estimate of log p_θ(x), averaged over examples: the importance-weighted bound with many codes each.

    It is a lower bound in expectation, so that the negative log-likelihood comes out too large rather than too small;
    the gap shrinks like 1 / samples, and few effective samples warn that it is still wide. For probabilities, x must
    be binary where the likelihood is Bernoulli. Give it a random subset if all of the data take too long
    (`images.test.sample(n, seed=…)`), never a prefix: files have an order, and the first half of MNIST's test images
    is easier.

    Parameters
    ----------
    vae : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D).
    samples : int
        Codes drawn per example, at least 1. With 1 it is the ELBO.
    seed : int
        Of the codes.

    Returns
    -------
    LikelihoodEstimate
        `.mean` equal to the mean over examples of log (1/k) Σ_i p_θ(x | z_i) p(z_i) / q_φ(z_i | x), in nats,
        `.standard_error` over examples and `.effective_samples`.

    References
    ----------
    Burda, Grosse & Salakhutdinov (2016), section 5; their tables use 5000 samples.
    """
    x, samples = _validate.data_matrix(x), _validate.positive_int(samples, "samples")
    generator = _validate.generator(seed)
    values, effective = [], []
    with torch.no_grad():
        for block in split(x):
            weights = losses.log_importance_weights(vae, block, samples, generator=generator)
            values.append(weights.logsumexp(dim=0) - math.log(samples))
            effective.append((2 * weights.logsumexp(dim=0) - (2 * weights).logsumexp(dim=0)).exp())
    bound = estimate(torch.cat(values))
    return LikelihoodEstimate(bound.mean, bound.standard_error, estimate(torch.cat(effective)).mean)
