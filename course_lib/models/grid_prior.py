"""A prior over grids of code words: each word is guessed from those before it, as in a sentence."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import _validate
from course_lib.losses import code_likelihood_terms
from course_lib.models._building import check_sizes, seeded, settings


@dataclass(eq=False, repr=False)
class GridPrior(nn.Module):
    """Autoregressive distribution p(k) = Π_t p(k_t | k_1, …, k_{t−1}) over grids of s × s words, read row by row.

    For each cell a recurrent network is told the place, the word read last and the three words above; what came
    earlier it remembers. So p is normalised, and drawing from it is one pass over the cells.

    Parameters
    ----------
    num_embeddings : int
        Number K of words, at least 1.
    side : int
        Cells s along one side of the grid, at least 1.
    width : int
        Numbers that the network remembers (the width of the GRU), at least 1.
    embedding : int
        Numbers that stand for a word, and for a place, at least 1.
    seed : int
        Of the first weights.

    Raises
    ------
    ValueError
        If a number is below 1.

    References
    ----------
    The factorisation over a grid: van den Oord, Kalchbrenner & Kavukcuoglu (2016), equation 1; the unit: Cho et al.
    (2014).
    """

    objective = staticmethod(code_likelihood_terms)

    num_embeddings: int
    _: KW_ONLY
    side: int = 7
    width: int = 128
    embedding: int = 16
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "num_embeddings", "side", "width", "embedding")
        self.config = settings(self)
        with seeded(self.seed):
            self.words = nn.Embedding(self.num_embeddings + 1, self.embedding)  # the last one: "outside the grid"
            self.places = nn.Embedding(self.side**2, self.embedding)
            self.memory = nn.GRU(5 * self.embedding, self.width, batch_first=True)
            self.head = nn.Linear(self.width, self.num_embeddings)

    def check_examples(self, indices: Tensor, name: str = "indices") -> Tensor:
        """The grids that it can be trained on, int64 (n, s, s); TypeError or ValueError for anything else."""
        return _validate.code_grid(indices, self.num_embeddings, (self.side, self.side), name)

    def forward(self, indices: Tensor) -> Tensor:
        """Equal to `logits(indices)`."""
        return self.logits(indices)

    def logits(self, indices: Tensor) -> Tensor:
        """Logits of each cell's word given the words before it: int64 (n, s, s) → (n, s, s, K)."""
        indices = self.check_examples(indices)
        remembered, _ = self.memory(self._told(self._neighbours(indices)))
        return self.head(remembered).unflatten(1, (self.side, self.side))

    def log_prob_per_cell(self, indices: Tensor) -> Tensor:
        """The log p(k_t | k_1, …, k_{t−1}): int64 (n, s, s) → (n, s, s), nats; minus the cell's share of the rate."""
        return -F.cross_entropy(self.logits(indices).movedim(-1, 1), indices, reduction="none")

    def log_prob(self, indices: Tensor) -> Tensor:
        """The log p(k) of each grid: int64 (n, s, s) → (n,), nats, at most 0; p sums to exactly 1 over all grids."""
        return self.log_prob_per_cell(indices).sum(dim=(1, 2))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Grids drawn from p, word after word: int64 (n, s, s)."""
        grid = torch.zeros(_validate.positive_int(n, "n"), self.side, self.side, dtype=torch.int64)
        memory = None
        for t in range(self.side**2):
            told = self._told(self._neighbours(grid)[:, t : t + 1], place=t)
            remembered, memory = self.memory(told, memory)
            probabilities = self.head(remembered[:, 0]).softmax(dim=1)
            grid.flatten(1)[:, t] = torch.multinomial(probabilities, 1, generator=generator)[:, 0]
        return grid

    def _neighbours(self, indices: Tensor) -> Tensor:
        """The word read last, and those above left, above and above right of each cell, or K: (n, s · s, 4)."""
        s, outside = self.side, self.num_embeddings
        last = F.pad(indices.flatten(1), (1, -1), value=outside)
        row_above = F.pad(indices, (1, 1, 1, -1), value=outside)
        above = [row_above[:, :, shift : shift + s].flatten(1) for shift in range(3)]
        return torch.stack([last, *above], dim=-1)

    def _told(self, neighbours: Tensor, place: int = 0) -> Tensor:
        """What the network is told of m cells from `place` on: (n, m, 4) → (n, m, 5 · embedding)."""
        words = self.words(neighbours).flatten(2)
        places = self.places.weight[place : place + neighbours.shape[1]].expand(len(words), -1, -1)
        return torch.cat([words, places], dim=2)
