"""The Gaussian with diagonal covariance: what the encoder of a VAE answers with. Everything is per example, in nats."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib import _validate

LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Gaussian:
    """A batch of Gaussians with diagonal covariance: the approximate posterior q(z | x).

    Networks output log σ² and not σ: it may be any real number, and the KL needs exactly it.

    Attributes
    ----------
    mean : Tensor
        μ, float, shape (n, d).
    logvar : Tensor
        log σ², float, shape (n, d): the logarithm of the *variance*, not of the standard deviation.
    """

    mean: Tensor
    logvar: Tensor

    def __post_init__(self):
        _validate.same_shape(self.mean, self.logvar, ("mean", "logvar"), axes=(1, 2))

    def __repr__(self) -> str:
        """Shape, and the ranges of means and standard deviations: what a reader wants to know."""
        shape = ", ".join(map(str, self.mean.shape))
        ranges = (values.detach().aminmax() for values in (self.mean, self.std))
        (low, high), (narrow, wide) = ((float(end) for end in ends) for ends in ranges)
        return f"Gaussian(shape ({shape}), means {low:.3g} … {high:.3g}, standard deviations {narrow:.3g} … {wide:.3g})"

    @property
    def var(self) -> Tensor:
        """Variance σ², shape (n, d); equal to exp(logvar)."""
        return self.logvar.exp()

    @property
    def std(self) -> Tensor:
        """Standard deviation σ, shape (n, d); equal to exp(logvar / 2)."""
        return (0.5 * self.logvar).exp()

    def sample(self, generator: torch.Generator | None = None, *, eps: Tensor | None = None) -> Tensor:
        """Draw one code per example by the reparameterization z = μ + σ ⊙ ε, differentiable in `mean` and `logvar`.

        ε comes from the generator, whose state decides the sample, or is given as `eps`; all are of shape (n, d)
        (Kingma & Welling 2014, section 2.4).
        """
        if eps is None:
            eps = torch.randn(self.mean.shape, generator=generator, dtype=self.mean.dtype, device=self.mean.device)
        _validate.same_shape(eps, self.mean, ("eps", "mean"), axes=(1, 2))
        return torch.addcmul(self.mean, self.std, eps)

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density of z, summed over the latent dimensions: shape (n,), nats."""
        _validate.same_shape(z, self.mean, ("z", "mean"), axes=(1, 2))
        # Deviations in units of σ, by 1/√σ twice: σ² itself leaves float32 at log σ² = ±88, and σ at ±177.
        root = (-0.25 * self.logvar).exp()
        deviation = (z - self.mean) * root * root
        return -0.5 * (LOG_2PI + self.logvar + deviation.square()).sum(dim=-1)

    def kl_per_dimension(self) -> Tensor:
        """KL(q ‖ N(0, I)) of each latent dimension: shape (n, d), nats, each at least 0.

        Equal to ½ (μ² + σ² − 1 − log σ²); 0 exactly where μ = 0 and σ = 1.
        """
        # expm1(log σ²) is σ² − 1 to full precision: near the prior, float32 would round the KL below 0.
        return 0.5 * (self.mean.square() + (self.logvar.expm1() - self.logvar))

    def kl(self) -> Tensor:
        """KL(q ‖ N(0, I)) per example, shape (n,), nats (Kingma & Welling 2014, appendix B)."""
        return self.kl_per_dimension().sum(dim=-1)


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """Log-density of the prior N(0, I) at z of shape (n, d): shape (n,), nats."""
    return -0.5 * (z.square() + LOG_2PI).sum(dim=-1)
