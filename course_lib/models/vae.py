"""The variational autoencoder: the encoder answers with a Gaussian instead of a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.distributions import Gaussian
from course_lib.losses import elbo_terms
from course_lib.models._building import LIKELIHOODS, check_sizes, seeded, settings
from course_lib.models._mlp import mlp


class GaussianVAE(nn.Module):
    """What every VAE of the course does with its two networks, whatever these are made of.

    `encoder` is (n, D) → (n, 2d), μ and log σ² side by side; `decoder` is (n, d) → (n, D), before the sigmoid.
    """

    objective = staticmethod(elbo_terms)
    unit_range = True  # what its sigmoid can draw
    encoder: nn.Module
    decoder: nn.Module
    input_dim: int
    latent_dim: int

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction through the mean code, equal to `reconstruct(x)`: (n, D) → (n, D)."""
        return self.reconstruct(x)

    def encode(self, x: Tensor) -> Gaussian:
        """q_φ(z | x) of each example: (n, D) → a `Gaussian` with mean and logvar of shape (n, d)."""
        out = self.encoder(_validate.rows(x, self.input_dim, next(self.parameters())))
        return Gaussian(*out.chunk(2, dim=-1))

    def decode_logits(self, z: Tensor) -> Tensor:
        """What the last layer says before the sigmoid: (n, d) → (n, D), any real numbers."""
        return self.decoder(_validate.rows(z, self.latent_dim, next(self.parameters()), "z"))

    def decode(self, z: Tensor) -> Tensor:
        """Pixel means of p_θ(x | z): (n, d) → (n, D), each in [0, 1]; equal to sigmoid(decode_logits(z))."""
        return torch.sigmoid(self.decode_logits(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decode the mean code: (n, D) → (n, D). Not a sample, and its error is not the ELBO's."""
        return self.decode(self.encode(x).mean)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Pixel means of n codes drawn from the prior: (n, D), each in [0, 1]."""
        z = torch.randn(_validate.positive_int(n, "n"), self.latent_dim, generator=generator)
        return self.decode(z.to(next(self.parameters())))


@dataclass(eq=False, repr=False)
class VAE(GaussianVAE):
    """`Autoencoder` with two heads: a Gaussian q_φ(z | x) of diagonal covariance, and the prior N(0, I).

    Parameters
    ----------
    latent_dim : int
        Number d of latent dimensions, at least 1.
    likelihood : {"bernoulli", "gaussian"}
        p_θ(x | z): pixels as coin flips, or a Gaussian around the decoder's pixel means.
    noise_variance : float
        Variance of the Gaussian likelihood, above 0. The default ½ makes −log p the squared error plus a constant.
        A "bernoulli" model has none.
    input_dim, hidden, activation, seed
        As in `Autoencoder`, and so are the errors.

    References
    ----------
    Kingma & Welling (2014); Rezende, Mohamed & Wierstra (2014).
    """

    latent_dim: int
    _: KW_ONLY
    input_dim: int = 784
    hidden: Sequence[int] = (256, 128)
    likelihood: str = "bernoulli"
    noise_variance: float = 0.5
    activation: str = "relu"
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "latent_dim", "input_dim", "hidden")
        _validate.choice(self.likelihood, "likelihood", LIKELIHOODS)
        self.noise_variance = _validate.positive_number(self.noise_variance, "noise_variance")
        self.config = settings(self)
        widths = [self.input_dim, *self.hidden]
        with seeded(self.seed):
            self.encoder = mlp([*widths, 2 * self.latent_dim], self.activation)
            self.decoder = mlp([self.latent_dim, *reversed(widths)], self.activation)
