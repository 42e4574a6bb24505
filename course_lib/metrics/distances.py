"""Whether a map keeps distances: how they correlate, and how often of two the longer one stays the longer."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.metrics._blocks import Estimate, estimate, split


class DistanceCorrelation(NamedTuple):
    """Correlations of distances in the data with distances in the map, each from −1 to 1.

    Attributes
    ----------
    pearson : float
        1 if and only if the one is a linear function of the other with a positive slope.
    spearman : float
        Pearson's of the ranks: 1 if and only if the order is the same.
    """

    pearson: float
    spearman: float


def pairwise_distance_correlation(x: Tensor, z: Tensor, *, pairs: int = 100_000, seed: int = 0) -> DistanceCorrelation:
    """Correlation, over pairs of points, of their distance in the data with their distance in the map.

    This is the number behind a Shepard diagram. It is *not* the distance correlation of Székely, Rizzo & Bakirov
    (2007), a measure of dependence that is 0 only for independent variables.

    Parameters
    ----------
    x : Tensor
        The data: float, shape (n, D), n ≥ 3.
    z : Tensor
        The map: float, shape (n, d), row i for row i of x.
    pairs : int
        Pairs of two different points, drawn with replacement, at least 3.
    seed : int
        Of the pairs.

    Returns
    -------
    DistanceCorrelation
        `.pearson` and `.spearman` of the Euclidean distances; near 0 for a map that knows nothing of the data. Equal to
        `scipy.stats.pearsonr` and `spearmanr` of the sampled distances.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes don't fit, a number is not finite, or all sampled distances of one space are the same.

    Notes
    -----
    Nearly all pairs are far apart, so that it is a verdict on the global arrangement; neighbourhoods hardly count.
    A few far outliers decide Pearson's. Pairs share points, so that the error of the sampling is larger than
    1 / √pairs suggests as soon as there are more pairs than points: compare several samples of the data. Duplicates
    have distance 0; tied ranks are averaged.
    """
    x, z = _checked(x, z)
    pairs = _validate.positive_int(pairs, "pairs")
    first, second = _different(len(x), pairs, _validate.generator(seed))
    in_x, in_z = _distances(x, first, second), _distances(z, first, second)
    for values, name in ((in_x, "x"), (in_z, "z")):
        if float(values.max() - values.min()) <= 1e-12 * float(values.max()):
            raise ValueError(
                f"got one and the same distance between all {pairs} sampled pairs of {name}, expected several: "
                "without variance there is no correlation; take more pairs, or a map that has not collapsed"
            )
    return DistanceCorrelation(_pearson(in_x, in_z), _pearson(_average_ranks(in_x), _average_ranks(in_z)))


def triplet_accuracy(x: Tensor, z: Tensor, *, triplets: int = 100_000, seed: int = 0) -> Estimate:
    """Share of random triplets (i, j, l) whose distances i–j and i–l are in the same order in the data and in the map.

    Parameters
    ----------
    x : Tensor
        The data: float, shape (n, D), n ≥ 3.
    z : Tensor
        The map: float, shape (n, d), row i for row i of x.
    triplets : int
        Triplets of three different points, drawn with replacement, at least 1.
    seed : int
        Of the triplets.

    Returns
    -------
    Estimate
        `.mean` from 0 to 1, ½ for a map that knows nothing of the data; `.standard_error` over triplets.

    Raises
    ------
    ValueError, TypeError
        If shapes or dtypes don't fit or a number is not finite.

    Notes
    -----
    Two distances that are equal in both spaces agree; if they are equal in one of them only (duplicates, a collapsed
    map) the triplet counts ½. The standard error is that of drawing triplets from *these* points: it says nothing about
    other points or another seed of the map. Random triplets are mostly far apart: this too is a global verdict.

    References
    ----------
    Wang, Huang, Rudin & Shaposhnik (2021), "random triplet accuracy".
    """
    x, z = _checked(x, z)
    triplets = _validate.positive_int(triplets, "triplets")
    one, two, three = _three_different(len(x), triplets, _validate.generator(seed))
    order_x, order_z = (torch.sign(_distances(m, one, two) - _distances(m, one, three)) for m in (x, z))
    return estimate(1 - (order_x - order_z).abs() / 2)


def _checked(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    x, z = _validate.data_matrix(x, name="x").detach(), _validate.data_matrix(z, name="z").detach()
    _validate.same_length(x, z, ("x", "z"))
    if len(x) < 3:
        raise ValueError(f"got {len(x)} points, expected at least 3: fewer have no two distances to compare")
    return x, z


def _different(n: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two different numbers below n, all such pairs equally likely: each int64, shape (count,)."""
    first = torch.randint(n, (count,), generator=generator)
    return first, (first + 1 + torch.randint(n - 1, (count,), generator=generator)) % n


def _three_different(n: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Three different numbers below n, all such triplets equally likely: each int64, shape (count,)."""
    first, second = _different(n, count, generator)
    # Of the n − 2 others: count up, stepping over the smaller taken number, then over the larger.
    third = torch.randint(n - 2, (count,), generator=generator)
    third += third >= torch.minimum(first, second)
    third += third >= torch.maximum(first, second)
    return first, second, third


def _distances(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """‖a − b‖ of each pair, float64, shape (pairs,); exactly 0 for duplicates."""
    found = torch.empty(len(first), dtype=torch.float64)
    # Written into place: small results kept between large blocks would leave holes, and memory would grow.
    for a, b, block in zip(split(first), split(second), split(found), strict=True):
        block.copy_((points[a].double() - points[b].double()).norm(dim=1))
    return found


def _pearson(a: Tensor, b: Tensor) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a / a.norm()) @ (b / b.norm()))


def _average_ranks(values: Tensor) -> Tensor:
    """Places from 1 on in rising order; equal values share the mean of theirs."""
    _, which, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(dim=0).double()
    return (last - (counts - 1) / 2)[which]
