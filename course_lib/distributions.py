"""Gaussians: the prior, the encoder's answer, and the divergences between them. Everything is per example, in nats."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib import validation

LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True)
class Gaussian:
    """A batch of Gaussians with diagonal covariance: the approximate posterior q(z | x).

    Networks output log σ² and not σ: it may be any real number, so nothing has to be clipped, and the KL needs
    exactly it.

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
        validation.same_shape(self.mean, self.logvar, ("mean", "logvar"), axes=(1, 2))

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
        """Draw one code per example by the reparameterization z = μ + σ ⊙ ε.

        Parameters
        ----------
        generator : torch.Generator, optional
            Where ε comes from; the same generator state gives the same sample.
        eps : Tensor, optional
            ε itself, shape (n, d), instead of drawing it.

        Returns
        -------
        Tensor
            z, shape (n, d); differentiable in `mean` and `logvar`.

        References
        ----------
        Kingma & Welling (2014), section 2.4.
        """
        if eps is None:
            eps = torch.randn(self.mean.shape, generator=generator, dtype=self.mean.dtype, device=self.mean.device)
        validation.same_shape(eps, self.mean, ("eps", "mean"), axes=(1, 2))
        return torch.addcmul(self.mean, self.std, eps)

    def log_prob(self, z: Tensor) -> Tensor:
        """Log-density of z, summed over the latent dimensions: shape (n,), nats."""
        validation.same_shape(z, self.mean, ("z", "mean"), axes=(1, 2))
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
        """KL(q ‖ N(0, I)), summed over the latent dimensions: shape (n,), nats.

        References
        ----------
        Kingma & Welling (2014), appendix B.
        """
        return self.kl_per_dimension().sum(dim=-1)


def gaussian_kl_between(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q ‖ p) of two batches of Gaussians with diagonal covariance, pair by pair: shape (n,), nats, at least 0.

    Equal to ½ Σ_j [(μ_q − μ_p)² / σ_p² + r − 1 − log r] with r = σ_q² / σ_p²; for p = N(0, I) it is `q.kl()`.
    """
    validation.same_shape(q.mean, p.mean, ("the means of q", "the means of p"), axes=(1, 2))
    log_ratio = q.logvar - p.logvar
    distance = (q.mean - p.mean).square() / p.var
    return 0.5 * (distance + (log_ratio.expm1() - log_ratio)).sum(dim=-1)


def standard_normal_log_prob(z: Tensor) -> Tensor:
    """Log-density of the prior N(0, I) at z of shape (n, d): shape (n,), nats."""
    return -0.5 * (z.square() + LOG_2PI).sum(dim=-1)


def full_gaussian_kl(mean_q: Tensor, cov_q: Tensor, mean_p: Tensor, cov_p: Tensor) -> Tensor:
    """KL(N(mean_q, cov_q) ‖ N(mean_p, cov_p)) of two Gaussians with full covariance.

    Parameters
    ----------
    mean_q, mean_p : Tensor
        Float, shape (d,).
    cov_q, cov_p : Tensor
        Float, shape (d, d), symmetric and positive definite.

    Returns
    -------
    Tensor
        Shape (), nats; equal to ½ [tr(Σp⁻¹Σq) + (μp − μq)ᵀ Σp⁻¹ (μp − μq) − d + log det Σp − log det Σq].
        Not symmetric: exchanging q and p changes it.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    torch.linalg.LinAlgError
        If a covariance is not positive definite.
    """
    d = len(mean_q) if mean_q.ndim else 0
    shapes = [tuple(tensor.shape) for tensor in (mean_q, cov_q, mean_p, cov_p)]
    if shapes != [(d,), (d, d)] * 2:
        raise ValueError(f"got shapes {', '.join(map(str, shapes))}, expected (d,), (d, d), (d,), (d, d) for one d")
    chol_q, chol_p = torch.linalg.cholesky(cov_q), torch.linalg.cholesky(cov_p)
    whitened = torch.linalg.solve_triangular(chol_p, chol_q, upper=False)
    shift = torch.linalg.solve_triangular(chol_p, (mean_p - mean_q)[:, None], upper=False)
    log_det_ratio = 2 * (chol_p.diagonal().log() - chol_q.diagonal().log()).sum()
    return 0.5 * (whitened.square().sum() + shift.square().sum() - len(mean_q) + log_det_ratio)
