"""The VQ-VAE's twin: the same networks and the same grid, with a Gaussian in each cell instead of a word."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_lib import validation
from course_lib.distributions import Gaussian
from course_lib.models._convolutions import grid_decoder, grid_encoder, grid_side, two_widths
from course_lib.models._mlp import seeded


class GridVAE(nn.Module):
    """Convolutional VAE with d Gaussian dimensions in each cell of a grid and the prior N(0, I).

    Parameters
    ----------
    code_dim : int
        Dimensions d of a cell, at least 1.
    input_dim, hidden, seed
        As in `VQVAE`.

    Attributes
    ----------
    latent_dim : int
        All dimensions together, s · s · d: 392 for 7 × 7 cells of 8.

    Raises
    ------
    ValueError
        If a width is below 1 or the picture has no such grid.

    Notes
    -----
    p(x | z) is Bernoulli.
    """

    objective = "elbo"
    likelihood = "bernoulli"

    def __init__(self, code_dim: int = 8, *, input_dim: int = 784, hidden: Sequence[int] = (32, 64), seed: int = 0):
        super().__init__()
        self.input_dim, self.side = input_dim, grid_side(input_dim)
        self.code_dim = validation.positive_int(code_dim, "code_dim")
        self.latent_dim = self.side**2 * self.code_dim
        widths = two_widths(hidden)
        self.config = {"code_dim": code_dim, "input_dim": input_dim, "hidden": list(widths)}
        with seeded(seed):
            self.encoder = grid_encoder(widths, 2 * code_dim)
            self.decoder = grid_decoder(code_dim, widths)

    def encode(self, x: Tensor) -> Gaussian:
        """q(z | x) of each example: (n, D) → a `Gaussian` with mean and logvar of shape (n, d · s · s)."""
        x = validation.data_matrix(x, width=self.input_dim, like=self.encoder[0].weight)
        mean, logvar = self.encoder(x.reshape(len(x), 1, 4 * self.side, 4 * self.side)).chunk(2, dim=1)
        return Gaussian(mean.flatten(1), logvar.flatten(1))

    def decode_logits(self, z: Tensor) -> Tensor:
        """What the last layer says before the sigmoid: (n, d · s · s) → (n, D), any real numbers."""
        z = validation.data_matrix(z, width=self.latent_dim, like=self.encoder[0].weight, name="z")
        return self.decoder(z.reshape(len(z), self.code_dim, self.side, self.side)).flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        """Pixel means of p(x | z): (n, d · s · s) → (n, D), each in [0, 1]."""
        return torch.sigmoid(self.decode_logits(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decode the mean code: (n, D) → (n, D)."""
        return self.decode(self.encode(x).mean)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Pixel means of n codes drawn from the prior: (n, D), each in [0, 1]."""
        z = torch.randn(validation.positive_int(n, "n"), self.latent_dim, generator=generator)
        return self.decode(z.to(self.encoder[0].weight))
