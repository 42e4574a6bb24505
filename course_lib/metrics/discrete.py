"""What a discrete code costs, and how much of its codebook is in use."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_lib import _validate, losses
from course_lib.metrics._blocks import estimate, split
from course_lib.metrics.bounds import BoundEstimate


class CodebookUse(NamedTuple):
    """How often the entries of a codebook are chosen.

    Attributes
    ----------
    shares : Tensor
        Share of the cells that chose each entry, float64, shape (K,), summing to 1.
    perplexity : float
        exp(H), H the entropy of the shares in nats: from 1 (one entry does all) to K (all alike often).
    dead : int
        Entries that no cell chose.
    """

    shares: Tensor
    perplexity: float
    dead: int


def codebook_use(indices: Tensor, codes: int) -> CodebookUse:
    """Count which entries of a codebook are in use.

    Parameters
    ----------
    indices : Tensor
        Numbers of entries, int64, any shape, such as `vqvae.encode(x)`.
    codes : int
        Number K of entries.

    Returns
    -------
    CodebookUse
        `.shares`, `.perplexity`, `.dead`.

    Raises
    ------
    ValueError, TypeError
        If there are no numbers, or other ones than 0 to K − 1.
    """
    _validate.code_grid(indices, _validate.positive_int(codes, "codes"), np.shape(indices)[1:])
    shares = torch.bincount(indices.flatten(), minlength=codes).double() / indices.numel()
    return CodebookUse(shares, float(torch.special.entr(shares).sum().exp()), int((shares == 0).sum()))


def discrete_elbo(vqvae, x: Tensor, prior=None) -> BoundEstimate:
    """The evidence lower bound of a model whose encoder answers with one code: exact, nothing is drawn.

    q(k | x) puts all its mass on one grid k, so KL(q ‖ p) = −log p(k) and the bound is log p(x | k) + log p(k).

    Parameters
    ----------
    vqvae : VQVAE
    x : Tensor
        Float in [0, 1], shape (n, D).
    prior : GridPrior, optional
        p(k). Without one it is uniform over all grids, and the KL is the number of cells times log K for every x.

    Returns
    -------
    BoundEstimate
        `.elbo`, `.reconstruction`, `.kl` in nats; divided by log 2, the KL is the bits that a code takes. The standard
        error is the ELBO's, over examples.
    """
    x = _validate.data_matrix(x, unit_range=True)
    reconstruction, rate = [], []
    with torch.no_grad():
        for block in split(x):
            indices = vqvae.encode(block)
            reconstruction.append(losses.log_likelihood(vqvae, block, indices))
            uniform = torch.full((len(block),), vqvae.side**2 * math.log(vqvae.num_embeddings), dtype=torch.float64)
            rate.append(uniform if prior is None else -prior.log_prob(indices))
    reconstruction, rate = torch.cat(reconstruction).double(), torch.cat(rate).double()
    bound = estimate(reconstruction - rate)
    return BoundEstimate(bound.mean, float(reconstruction.mean()), float(rate.mean()), bound.standard_error)
