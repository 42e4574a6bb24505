"""Where the prior has probability and no code lies: dead zones, from which samples are drawn all the same."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate


class PriorCoverage(NamedTuple):
    """Cells of equal prior probability, and the codes in them.

    Attributes
    ----------
    dead : float
        Share of the cells without a code, from 0 to 1: so much of the prior's probability lies in cells that are empty.
    dead_by_chance : float
        What `dead` is on average for as many codes drawn from N(0, I) itself: (1 − 1/m)ⁿ for n codes, m cells.
    deviation_by_chance : float
        Standard deviation of `dead` for such codes.
    counts : Tensor
        Codes in each cell, int64, shape (side, side), as `latent.prior_grid` orders them: first row at the top.
    """

    dead: float
    dead_by_chance: float
    deviation_by_chance: float
    counts: Tensor

    def __repr__(self) -> str:
        chance = f"{self.dead_by_chance:.4f} ± {self.deviation_by_chance:.4f}"
        return f"{self.dead:.4f} of the prior without a code (by chance {chance})"


def prior_coverage(codes: Tensor, side: int = 40) -> PriorCoverage:
    """Cut N(0, I) in the plane into side × side cells of equal probability and count the codes in each.

    Parameters
    ----------
    codes : Tensor
        Float, shape (n, 2). For a VAE one draw from each posterior, since those make up the aggregated posterior; mean
        codes lie closer together.
    side : int
        Cells along each dimension, at least 1.

    Returns
    -------
    PriorCoverage
        `.dead`, what it is by chance, and the counts.

    Raises
    ------
    ValueError, TypeError
        If the codes are not 2-D, not floating-point or not finite.

    Notes
    -----
    `dead` depends on n and on `side`: with fewer codes than cells most are empty whatever the model, so that only the
    excess over `dead_by_chance` means something; take n well above side². Fewer dead cells than by chance are possible
    too: codes that keep apart cover better than random ones. A duplicate covers nothing new. It says where codes are
    missing, not where there are too many: for that see `kl_decomposition`, the divergence of the aggregated posterior
    from the prior. Codes that were never meant to be N(0, I) (an autoencoder's, a UMAP's) are whitened first.

    References
    ----------
    Kingma & Welling (2014), appendix A, for the grid; the number of empty cells is the classical occupancy problem,
    Feller (1968), volume 1, section IV.2.
    """
    codes = _validate.data_matrix(codes, name="codes").detach()
    if codes.shape[1] != 2:
        raise ValueError(
            f"got codes with {codes.shape[1]} columns, expected 2: choose two dimensions, codes[:, [0, 1]]"
        )
    side = _validate.positive_int(side, "side")
    column, row = (torch.special.ndtr(codes.double()) * side).long().clamp(max=side - 1).T
    counts = torch.bincount((side - 1 - row) * side + column, minlength=side**2)
    dead = float((counts == 0).double().mean())
    return PriorCoverage(dead, *_by_chance(len(codes), side**2), counts.reshape(side, side))


def _by_chance(codes: int, cells: int) -> tuple[float, float]:
    """Mean and standard deviation of the share of cells that codes thrown at random leave empty."""
    one, two = (1 - 1 / cells) ** codes, max(0.0, 1 - 2 / cells) ** codes  # a cell is empty, two given cells are
    variance = one / cells + (1 - 1 / cells) * two - one**2
    return one, math.sqrt(max(0.0, variance))
