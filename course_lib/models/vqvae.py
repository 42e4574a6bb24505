"""The vector-quantised autoencoder: a picture becomes a grid of words out of a small dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.losses import vector_quantisation_terms
from course_lib.models._building import check_sizes, seeded, settings
from course_lib.models._convolutions import grid_decoder, grid_encoder, grid_side, two_widths
from course_lib.models.quantiser import Quantised, VectorQuantiser


@dataclass(eq=False, repr=False)
class VQVAE(nn.Module):
    """Convolutional autoencoder whose code is a grid of s × s numbers, each of which names an entry of one codebook.

    Parameters
    ----------
    num_embeddings, code_dim, learning, restart
        As in `VectorQuantiser`.
    input_dim : int
        Pixels of a square picture whose side divides by 4; the grid has a quarter of its side: 784 makes 7 × 7 cells.
    hidden : sequence of int
        Channels after the first and after the second halving; the decoder mirrors them.
    seed : int
        Of the first weights and of the codebook.

    Raises
    ------
    ValueError
        If a width is below 1, the picture has no such grid, or `learning` is unknown.

    Notes
    -----
    p(x | z) is Bernoulli, as in `VAE`.

    References
    ----------
    van den Oord, Vinyals & Kavukcuoglu (2017).
    """

    objective = staticmethod(vector_quantisation_terms)
    likelihood = "bernoulli"
    unit_range = True

    num_embeddings: int = 32
    _: KW_ONLY
    code_dim: int = 8
    input_dim: int = 784
    hidden: Sequence[int] = (32, 64)
    learning: str = "average"
    restart: bool = True
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "num_embeddings", "code_dim", "input_dim", "hidden")
        self.config = settings(self)
        self.side, widths = grid_side(self.input_dim), two_widths(self.hidden)
        with seeded(self.seed):
            self.quantiser = VectorQuantiser(
                self.num_embeddings, self.code_dim, learning=self.learning, restart=self.restart
            )
            self.encoder = grid_encoder(widths, self.code_dim)
            self.decoder = grid_decoder(self.code_dim, widths)

    def forward(self, x: Tensor) -> Tensor:
        """The reconstruction, equal to `reconstruct(x)`: (n, D) → (n, D)."""
        return self.reconstruct(x)

    def features(self, x: Tensor) -> Tensor:
        """z_e, what the encoder says of each cell before it is quantised: (n, D) → (n, s, s, d)."""
        x = _validate.rows(x, self.input_dim, next(self.parameters()))
        pictures = x.reshape(len(x), 1, 4 * self.side, 4 * self.side)
        return self.encoder(pictures).movedim(1, -1)

    def quantise(self, x: Tensor) -> tuple[Tensor, Quantised]:
        """z_e and what the quantiser makes of it: what training needs of x, shape (n, D)."""
        z_e = self.features(x)
        quantised = self.quantiser(z_e)
        self._last = (z_e.detach(), quantised.indices)
        return z_e, quantised

    def after_step(self, generator: torch.Generator | None = None) -> None:
        """Let the codebook follow the batch that was quantised last; `train_epoch` calls it after each step."""
        self.quantiser.update_ema(*self._last, generator=generator)

    def encode(self, x: Tensor) -> Tensor:
        """The code of each example, a grid of entries' numbers: (n, D) → int64 (n, s, s), each in 0 … K − 1."""
        return self.quantiser.nearest(self.features(x))

    def logits_of(self, z_q: Tensor) -> Tensor:
        """What the decoder makes of vectors on the grid: (n, s, s, d) → (n, D), before the sigmoid."""
        return self.decoder(z_q.movedim(-1, 1)).flatten(1)

    def decode_logits(self, indices: Tensor) -> Tensor:
        """What the last layer says before the sigmoid: int64 (n, s, s) → (n, D), any real numbers."""
        indices = _validate.code_grid(indices, self.num_embeddings, (self.side, self.side))
        return self.logits_of(self.quantiser.embed(indices))

    def decode(self, indices: Tensor) -> Tensor:
        """Pixel means of p(x | z): int64 (n, s, s) → (n, D), each in [0, 1]."""
        return torch.sigmoid(self.decode_logits(indices))

    def reconstruct(self, x: Tensor) -> Tensor:
        """decode(encode(x)): (n, D) → (n, D)."""
        return self.decode(self.encode(x))
