"""A VAE that looks at pictures as pictures: convolutions instead of one matrix over all pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from course_lib import validation
from course_lib.models._convolutions import he_initialised
from course_lib.models._mlp import seeded
from course_lib.models.vae import GaussianVAE

KERNEL = 4  # of convolutions with stride 2 and padding 1: the output is half as high and wide


def halving_encoder(side: int, channels: Sequence[int], outputs: int) -> nn.Sequential:
    """Convolutions that halve height and width, each with a ReLU, then one matrix: (n, side²) → (n, outputs)."""
    small = _smallest(side, channels)
    layers: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
    for inside, outside in pairwise((1, *channels)):
        layers += [nn.Conv2d(inside, outside, KERNEL, 2, 1), nn.ReLU()]
    return he_initialised(*layers, nn.Flatten(), nn.Linear(channels[-1] * small**2, outputs))


def doubling_decoder(side: int, channels: Sequence[int], inputs: int) -> nn.Sequential:
    """The way back, (n, inputs) → (n, side²): one matrix, then transposed convolutions that double height and width."""
    small, first = _smallest(side, channels), channels[-1]
    layers: list[nn.Module] = [nn.Linear(inputs, first * small**2), nn.Unflatten(1, (first, small, small))]
    for inside, outside in pairwise((*reversed(channels), 1)):
        layers += [nn.ReLU(), nn.ConvTranspose2d(inside, outside, KERNEL, 2, 1)]
    return he_initialised(*layers, nn.Flatten())


class ConvVAE(GaussianVAE):
    """Variational autoencoder for square pictures with a convolutional encoder and decoder; all else is as in `VAE`.

    Parameters
    ----------
    latent_dim : int
        Number d of latent dimensions, at least 1.
    side : int
        Height and width of a picture, such as 28 or 32; it must be divisible by 2 once for each of the channels.
    channels : sequence of int
        Feature maps after each convolution. The default takes 32 × 32 pixels to 16 × 8 × 8 and then 32 × 8 × 8 numbers
        and suits 28 × 28 pixels too.
    likelihood, noise_variance, seed
        As in `VAE`.

    Raises
    ------
    ValueError
        If a width is below 1, `side` cannot be halved so often, the likelihood is unknown or the variance not above 0.

    References
    ----------
    Kingma & Welling (2014); LeCun et al. (1989) for the convolutions.
    """

    def __init__(
        self,
        latent_dim: int,
        *,
        side: int = 28,
        channels: Sequence[int] = (16, 32),
        likelihood: str = "bernoulli",
        noise_variance: float = 0.5,
        seed: int = 0,
    ):
        super().__init__()
        self.latent_dim = validation.positive_int(latent_dim, "latent_dim")
        self.side = validation.positive_int(side, "side")
        self.input_dim = self.side**2
        self.likelihood = validation.choice(likelihood, "likelihood", ("bernoulli", "gaussian"))
        self.noise_variance = validation.positive_number(noise_variance, "noise_variance")
        channels = [validation.positive_int(width, "channels") for width in channels]
        self.config = {
            "latent_dim": self.latent_dim,
            "side": self.side,
            "channels": channels,
            "likelihood": likelihood,
            "noise_variance": self.noise_variance,
        }
        with seeded(seed):
            self.encoder = halving_encoder(self.side, channels, 2 * self.latent_dim)
            self.decoder = doubling_decoder(self.side, channels, self.latent_dim)


def _smallest(side: int, channels: Sequence[int]) -> int:
    """Height and width after the last convolution."""
    if not channels or side % 2 ** len(channels):
        raise ValueError(
            f"got side = {side} and {len(channels)} channels, expected a side that can be halved that often; at least 1"
        )
    return side // 2 ** len(channels)
