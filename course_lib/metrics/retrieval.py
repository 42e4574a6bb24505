"""Codes as an index: whether the nearest codes belong to the same class."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import validation
from course_lib.metrics._blocks import products, squared_norms


def precision_at_k(
    queries: Tensor,
    query_labels: Tensor,
    codes: Tensor,
    labels: Tensor,
    k: int,
    metric: str = "euclidean",
    exclude_self: bool = False,
) -> float:
    """Share of the k nearest codes that have the query's label, averaged over queries.

    Parameters
    ----------
    queries : Tensor
        Float, shape (m, d).
    query_labels : Tensor
        Integers, shape (m,).
    codes : Tensor
        What is searched, same dtype, shape (n, d).
    labels : Tensor
        Integers, shape (n,).
    k : int
        Answers per query, 1 to n; n − 1 with `exclude_self`.
    metric : {"euclidean", "cosine"}
        Nearest by distance, or by angle; a code 0 is at a right angle to all.
    exclude_self : bool
        For queries that are themselves the codes, in the same order: row i of the codes is no answer to query i.

    Returns
    -------
    float
        From 0 to 1; at random it is the share of the query's class among the codes.

    Raises
    ------
    ValueError, TypeError
        If shapes, dtypes or k don't fit.
    """
    queries = validation.data_matrix(queries, name="queries")
    codes = validation.data_matrix(codes, width=queries.shape[1], like=queries, name="codes")
    _check_labels(query_labels, queries, ("query_labels", "queries"))
    _check_labels(labels, codes, ("labels", "codes"))
    validation.choice(metric, "metric", ("euclidean", "cosine"))
    if exclude_self and len(queries) != len(codes):
        raise ValueError(
            f"got exclude_self with {len(queries)} queries and {len(codes)} codes, expected the same rows as both"
        )
    k, most = validation.positive_int(k, "k"), len(codes) - exclude_self
    if k > most:
        raise ValueError(f"got k = {k}, expected at most {most}: so many codes can answer")
    hits = 0
    with torch.no_grad():
        if metric == "cosine":
            queries, codes = F.normalize(queries), F.normalize(codes)
            offsets = torch.zeros(len(codes), dtype=codes.dtype)  # all lengths are alike
        else:
            centre = codes.mean(dim=0)  # distances stay; small numbers round less
            queries, codes = queries - centre, codes - centre
            offsets = squared_norms(codes)
        for rows, ranks in products(queries, codes, offsets):
            if exclude_self:
                ranks[:, rows].fill_diagonal_(torch.inf)
            nearest = ranks.topk(k, dim=1, largest=False).indices
            hits += int((labels[nearest] == query_labels[rows, None]).sum())
    return hits / (k * len(queries))


def _check_labels(labels: Tensor, rows: Tensor, names: tuple[str, str]) -> None:
    if labels.shape != rows.shape[:1]:
        raise ValueError(
            f"got {names[0]} of shape {tuple(labels.shape)}, expected ({len(rows)},): one for each row of {names[1]}"
        )
