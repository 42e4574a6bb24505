"""The mean KL of a VAE in three parts: what the code says, how its dimensions depend, how each one is distributed."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from course_lib.distributions import Gaussian, standard_normal_log_prob
from course_lib.metrics._blocks import Estimate, estimate
from course_lib.metrics.posterior import aggregated_posterior_log_prob, draw_from_aggregated_posterior


class KLDecomposition(NamedTuple):
    """What the KL of the ELBO is spent on, in nats; `kl` equals the sum of the three means.

    Attributes
    ----------
    kl : float
        Mean over x of KL(q(z | x) ‖ p(z)), in closed form.
    information : Estimate
        Mutual information I_q(x; z) between an example drawn from the n and its code; at most log n.
    total_correlation : Estimate
        KL(q(z) ‖ Π_j q(z_j)) of the aggregated posterior: 0 where its dimensions are independent.
    dimension_wise : Estimate
        Σ_j KL(q(z_j) ‖ p(z_j)): how far each dimension by itself is from the prior.
    """

    kl: float
    information: Estimate
    total_correlation: Estimate
    dimension_wise: Estimate

    @property
    def to_prior(self) -> Estimate:
        """KL(q(z) ‖ p(z)) of the aggregated posterior, the last two together (Hoffman & Johnson 2016)."""
        return Estimate(self.kl - self.information.mean, self.information.standard_error)

    def __repr__(self) -> str:
        parts = f"information {self.information} + total correlation {self.total_correlation}"
        return f"kl {self.kl:.3f} = {parts} + dimension-wise {self.dimension_wise} nats"


def kl_decomposition(vae, x: Tensor, *, samples: int = 1000, seed: int = 0) -> KLDecomposition:
    """Split the mean KL into mutual information, total correlation and dimension-wise KL.

    Parameters
    ----------
    vae : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D); all of the data set, because q(z) is the average over these n.
    samples : int
        Codes drawn from q(z), at least 2; each is held against all n posteriors.
    seed : int
        Of the codes.

    Returns
    -------
    KLDecomposition
        `.kl`, `.information`, `.total_correlation` and `.dimension_wise`, in nats, the last three with their standard
        errors. The last two are Monte Carlo estimates, so that near 0 noise may turn them negative; information is the
        rest of the kl.

    References
    ----------
    Chen et al. (2018), equation 2.
    """
    q, z = draw_from_aggregated_posterior(vae, x, samples=samples, seed=seed)
    joint, kl = aggregated_posterior_log_prob(q, z).double(), estimate(q.kl()).mean
    dimensions = zip(*(columns.split(1, dim=1) for columns in (q.mean, q.logvar, z)), strict=True)
    marginals = sum(
        aggregated_posterior_log_prob(Gaussian(mean, logvar), z_j.contiguous()).double()
        for mean, logvar, z_j in dimensions
    )
    prior = standard_normal_log_prob(z.double())
    to_prior = estimate(joint - prior)
    information = Estimate(kl - to_prior.mean, to_prior.standard_error)
    return KLDecomposition(kl, information, estimate(joint - marginals), estimate(marginals - prior))
