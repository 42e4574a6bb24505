"""The deep autoencoder: an encoder, a narrow code, a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.losses import reconstruction_terms
from course_lib.models._building import LIKELIHOODS, check_sizes, seeded, settings
from course_lib.models._mlp import mlp


@dataclass(eq=False, repr=False)
class Autoencoder(nn.Module):
    """Deep autoencoder x → z → x̂ with ReLUs or another activation inside and a sigmoid at the very end.

    Parameters
    ----------
    latent_dim : int
        Width d of the code, at least 1.
    input_dim : int
        Width D of the data, at least 1.
    hidden : sequence of int
        Widths between input and code; the decoder mirrors them. The default makes 784-256-128-d-128-256-784.
    likelihood : {"gaussian", "bernoulli"}
        What `training.fit` minimises: the squared error, or the cross-entropy in nats.
    activation : {"relu", "gelu", "sigmoid"}
        Between the layers; the first weights have the variance that suits it.
    seed : int
        Seed of the first weights.

    Raises
    ------
    ValueError
        If a width is below 1, or the likelihood or the activation is unknown.

    References
    ----------
    Hinton & Salakhutdinov (2006).
    """

    objective = staticmethod(reconstruction_terms)
    unit_range = True  # what its sigmoid can draw
    noise_variance = 0.5  # of log p(x | z): the squared error is −log p plus a constant

    latent_dim: int
    _: KW_ONLY
    input_dim: int = 784
    hidden: Sequence[int] = (256, 128)
    likelihood: str = "gaussian"
    activation: str = "relu"
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "latent_dim", "input_dim", "hidden")
        _validate.choice(self.likelihood, "likelihood", LIKELIHOODS)
        self.config = settings(self)
        widths = [self.input_dim, *self.hidden]
        with seeded(self.seed):
            self.encoder = mlp([*widths, self.latent_dim], self.activation)
            self.decoder = mlp([self.latent_dim, *reversed(widths)], self.activation)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction, equal to `reconstruct(x)`: (n, D) → (n, D)."""
        return self.reconstruct(x)

    def encode(self, x: Tensor) -> Tensor:
        """Code z of each example: (n, D) → (n, d). Any real numbers: nothing bounds or centres them."""
        return self.encoder(_validate.rows(x, self.input_dim, next(self.parameters())))

    def decode_logits(self, z: Tensor) -> Tensor:
        """What the last layer says before the sigmoid: (n, d) → (n, D), any real numbers."""
        return self.decoder(_validate.rows(z, self.latent_dim, next(self.parameters()), "z"))

    def decode(self, z: Tensor) -> Tensor:
        """Pixel means x̂: (n, d) → (n, D), each in [0, 1]; equal to sigmoid(decode_logits(z))."""
        return torch.sigmoid(self.decode_logits(z))

    def reconstruct(self, x: Tensor) -> Tensor:
        """decode(encode(x)): (n, D) → (n, D)."""
        return self.decode(self.encode(x))
