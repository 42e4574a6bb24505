"""A VAE that looks at pictures as pictures: convolutions instead of one matrix over all pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from itertools import pairwise

from torch import nn

from course_lib import _validate
from course_lib.models._building import LIKELIHOODS, check_sizes, seeded, settings
from course_lib.models._convolutions import he_initialised
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


@dataclass(eq=False, repr=False)
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

    latent_dim: int
    _: KW_ONLY
    side: int = 28
    channels: Sequence[int] = (16, 32)
    likelihood: str = "bernoulli"
    noise_variance: float = 0.5
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "latent_dim", "side", "channels")
        _validate.choice(self.likelihood, "likelihood", LIKELIHOODS)
        self.noise_variance = _validate.positive_number(self.noise_variance, "noise_variance")
        self.config = settings(self)
        self.input_dim = self.side**2
        with seeded(self.seed):
            self.encoder = halving_encoder(self.side, self.channels, 2 * self.latent_dim)
            self.decoder = doubling_decoder(self.side, self.channels, self.latent_dim)


def _smallest(side: int, channels: Sequence[int]) -> int:
    """Height and width after the last convolution."""
    if not channels or side % 2 ** len(channels):
        raise ValueError(
            f"got side = {side} and {len(channels)} channels, expected a side that can be halved that often; at least 1"
        )
    return side // 2 ** len(channels)
