"""β-TCVAE: a price on the dependence between the dimensions of a code alone, estimated within a batch."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import LOG_2PI, Gaussian
from course_lib.losses.evidence import elbo

ESTIMATORS = ("weighted", "stratified")


class BatchDensities(NamedTuple):
    """What a batch says about the aggregated posterior at its own codes, in nats.

    Attributes
    ----------
    joint : Tensor
        Estimates of log q(z), shape (m,).
    marginals : Tensor
        Estimates of log q(z_j), shape (m, d).
    """

    joint: Tensor
    marginals: Tensor

    @property
    def total_correlation(self) -> Tensor:
        """Log q(z) − Σ_j log q(z_j), shape (m,); its mean estimates KL(q(z) ‖ Π_j q(z_j))."""
        return self.joint - self.marginals.sum(dim=1)


def batch_densities(q: Gaussian, z: Tensor, dataset_size: int, *, estimator: str = "weighted") -> BatchDensities:
    """Estimate the log-density of the aggregated posterior of a whole data set from one batch of it.

    Parameters
    ----------
    q : Gaussian
        The posteriors of the batch, mean and logvar of shape (m, d), m ≥ 2.
    z : Tensor
        One draw from each, shape (m, d).
    dataset_size : int
        Number n of examples that the batch was drawn from, at least m.
    estimator : {"weighted", "stratified"}
        How the densities q(z_i | x_k) under the m posteriors are averaged. "weighted" divides their sum by n · m, which
        is their mean over n: each logarithm contains the constant −log n. "stratified" gives the posterior that z_i
        came from the weight 1/n that it has in q(z), and the m − 1 others equal parts of the rest: q(z) itself is then
        estimated without bias, its logarithm still from below.

    Returns
    -------
    BatchDensities
        `.joint` (m,), `.marginals` (m, d) and `.total_correlation` (m,), differentiable.

    Raises
    ------
    ValueError
        If the batch has fewer than 2 examples or more than the data set, or the estimator is unknown.

    References
    ----------
    Chen et al. (2018), section 3.1 and appendix C. The paper's stratified weights differ among the m − 1 others; the
    equal ones are their mean over all orders of the batch.
    """
    _validate.same_shape(z, q.mean, ("z", "q.mean"))
    _validate.choice(estimator, "estimator", ESTIMATORS)
    m, n = len(z), int(dataset_size)
    if not 2 <= m <= n:
        raise ValueError(
            f"got a batch of {m} out of dataset_size = {n}, expected at least 2 and no more than there are"
        )
    squares = (z[:, None] - q.mean).square() / q.var  # (m, m, d): code i under the posterior of example k
    pairs = -0.5 * (LOG_2PI + q.logvar + squares)
    if estimator == "weighted":
        weights = pairs.new_full((m, m), -math.log(n * m))
    else:
        weights = pairs.new_full((m, m), math.log((n - 1) / (n * (m - 1)))).fill_diagonal_(-math.log(n))
    joint = (pairs.sum(dim=2) + weights).logsumexp(dim=1)
    return BatchDensities(joint, (pairs + weights[:, :, None]).logsumexp(dim=1))


def tc_elbo_terms(
    model,
    x: Tensor,
    *,
    generator: torch.Generator | None = None,
    beta: float = 1.0,
    dataset_size: float = math.inf,
) -> dict[str, Tensor]:
    """Terms of a β-TCVAE: of the three parts of the KL only the total correlation is paid β times.

    Parameters
    ----------
    model : VAE or another model that encodes to a `Gaussian`
    x : Tensor
        A batch, float, shape (m, D), 2 ≤ m ≤ dataset_size.
    generator : torch.Generator, optional
        Of the noise.
    beta : float
        Weight β of the total correlation. At β = 1 the loss is the negative ELBO.
    dataset_size : float
        Number of examples that the batch was drawn from; has to be given.

    Returns
    -------
    dict of Tensor
        `loss`, `elbo`, `reconstruction`, `kl` and `total_correlation`, each of shape (m,), in nats. The loss is
        −reconstruction + kl + (β − 1) · total_correlation, the last one by the "weighted" estimator of
        `batch_densities`. It contains the constant (d − 1) log n, so that as a number it says nothing.

    Raises
    ------
    ValueError
        If `dataset_size` is missing or smaller than the batch.

    References
    ----------
    Chen et al. (2018), equation 4 with α = γ = 1. They sample the whole KL; here the part that is paid once is in
    closed form, which has the same expectation and less noise.
    """
    if not math.isfinite(dataset_size):
        raise ValueError("got no dataset_size, expected the number of training examples; use dataset_size=len(x)")
    bound = elbo(model, x, generator=generator)
    assert bound.z is not None
    total_correlation = batch_densities(bound.q, bound.z, int(dataset_size)).total_correlation
    return {
        "loss": bound.kl + (beta - 1) * total_correlation - bound.reconstruction,
        "elbo": bound.elbo,
        "reconstruction": bound.reconstruction,
        "kl": bound.kl,
        "total_correlation": total_correlation,
    }
