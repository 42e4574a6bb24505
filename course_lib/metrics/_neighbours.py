"""Who is near whom: exact Euclidean neighbours and their ranks, one block of distances at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from course_lib.metrics._blocks import products, squared_norms

ROUNDING = 1e-12  # relative to (‖a‖ + ‖b‖)²; ‖b‖² − 2 a·b in float64 is some hundred times more exact


def nearest(points: Tensor, k: int, queries: Tensor | None = None) -> Tensor:
    """The k nearest points of each query, nearest first: int64, shape (m, k).

    Without queries, of each point among the others: it is not its own neighbour, but a duplicate of it is.
    """
    points, queries = _centred(points, queries)
    found = torch.empty(len(points) if queries is None else len(queries), k, dtype=torch.int64)
    for rows, distances in _distances(points, queries):
        found[rows] = distances.topk(k, dim=1, largest=False).indices
    return found


def ranks(points: Tensor, others: Tensor) -> Tensor:
    """The place of others[i, j] among the neighbours of point i, 1 for the nearest: int64, shape of `others`, (n, k).

    Equal to 1 + the number of points that are strictly nearer, so that equally distant points share the best place;
    distances that differ by no more than rounding are equal.
    """
    points, _ = _centred(points)
    lengths = squared_norms(points).sqrt()
    found = torch.empty_like(others)
    for rows, distances in _distances(points):
        asked = others[rows]
        slack = ROUNDING * (lengths[rows, None] + lengths[asked]).square()
        bounds = distances.gather(1, asked) - slack
        found[rows] = 1 + torch.searchsorted(distances.sort(dim=1).values, bounds)
    return found


def _centred(points: Tensor, queries: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Copies in float64 around the points' mean: distances stay; small numbers round less."""
    points = points.detach().to(torch.float64, copy=True)
    centre = points.mean(dim=0)
    points -= centre
    return points, None if queries is None else queries.detach().double() - centre


def _distances(points: Tensor, queries: Tensor | None = None) -> Iterator[tuple[slice, Tensor]]:
    """Squared distances to all points up to one constant a row, block by block; infinite to oneself."""
    asked = points if queries is None else queries
    for rows, distances in products(asked, points, squared_norms(points)):
        if queries is None:
            distances[:, rows].fill_diagonal_(torch.inf)
        yield rows, distances
