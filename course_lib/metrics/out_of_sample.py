"""Whether a mapper puts points where it would have put them, had they been there from the start."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.metrics import _neighbours


class Consistency(NamedTuple):
    """How far two maps of the same points agree.

    Attributes
    ----------
    common_neighbours : float
        Share of the k nearest of a point in the one map that are among its k nearest in the other, from 0 to 1;
        k / (n − 1) for maps that know nothing of each other. Turning, shifting or scaling a map changes nothing.
    disparity : float
        Squared distance after the best turn, reflection, shift and scale, as a share of the first map's squared spread;
        from 0 to 1, equal to the third answer of `scipy.spatial.procrustes`.
    displacement : float
        The same share with no alignment at all: at least `disparity`, 0 if and only if the places are the same.
    """

    common_neighbours: float
    disparity: float
    displacement: float


def out_of_sample_consistency(z_fit: Tensor, z_transform: Tensor, k: int = 5) -> Consistency:
    """Compare the places of the same points by `fit_transform` and by `transform`.

    Parameters
    ----------
    z_fit : Tensor
        Places of n points that took part in the fit: float, shape (n, d).
    z_transform : Tensor
        Places of the same points by `transform`: float, shape (n, d).
    k : int
        Size of the neighbourhoods, 1 to n − 2: all other points are always common.

    Returns
    -------
    Consistency
        `.common_neighbours`, `.disparity` and `.displacement`.

    Raises
    ------
    ValueError, TypeError
        If k, shapes or dtypes don't fit, a number is not finite, or all places of a map are one place.

    Notes
    -----
    Two questions, two ways to call it. *Is `transform` the map that was fitted?* `z_fit = m.fit_transform(x)` and
    `z_transform = m.transform(x)` share one frame, so that `displacement` counts. It is the easy case, and an empty one
    for a mapper that looks its training data up: `umap.UMAP.transform` recognises them and returns the stored places;
    transform them in another order, or a part of them. *Does a point that came late get the place that it would have
    had?* `z_fit = m.fit_transform(everything)[late]` against `m.fit(early).transform(late)` are two fits, each in a
    frame of its own: `displacement` then says nothing, and a method that is not repeatable disagrees with itself;
    compare two fits with different seeds as the yardstick. Both fits share the late points alone, so that
    neighbours are sought among those.

    Procrustes aligns the map as a whole: two clusters that changed places make a large disparity and cost hardly a
    common neighbour; far outliers decide the disparity alone. Which of several points on one place are the k nearest is
    arbitrary, so that duplicates lower the share of common neighbours, also of a map with itself.

    References
    ----------
    Gower (1975) for the alignment.
    """
    z_fit = _validate.data_matrix(z_fit, name="z_fit").detach()
    z_transform = _validate.data_matrix(z_transform, name="z_transform").detach()
    _validate.same_shape(z_fit, z_transform, ("z_fit", "z_transform"))
    n, k = len(z_fit), _validate.positive_int(k, "k")
    if k > n - 2:
        raise ValueError(f"got k = {k} for {n} points, expected at most n − 2 = {n - 2}: all others are always common")
    a, b = _centred(z_fit, "z_fit"), _centred(z_transform, "z_transform")
    overlap = torch.linalg.svdvals(a.T @ b).sum() / (a.norm() * b.norm())
    apart = (z_fit.double() - z_transform.double()).square().sum() / a.square().sum()
    near, others = _neighbours.nearest(z_fit, k), _neighbours.nearest(z_transform, k)
    common = sum(int((near[:, [column]] == others).sum()) for column in range(k))
    return Consistency(common / (n * k), max(0.0, 1 - float(overlap) ** 2), float(apart))


def _centred(z: Tensor, name: str) -> Tensor:
    if bool((z == z[0]).all()):
        raise ValueError(f"got {name} with all {len(z)} points on one place, expected a map with some spread")
    return z.double() - z.double().mean(dim=0)
