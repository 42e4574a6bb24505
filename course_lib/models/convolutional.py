"""A VAE that looks at pictures as pictures: convolutions instead of one matrix over all pixels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from course_lib import validation
from course_lib.distributions import Gaussian
from course_lib.models._mlp import seeded

KERNEL = 4  # of convolutions with stride 2 and padding 1: the output is half as high and wide


def halving_encoder(side: int, channels: Sequence[int], outputs: int) -> nn.Sequential:
    """Convolutions that halve height and width, each with a ReLU, then one matrix: (n, side²) → (n, outputs).

    Weights start at He's variance 2 / fan_in, biases at 0; the last matrix, whose outputs are no ReLU's inputs, at
    1 / fan_in.
    """
    small = _smallest(side, channels)
    layers: list[nn.Module] = [nn.Unflatten(1, (1, side, side))]
    for inside, outside in pairwise((1, *channels)):
        layers += [_started(nn.Conv2d(inside, outside, KERNEL, 2, 1), inside * KERNEL**2), nn.ReLU()]
    last = nn.Linear(channels[-1] * small**2, outputs)
    return nn.Sequential(*layers, nn.Flatten(), _started(last, 2 * last.in_features))


def doubling_decoder(side: int, channels: Sequence[int], inputs: int) -> nn.Sequential:
    """The way back, (n, inputs) → (n, side²): one matrix, then transposed convolutions that double height and width."""
    small, first = _smallest(side, channels), channels[-1]
    layers: list[nn.Module] = [
        _started(nn.Linear(inputs, first * small**2), inputs),
        nn.Unflatten(1, (first, small, small)),
    ]
    for inside, outside in pairwise((*reversed(channels), 1)):
        # With stride 2, each output pixel is reached by a quarter of the kernel.
        layers += [nn.ReLU(), _started(nn.ConvTranspose2d(inside, outside, KERNEL, 2, 1), inside * KERNEL**2 // 4)]
    return nn.Sequential(*layers, nn.Flatten())


class ConvVAE(nn.Module):
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

    objective = "elbo"

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

    def encode(self, x: Tensor) -> Gaussian:
        """q_φ(z | x) of each example: (n, D) → a `Gaussian` with mean and logvar of shape (n, d)."""
        out = self.encoder(validation.data_matrix(x, width=self.input_dim, like=self.encoder[1].weight))
        return Gaussian(*out.chunk(2, dim=1))

    def decode_logits(self, z: Tensor) -> Tensor:
        """What the last layer says before the sigmoid: (n, d) → (n, D), any real numbers."""
        return self.decoder(validation.data_matrix(z, width=self.latent_dim, like=self.decoder[0].weight, name="z"))

    def decode(self, z: Tensor) -> Tensor:
        """Pixel means of p_θ(x | z): (n, d) → (n, D), each in [0, 1]; equal to sigmoid(decode_logits(z))."""
        return torch.sigmoid(self.decode_logits(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decode the mean code: (n, D) → (n, D). Not a sample, and its error is not the ELBO's."""
        return self.decode(self.encode(x).mean)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Pixel means of n codes drawn from the prior: (n, D), each in [0, 1]."""
        z = torch.randn(validation.positive_int(n, "n"), self.latent_dim, generator=generator)
        return self.decode(z.to(self.decoder[0].weight))


def _smallest(side: int, channels: Sequence[int]) -> int:
    """Height and width after the last convolution."""
    if not channels or side % 2 ** len(channels):
        raise ValueError(
            f"got side = {side} and {len(channels)} channels, expected a side that can be halved that often; at least 1"
        )
    return side // 2 ** len(channels)


def _started(layer: nn.Module, fan_in: int) -> nn.Module:
    """The layer with weights drawn at the variance 2 / fan_in (He et al. 2015, equation 10) and biases 0."""
    nn.init.normal_(layer.weight, std=(2 / fan_in) ** 0.5)
    nn.init.zeros_(layer.bias)
    return layer
