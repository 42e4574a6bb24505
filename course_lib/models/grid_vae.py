"""The VQ-VAE's twin: the same networks and the same grid, with a Gaussian in each cell instead of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from torch import nn

from course_lib.models._building import check_sizes, seeded, settings
from course_lib.models._convolutions import grid_decoder, grid_encoder, grid_side, two_widths
from course_lib.models.vae import GaussianVAE


@dataclass(eq=False, repr=False)
class GridVAE(GaussianVAE):
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

    likelihood = "bernoulli"
    noise_variance = 0.5  # unused: a Bernoulli has none

    code_dim: int = 8
    _: KW_ONLY
    input_dim: int = 784
    hidden: Sequence[int] = (32, 64)
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "code_dim", "input_dim", "hidden")
        self.config = settings(self)
        self.side, widths = grid_side(self.input_dim), two_widths(self.hidden)
        self.latent_dim = self.side**2 * self.code_dim
        with seeded(self.seed):
            encoder, decoder = grid_encoder(widths, 2 * self.code_dim), grid_decoder(self.code_dim, widths)
        # Channels come first: all means stand before all log-variances when the grid is laid out in a row.
        picture, grid = (1, 4 * self.side, 4 * self.side), (self.code_dim, self.side, self.side)
        self.encoder = nn.Sequential(nn.Unflatten(1, picture), *encoder, nn.Flatten())
        self.decoder = nn.Sequential(nn.Unflatten(1, grid), *decoder, nn.Flatten())
