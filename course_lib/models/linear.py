"""The linear members of the family: PCA, the linear autoencoder and the linear VAE.

All three find the same subspace; they differ in what else they say. The linear VAE's exact optimum is
probabilistic PCA, which makes it the ground truth that deep models don't have.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.distributions import Gaussian
from course_lib.losses import elbo_terms, reconstruction_terms
from course_lib.models._building import check_sizes, seeded, settings

_BLOCK = 4096  # rows turned into float64 at a time, to spare memory


class PCA:
    """Principal component analysis as an encoder and a decoder.

    Parameters
    ----------
    n_components : int
        Width d of the code, at least 1 and at most D.

    Attributes
    ----------
    mean_ : Tensor
        Shape (D,); equal to the training mean.
    components_ : Tensor
        Shape (d, D), orthonormal rows, by falling variance; equal to the top eigenvectors of the covariance. Each
        is signed so that its largest entry is positive.
    eigenvalues_ : Tensor
        Shape (D,), falling, at least 0; equal to all eigenvalues of the covariance, with divisor n. Those after
        the d-th sum to the training squared error.

    References
    ----------
    Eckart & Young (1936).
    """

    def __init__(self, n_components: int):
        self.n_components = _validate.positive_int(n_components, "n_components")

    def fit(self, x: Tensor) -> PCA:
        """Learn mean and components from x of shape (n, D); returns self.

        Raises
        ------
        ValueError
            If there are fewer columns than components, or the numbers are too large for their squares.
        """
        x = _validate.data_matrix(x)
        if self.n_components > x.shape[1]:
            raise ValueError(f"got n_components = {self.n_components}, expected at most the {x.shape[1]} columns of x")
        mean = (sum(block.double().sum(dim=0) for block in x.split(_BLOCK)) / len(x)).to(x.dtype)
        eigenvalues, eigenvectors = torch.linalg.eigh(_covariance(x, mean))  # rising
        variances = eigenvalues.flip(0).clamp(min=0).to(x.dtype)
        if not bool(variances.isfinite().all()):
            raise ValueError(
                f"got x with values up to {float(x.abs().max()):.3g}, expected variances that {x.dtype} can hold; "
                "rescale x"
            )
        axes = eigenvectors.flip(1)[:, : self.n_components].T
        largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
        self.mean_, self.components_, self.eigenvalues_ = mean, (axes * largest.sign()).to(x.dtype), variances
        return self

    def encode(self, x: Tensor) -> Tensor:
        """Coordinates along the components: (n, D) → (n, d); equal to `(x − mean_) components_ᵀ`."""
        x = _validate.data_matrix(x, width=self._width(), like=self.mean_)
        return (x - self.mean_) @ self.components_.T

    def decode(self, z: Tensor) -> Tensor:
        """Point of the plane with these coordinates: (n, d) → (n, D). Not clipped to [0, 1]."""
        self._width()
        z = _validate.data_matrix(z, width=self.n_components, like=self.mean_, name="z")
        return z @ self.components_ + self.mean_

    def reconstruct(self, x: Tensor) -> Tensor:
        """Orthogonal projection of x onto the plane: (n, D) → (n, D)."""
        return self.decode(self.encode(x))

    def _width(self) -> int:
        if "mean_" not in vars(self):
            raise RuntimeError("got a PCA that has not learned anything yet, expected a fitted one; call .fit(x) first")
        return len(self.mean_)


@dataclass(eq=False, repr=False)
class LinearAutoencoder(nn.Module):
    """Autoencoder without activations: x̂ = W₂(W₁x + b₁) + b₂.

    Trained on the squared error it reaches the subspace and the error of PCA but not its axes: any invertible map
    between encoder and decoder cancels (Baldi & Hornik 1989). `principal_axes` gets the axes back.

    Parameters
    ----------
    input_dim : int
        Width D of the data, at least 1.
    latent_dim : int
        Width d of the code, at least 1.
    seed : int
        Seed of the first weights.
    """

    objective = staticmethod(reconstruction_terms)
    likelihood = "gaussian"
    noise_variance = 0.5  # of log p(x | z): the squared error is −log p plus a constant

    input_dim: int
    latent_dim: int
    _: KW_ONLY
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "input_dim", "latent_dim")
        self.config = settings(self)
        with seeded(self.seed):
            self.encoder = nn.Linear(self.input_dim, self.latent_dim)
            self.decoder = nn.Linear(self.latent_dim, self.input_dim)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction, equal to `reconstruct(x)`: (n, D) → (n, D)."""
        return self.reconstruct(x)

    def encode(self, x: Tensor) -> Tensor:
        """Code z = W₁x + b₁: (n, D) → (n, d)."""
        return self.encoder(_validate.rows(x, self.input_dim, self.encoder.weight))

    def decode(self, z: Tensor) -> Tensor:
        """x̂ = W₂z + b₂: (n, d) → (n, D). Not clipped to [0, 1]."""
        return self.decoder(_validate.rows(z, self.latent_dim, self.decoder.weight, "z"))

    def reconstruct(self, x: Tensor) -> Tensor:
        """decode(encode(x)): (n, D) → (n, D)."""
        return self.decode(self.encode(x))


