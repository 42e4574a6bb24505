"""Whether a map keeps neighbours: it may show some that are none, and tear some apart that are."""

from __future__ import annotations

from torch import Tensor

from course_lib import _validate
from course_lib.metrics import _neighbours


def trustworthiness(x: Tensor, z: Tensor, k: int = 5) -> float:
    """Whether neighbours in the map z are neighbours in the data x: 1 if each of the k nearest is.

    T = 1 − 2 / (n k (2n − 3k − 1)) Σ_i Σ_j max(0, r(i, j) − k), where j runs over the k nearest of z_i and r(i, j) is
    the place of x_j among the neighbours of x_i, 1 for the nearest.

    Parameters
    ----------
    x : Tensor
        The data: float, shape (n, D), n ≥ 3.
    z : Tensor
        The map: float, shape (n, d), row i for row i of x.
    k : int
        Size of the neighbourhood, at least 1 and less than n / 2; from there on the formula leaves [0, 1].

    Returns
    -------
    float
        From 0 to 1; equal to `sklearn.manifold.trustworthiness(x, z, n_neighbors=k)` where all distances differ
        (for float32 to about 1e-8: it is computed in float64 here, partly in float32 there). A map that
        knows nothing of the data scores 1 − (n − 1 − k)(n − k) / ((n − 1)(2n − 3k − 1)) on average: near ½, not 0.

    Raises
    ------
    ValueError, TypeError
        If k, shapes or dtypes don't fit, or a number is not finite.

    Notes
    -----
    It sees neighbourhoods only: sizes and distances of clusters, and anything farther than k points away, may be
    wrong at T = 1. Numbers for different n or k are not comparable. A point is not its own neighbour; a duplicate of it
    is. Equally distant points share the best place among them, so that exchanging duplicates costs nothing
    (scikit-learn ranks them by chance) and T(x, x) = 1 always; which of several equally distant points of the *map* are
    among the k nearest is arbitrary, so that a map that puts many points on one place has no reliable score.
    Memory grows with n (D + k), time with n² D.

    References
    ----------
    Venna & Kaski (2001).
    """
    x, z, k = _checked(x, z, k)
    n = len(x)
    excess = (_neighbours.ranks(x, _neighbours.nearest(z, k)) - k).clamp(min=0)
    return 1 - 2 * int(excess.sum()) / (n * k * (2 * n - 3 * k - 1))


def continuity(x: Tensor, z: Tensor, k: int = 5) -> float:
    """Whether neighbours in the data x are neighbours in the map z: low where the map tears the data apart.

    Parameters
    ----------
    x, z, k
        As in `trustworthiness`.

    Returns
    -------
    float
        From 0 to 1; equal to `trustworthiness(z, x, k)`, with the same value for a map that knows nothing of the data.

    Raises
    ------
    ValueError, TypeError
        As in `trustworthiness`.

    Notes
    -----
    Report both. Gluing two clusters together tears nothing, but shows false neighbours: continuity stays high and
    trustworthiness falls. Cutting a ring open shows none, but tears: the other way round.

    References
    ----------
    Venna & Kaski (2001).
    """
    x, z, k = _checked(x, z, k)
    return trustworthiness(z, x, k)


def _checked(x: Tensor, z: Tensor, k: int) -> tuple[Tensor, Tensor, int]:
    x, z = _validate.data_matrix(x, name="x"), _validate.data_matrix(z, name="z")
    _validate.same_length(x, z, ("x", "z"))
    k = _validate.positive_int(k, "k")
    if 2 * k >= len(x):
        raise ValueError(
            f"got k = {k} for {len(x)} points, expected k < n / 2 = {len(x) / 2:g}; take a smaller k or more points"
        )
    return x, z, k
