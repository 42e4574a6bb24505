"""KL divergences between Gaussians, in nats; the one of a VAE is `Gaussian.kl`."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions.gaussian import Gaussian


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


def gaussian_kl_between(q: Gaussian, p: Gaussian) -> Tensor:
    """KL(q ‖ p) of two batches of Gaussians with diagonal covariance, pair by pair: shape (n,), nats, at least 0.

    Equal to ½ Σ_j [(μ_q − μ_p)² / σ_p² + r − 1 − log r] with r = σ_q² / σ_p²; for p = N(0, I) it is `q.kl()`.
    """
    _validate.same_shape(q.mean, p.mean, ("the means of q", "the means of p"), axes=(1, 2))
    log_ratio = q.logvar - p.logvar
    distance = (q.mean - p.mean).square() / p.var
    return 0.5 * (distance + (log_ratio.expm1() - log_ratio)).sum(dim=-1)


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