class LinearVAE(nn.Module):
    """VAE with a linear decoder and a linear encoder whose variance is the same for every x.

    p(x | z) = N(Wz + b, s² I) and q(z | x) = N(V(x − b), diag σ²). Its best ELBO equals the exact log-likelihood of
    probabilistic PCA (Lucas et al. 2019), and the diagonal q turns the columns of W into the principal axes.

    Parameters
    ----------
    input_dim, latent_dim : int
        D and d, at least 1.
    noise_variance : float
        First value of s², above 0; learned unless `learn_noise` is False.
    learn_noise : bool
        Whether s² is a parameter or stays as given.
    seed : int
        Seed of the first weights.
    """

    objective = staticmethod(elbo_terms)
    likelihood = "gaussian"

    # No dataclass: its noise variance is a parameter.
    def __init__(
        self,
        input_dim: int,
        latent_dim: int,
        *,
        noise_variance: float = 1.0,
        learn_noise: bool = True,
        seed: int = 0,
    ):
        super().__init__()
        self.input_dim = _validate.positive_int(input_dim, "input_dim")
        self.latent_dim = _validate.positive_int(latent_dim, "latent_dim")
        noise_variance = _validate.positive_number(noise_variance, "noise_variance")
        self.config = {
            "input_dim": self.input_dim,
            "latent_dim": self.latent_dim,
            "noise_variance": noise_variance,
            "learn_noise": _validate.flag(learn_noise, "learn_noise"),
        }
        with seeded(seed):
            self.encoder = nn.Linear(self.input_dim, self.latent_dim, bias=False)
            self.decoder = nn.Linear(self.latent_dim, self.input_dim)
        self.logvar = nn.Parameter(torch.zeros(self.latent_dim))
        self.log_noise = nn.Parameter(torch.tensor(noise_variance).log(), requires_grad=learn_noise)

    @property
    def noise_variance(self) -> Tensor:
        """s², shape (), above 0."""
        return self.log_noise.exp()

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction, equal to `reconstruct(x)`: (n, D) → (n, D)."""
        return self.reconstruct(x)

    def encode(self, x: Tensor) -> Gaussian:
        """q(z | x) = N(V(x − b), diag σ²): mean and logvar of shape (n, d)."""
        x = _validate.rows(x, self.input_dim, self.encoder.weight)
        mean = self.encoder(x - self.decoder.bias)
        return Gaussian(mean, self.logvar.expand_as(mean))

    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x | z), Wz + b: (n, d) → (n, D)."""
        return self.decoder(_validate.rows(z, self.latent_dim, self.decoder.weight, "z"))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decode the mean code: (n, D) → (n, D)."""
        return self.decode(self.encode(x).mean)


def principal_axes(decoder_weight: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Principal axes inside the subspace that a linear decoder spans.

    The columns of W₂ span the right plane in an arbitrary basis; the data say which directions of that plane vary
    most. (The singular vectors of W₂ alone would not do: they ignore the data.)

    Parameters
    ----------
    decoder_weight : Tensor
        W₂, shape (D, d), full column rank.
    x : Tensor
        Data, shape (n, D).

    Returns
    -------
    axes : Tensor
        Shape (d, D), orthonormal rows, by falling variance; equal to PCA's components up to sign if the subspaces
        agree.
    variances : Tensor
        Shape (d,); variance of the data along each.
    """
    x = _validate.data_matrix(x, width=decoder_weight.shape[0])
    basis, _ = torch.linalg.qr(decoder_weight.detach().double())
    variances, rotation = torch.linalg.eigh(basis.T @ _covariance(x, x.mean(dim=0)) @ basis)
    return (basis @ rotation.flip(1)).T.to(x.dtype), variances.flip(0).to(x.dtype)


def _covariance(x: Tensor, mean: Tensor) -> Tensor:
    """Covariance of x with divisor n: (n, D) → (D, D) float64."""
    total = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64)
    for block in x.split(_BLOCK):
        centred = (block - mean).double()
        total += centred.T @ centred
    return total / len(x)
