"""Probabilistic PCA: PCA with a likelihood, and the exact optimum of the linear VAE."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import LOG_2PI
from course_lib.models.linear import PCA


class ProbabilisticPCA:
    """x = Wz + μ + noise with z ~ N(0, I) and noise ~ N(0, σ² I), fitted by maximum likelihood in closed form.

    Parameters
    ----------
    n_components : int
        Number d of latent dimensions, at least 1 and below D.

    Attributes
    ----------
    mean_ : Tensor
        Shape (D,); equal to the training mean.
    noise_variance_ : Tensor
        σ², shape (); equal to the mean of the discarded eigenvalues.
    weight_ : Tensor
        W, shape (D, d); equal to U (Λ − σ² I)^½, so its columns are orthogonal and follow the principal axes.

    References
    ----------
    Tipping & Bishop (1999), equations 7 and 8.
    """

    def __init__(self, n_components: int):
        self.n_components = _validate.positive_int(n_components, "n_components")

    def fit(self, x: Tensor) -> ProbabilisticPCA:
        """Learn from x of shape (n, D); returns self.

        Raises
        ------
        ValueError
            Unless d < D and the data leave the plane of the first d axes by more than the rounding of their dtype: in
            a plane the likelihood has no bound.
        """
        x = _validate.data_matrix(x)
        d = self.n_components
        if d >= x.shape[1]:
            raise ValueError(f"got n_components = {d}, expected fewer than the {x.shape[1]} columns of x")
        pca = PCA(d).fit(x)
        noise = float(pca.eigenvalues_[d:].mean())
        # That of the data, and that of the eigenvalues, which are computed in float64.
        rounding = (torch.finfo(x.dtype).eps * float(x.abs().max())) ** 2
        rounding = max(rounding, x.shape[1] * torch.finfo(torch.float64).eps * float(pca.eigenvalues_[0]))
        if noise <= rounding:
            raise ValueError(
                f"got x whose variance outside of the first {d} axes is {noise:.3g}, expected more than rounding, "
                f"{rounding:.3g}: in a plane the likelihood has no bound; take fewer components, or PCA"
            )
        self.mean_ = pca.mean_
        self.noise_variance_ = pca.eigenvalues_[d:].mean()
        self.weight_ = pca.components_.T * (pca.eigenvalues_[:d] - self.noise_variance_).clamp(min=0).sqrt()
        return self

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Exact log p(x) per example: shape (n,), nats of a density, any sign.

        Equal to log N(x; `mean_`, W Wᵀ + σ² I), computed through the d × d matrix M = WᵀW + σ² I.
        """
        weight, noise, m = self._double()
        x = _validate.data_matrix(x, width=len(self.mean_))
        centred = (x - self.mean_).double()
        chol = torch.linalg.cholesky(m)
        projected = torch.linalg.solve_triangular(chol, weight.T @ centred.T, upper=False)
        mahalanobis = (centred.square().sum(dim=1) - projected.square().sum(dim=0)) / noise
        width, d = weight.shape
        log_det = 2 * chol.diagonal().log().sum() + (width - d) * noise.log()
        return (-0.5 * (width * LOG_2PI + log_det + mahalanobis)).to(x.dtype)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Exact p(z | x): its mean M⁻¹Wᵀ(x − μ) of shape (n, d) and its covariance σ² M⁻¹ of shape (d, d)."""
        weight, noise, m = self._double()
        x = _validate.data_matrix(x, width=len(self.mean_))
        centred = (x - self.mean_).double()
        inverse = torch.linalg.inv(m)
        return (centred @ weight @ inverse).to(x.dtype), (noise * inverse).to(x.dtype)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw n examples from p(x): shape (n, D). Not clipped to [0, 1]."""
        self._check_fitted()
        z = torch.randn(_validate.positive_int(n, "n"), self.n_components, generator=generator)
        noise = torch.randn(n, len(self.mean_), generator=generator)
        return z.to(self.mean_) @ self.weight_.T + self.mean_ + self.noise_variance_.sqrt() * noise.to(self.mean_)

    def _check_fitted(self) -> None:
        if "mean_" not in vars(self):
            raise RuntimeError("got a model that has not learned anything yet, expected a fitted one; call .fit(x)")

    def _double(self) -> tuple[Tensor, Tensor, Tensor]:
        self._check_fitted()
        weight, noise = self.weight_.double(), self.noise_variance_.double()
        return weight, noise, weight.T @ weight + noise * torch.eye(self.n_components, dtype=torch.float64)
