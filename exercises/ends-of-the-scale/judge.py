"""Judges the exercise ends-of-the-scale: chance and the best search, by searching with the library."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.metrics import precision_at_k
from exercises._compare import explain
from exercises._part import Part


def draw(rng):
    """Classes of different sizes, some with more than k items and some with fewer, and one with a single one."""
    counts = np.concatenate([[1], rng.integers(2, 5, size=2), rng.integers(9, 20, size=int(rng.integers(2, 4)))])
    return {"counts": rng.permutation(counts), "k": rng.integers(5, 8)}


def searched(counts, k):
    """Precision at k if the items of a class have the same code and all classes are equally far apart."""
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.as_tensor(counts))
    codes = torch.nn.functional.one_hot(labels).double()
    return precision_at_k(codes, labels, codes, labels, int(k), exclude_self=True)


def judge_chance(given, got):
    """Compare with the search that returns everything: its precision is that of a random draw from it."""
    counts = given["counts"]
    n, share = counts.sum(), counts / counts.sum()
    others = (counts - 1) / (n - 1)
    return explain(
        got,
        "chance",
        searched(counts, n - 1),
        mistakes={
            "with these numbers a query sometimes finds itself: it is not among the items that are searched": np.sum(
                share**2
            ),
            "this would be chance if all classes were equally large": 1 / len(counts),
            "here every class counts the same; a large class has more queries than a small one": others.mean(),
            "this is one number for each class: take the mean over the queries, as each query counts once": others,
            "that is the share of the largest class: a random search does not know which class it is": share.max(),
            "the query itself is missing from one of the two counts only": (share * (counts - 1) / n).sum(),
            "the query itself is still in one of the two counts": (share * counts / (n - 1)).sum(),
        },
        otherwise="two classes, three items and one: go through the four queries one by one",
    )


def judge_best(given, got):
    """Compare with the search by codes that are the classes."""
    counts, k = given["counts"], int(given["k"])
    share, right = counts / counts.sum(), np.minimum(counts - 1, k) / k
    return explain(
        got,
        "best",
        searched(counts, k),
        mistakes={
            "with these numbers a query finds itself: it is not among the items that are searched": (
                share * np.minimum(counts, k) / k
            ).sum(),
            "no query can have more than k right answers among k": (share * (counts - 1) / k).sum(),
            "a class may have fewer than k items besides the query: what is its precision then?": 1,
            "here every class counts the same; a large class has more queries than a small one": right.mean(),
            "this is one number for each class: take the mean over the queries, as each query counts once": right,
            "a class that cannot fill all k answers is not worthless: P_k counts its right ones and divides by k": (
                share[counts > k].sum()
            ),
        },
        otherwise="which classes can fill all k answers? For the others, how many of the k can be right?",
    )


PARTS = (
    Part("chance", draw, judge_chance),
    Part("best", draw, judge_best),
)
