"""The aggregated posterior q(z), the average of q(z | x) over the data: where the codes of a VAE really lie."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import LOG_2PI, Gaussian
from course_lib.metrics import _blocks
from course_lib.metrics._blocks import split


@torch.no_grad()
def posteriors(vae, x: Tensor) -> Gaussian:
    """q(z | x) of every example, without gradients: mean and logvar of shape (n, d)."""
    answers = [vae.encode(block) for block in split(_validate.data_matrix(x))]
    return Gaussian(torch.cat([a.mean for a in answers]), torch.cat([a.logvar for a in answers]))


@torch.no_grad()
def draw_from_aggregated_posterior(vae, x: Tensor, *, samples: int, seed: int) -> tuple[Gaussian, Tensor]:
    """The posteriors of all n examples, and codes drawn from their average: each from one of them, chosen by chance.

    Returns
    -------
    q : Gaussian
        mean and logvar of shape (n, d), without gradients.
    z : Tensor
        Shape (samples, d).

    Raises
    ------
    ValueError
        If `samples` is below 2.
    """
    if _validate.positive_int(samples, "samples") < 2:
        raise ValueError("got samples = 1, expected at least 2: one alone has no standard error")
    q, generator = posteriors(vae, x), _validate.generator(seed)
    rows = torch.randint(len(q.mean), (samples,), generator=generator)
    return q, Gaussian(q.mean[rows], q.logvar[rows]).sample(generator)


def aggregated_posterior_log_prob(q: Gaussian, z: Tensor) -> Tensor:
    """Log-density of the aggregated posterior q(z) = (1/n) Σ_i q(z | x_i).

    Parameters
    ----------
    q : Gaussian
        The posteriors of the n examples, mean and logvar of shape (n, d).
    z : Tensor
        Float, shape (m, d).

    Returns
    -------
    Tensor
        Shape (m,), nats; equal to logsumexp_i log q(z | x_i) − log n over *all* n. A smaller batch in their place
        would be biased.

    Raises
    ------
    ValueError, TypeError
        If z has another width or dtype than q.
    """
    z = _validate.data_matrix(z, width=q.mean.shape[1], like=q.mean, name="z")
    with torch.no_grad():
        # Each log-density is a constant of its Gaussian minus half the sum of squares; one dimension at a time,
        # because the expanded square (z² − 2zμ + μ²) / σ² loses all digits where σ is small.
        constants = -0.5 * (LOG_2PI + q.logvar).sum(dim=1)
        scales = (-0.5 * q.logvar).exp() * math.sqrt(0.5)
        answers = z.new_empty(len(z))
        exponents, squares = z.new_empty(2, min(len(z), max(1, _blocks.PAIRS // len(constants))), len(constants))
        for rows in _blocks.pair_blocks(len(z), len(constants)):
            block = z[rows]
            exponent, square = exponents[: len(block)].copy_(constants), squares[: len(block)]
            for j in range(z.shape[1]):
                torch.sub(block[:, j, None], q.mean[:, j], out=square).mul_(scales[:, j])
                exponent.sub_(square.square_())
            answers[rows] = exponent.logsumexp(dim=1)
    return answers - math.log(len(constants))
