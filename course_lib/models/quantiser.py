"""The vector quantiser: a codebook, the nearest of its entries, and a gradient where there is none."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import _validate

DECAY = 0.99  # of the moving averages (van den Oord et al. 2017, appendix A.1)
DEAD = 0.03  # an entry is dead when it is chosen this many times less often than the average entry


class Quantised(NamedTuple):
    """What a quantiser makes of vectors z_e.

    Attributes
    ----------
    indices : Tensor
        Number of the nearest entry, int64, shape (…).
    quantized : Tensor
        z_q, these entries, shape (…, d); differentiable with respect to the codebook.
    straight_through : Tensor
        Equal to z_q in value, shape (…, d); its gradient goes to z_e unchanged and to the codebook not at all.
    """

    indices: Tensor
    quantized: Tensor
    straight_through: Tensor


class VectorQuantiser(nn.Module):
    """A codebook of K vectors e_k; each vector is replaced by the nearest.

    Parameters
    ----------
    num_embeddings : int
        Number K of entries, at least 1.
    code_dim : int
        Length d of an entry, at least 1.
    learning : {"average", "gradient"}
        How the entries follow the vectors that chose them: as their exponential moving averages, by `update_ema`,
        which a training step calls, or by the gradient of the squared distance. With "average" the codebook is a
        buffer that no optimiser touches.
    restart : bool
        Whether `update_ema` puts an entry that is chosen too rarely onto one of the vectors of the batch.

    Raises
    ------
    ValueError
        If a number is below 1 or `learning` is unknown.

    References
    ----------
    van den Oord, Vinyals & Kavukcuoglu (2017), equations 1 to 3 and appendix A.1; restarts: Dhariwal et al. (2020).
    """

    codebook: Tensor
    usage: Tensor
    sums: Tensor

    def __init__(self, num_embeddings: int, code_dim: int, *, learning: str = "average", restart: bool = True):
        super().__init__()
        self.learning = _validate.choice(learning, "learning", ("average", "gradient"))
        self.restart = _validate.flag(restart, "restart")
        entries = _validate.positive_int(num_embeddings, "num_embeddings")
        shape = (entries, _validate.positive_int(code_dim, "code_dim"))
        vectors = torch.randn(shape)
        if learning == "gradient":
            self.codebook = nn.Parameter(vectors)
        else:
            self.register_buffer("codebook", vectors)
        # Moving averages over batches: how often an entry is chosen, relative to the average entry, and the sum of
        # the vectors that chose it, in the same unit.
        self.register_buffer("usage", torch.ones(shape[0]))
        self.register_buffer("sums", vectors.detach().clone())

    def nearest(self, z_e: Tensor) -> Tensor:
        """Number of the entry with the smallest squared distance: (…, d) → int64 (…). No gradient."""
        with torch.no_grad():
            # ‖z − e‖² = ‖z‖² − 2 z·e + ‖e‖², and ‖z‖² is the same for every entry.
            scores = self.codebook.square().sum(dim=1) - 2 * z_e @ self.codebook.T
            return scores.argmin(dim=-1)

    def embed(self, indices: Tensor) -> Tensor:
        """The entries with these numbers: int64 (…) → (…, d)."""
        return F.embedding(indices, self.codebook)

    def forward(self, z_e: Tensor) -> Quantised:
        """Replace each vector by the nearest entry: (…, d) → `Quantised`. Changes nothing."""
        indices = self.nearest(z_e)
        z_q = self.embed(indices)
        return Quantised(indices, z_q, z_e + (z_q - z_e).detach())

    @torch.no_grad()
    def update_ema(self, z_e: Tensor, indices: Tensor, *, generator: torch.Generator | None = None) -> None:
        """Let the codebook follow a batch: update its averages and, if asked for, restart dead entries.

        Parameters
        ----------
        z_e : Tensor
            The vectors, shape (…, d).
        indices : Tensor
            What `forward` chose for them, int64, shape (…).
        generator : torch.Generator, optional
            Draws the vectors on which dead entries start again.
        """
        vectors, chosen = z_e.detach().flatten(end_dim=-2), indices.flatten()
        entries = len(self.codebook)
        unit = entries / len(vectors)  # an entry's fair share of the batch counts as 1
        counts = torch.bincount(chosen, minlength=entries).to(vectors) * unit
        sums = torch.zeros_like(self.sums).index_add_(0, chosen, vectors) * unit
        self.usage.lerp_(counts, 1 - DECAY)
        self.sums.lerp_(sums, 1 - DECAY)
        if self.learning == "average":
            # An entry that was never chosen keeps its place: both of its averages shrink alike.
            self.codebook.copy_(self.sums / self.usage.clamp(min=1e-12)[:, None])
        if self.restart:
            self._restart(self.usage < DEAD, vectors, generator)

    def _restart(self, dead: Tensor, vectors: Tensor, generator: torch.Generator | None) -> None:
        """Put each dead entry onto a vector of the batch, with the usage of an average one."""
        number = int(dead.sum())
        if number:
            drawn = torch.randint(len(vectors), (number,), generator=generator, device=vectors.device)
            self.codebook[dead] = self.sums[dead] = vectors[drawn]
            self.usage[dead] = 1.0
