"""Codes as an index: whether the nearest codes belong to the same class, and whether their vote names it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib import _validate
from course_lib.metrics import _neighbours
from course_lib.metrics._blocks import Estimate, estimate, products, squared_norms


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
    queries = _validate.data_matrix(queries, name="queries")
    codes = _validate.data_matrix(codes, width=queries.shape[1], like=queries, name="codes")
    _check_labels(query_labels, queries, ("query_labels", "queries"))
    _check_labels(labels, codes, ("labels", "codes"))
    _validate.choice(metric, "metric", ("euclidean", "cosine"))
    if exclude_self and len(queries) != len(codes):
        raise ValueError(
            f"got exclude_self with {len(queries)} queries and {len(codes)} codes, expected the same rows as both"
        )
    k, most = _validate.positive_int(k, "k"), len(codes) - exclude_self
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


def knn_accuracy(train_codes: Tensor, train_y: Tensor, test_codes: Tensor, test_y: Tensor, k: int = 5) -> Estimate:
    """Share of test codes whose class the majority of the k nearest train codes names.

    Parameters
    ----------
    train_codes : Tensor
        Float, shape (n, d).
    train_y : Tensor
        Their classes, integers, shape (n,).
    test_codes : Tensor
        Float, shape (m, d), of examples that were in no part of the fit.
    test_y : Tensor
        Integers, shape (m,).
    k : int
        Voters, 1 to n.

    Returns
    -------
    Estimate
        `.mean` from 0 to 1, equal to `KNeighborsClassifier(k).fit(train_codes, train_y).score(test_codes, test_y)`
        where all distances differ, and `.standard_error` over test examples. A tied vote falls to the smallest label.

    Raises
    ------
    ValueError, TypeError
        If shapes, dtypes or k don't fit, or a number is not finite.

    Notes
    -----
    A method without a `transform`, such as t-SNE, has test codes only if it was fitted on train and test examples
    together: it has then seen the test examples, and its number is not comparable with one that has not. Distances are
    those of the codes as they are: a dimension of a large scale decides alone. Two maps of the same test examples are
    compared pair by pair: the standard error of the difference is smaller than those of both suggest. Which of several
    equally distant codes (duplicates) vote is arbitrary.
    """
    train_codes = _validate.data_matrix(train_codes, name="train_codes")
    test_codes = _validate.data_matrix(test_codes, name="test_codes")
    if test_codes.shape[1] != train_codes.shape[1]:
        raise ValueError(
            f"got test_codes with {test_codes.shape[1]} columns, expected {train_codes.shape[1]} like train_codes: "
            "both come from the same map"
        )
    _check_labels(train_y, train_codes, ("train_y", "train_codes"))
    _check_labels(test_y, test_codes, ("test_y", "test_codes"))
    k = _validate.positive_int(k, "k")
    if k > len(train_codes):
        raise ValueError(f"got k = {k}, expected at most {len(train_codes)}: so many codes can vote")
    labels, classes = torch.unique(train_y, return_inverse=True)
    voters = classes[_neighbours.nearest(train_codes, k, test_codes)]
    votes = torch.zeros(len(voters), len(labels), dtype=torch.int64).scatter_add_(1, voters, torch.ones_like(voters))
    return estimate(labels[votes.argmax(dim=1)] == test_y)


def _check_labels(labels: Tensor, rows: Tensor, names: tuple[str, str]) -> None:
    if labels.shape != rows.shape[:1]:
        raise ValueError(
            f"got {names[0]} of shape {tuple(labels.shape)}, expected ({len(rows)},): one for each row of {names[1]}"
        )
