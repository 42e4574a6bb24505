"""What a model of the course is, for those who write one and for those who check types."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Tensor


@runtime_checkable
class Encoder(Protocol):
    """Whatever turns an example into a code: PCA, an autoencoder, a VAE.

    Attributes
    ----------
    latent_dim : int
        Width d of the code.
    """

    latent_dim: int

    def encode(self, x: Tensor) -> Any:
        """(n, D) → codes of shape (n, d), or a `Gaussian` over them for a VAE."""
        ...


@runtime_checkable
class LatentModel(Encoder, Protocol):
    """A decoder with a likelihood p_θ(x | z) behind an encoder: an autoencoder or a VAE.

    Attributes
    ----------
    likelihood : {"bernoulli", "gaussian"}
        Which of them p_θ(x | z) is.
    noise_variance : float or Tensor
        Variance of a Gaussian likelihood.
    """

    likelihood: str
    noise_variance: float | Tensor

    def decode(self, z: Tensor) -> Tensor:
        """(n, d) → pixel means of p_θ(x | z), shape (n, D). With "bernoulli" there is `decode_logits` as well."""
        ...
