"""Judges the exercise does-one-know: mutual information from tables of counts, against entropies by SciPy."""

from __future__ import annotations

import numpy as np
from scipy.stats import entropy

from exercises._compare import explain
from exercises._part import Part

ORDER = "find the information of each table; does the order of the dimensions change your answer?"


def known(counts):
    """H(rows) + H(columns) − H(both), nats: another formula than the exercise's."""
    return entropy(counts.sum(axis=1)) + entropy(counts.sum(axis=0)) - entropy(counts.ravel())


def draw_table(rng):
    """Seven intervals, four levels that are not equally frequent, an empty interval and several empty pairs."""
    counts = rng.poisson(rng.gamma(0.6, 12, size=(7, 4))).astype(float)
    counts[rng.integers(7)] = 0
    counts[rng.permutation(7)[:3], rng.integers(4, size=3)] = 0
    counts[np.arange(4) + 1, np.arange(4)] += rng.integers(5, 20, size=4)
    return {"counts": counts}


def judge_table(given, got):
    """Compare with entropies and with what is left of them."""
    counts = given["counts"]
    right, n = known(counts), counts.sum()
    columns, rows = entropy(counts.sum(axis=0)), entropy(counts.sum(axis=1))
    return explain(
        got,
        "information",
        right,
        rtol=1e-3,
        mistakes={
            "this is what remains unknown of the level: subtract it from the factor's entropy": columns - right,
            "this is what remains unknown of the interval: how much less than at first?": rows - right,
            "divide the counts by their sum first: these are not probabilities": n * right,
            "these are bits: take the natural logarithm": right / np.log(2),
            "this is the entropy of the pairs: what is it if interval and level are independent?": entropy(
                counts.ravel()
            ),
            "this has the wrong sign: information is not negative": -right,
        },
        otherwise="compare the joint distribution with the product of its row sums and column sums, in nats",
    )


def draw_tables(rng):
    """Five dimensions that know more and less of the same 400 levels; the best one is anywhere."""
    levels = rng.choice(4, size=400, p=rng.permutation([0.1, 0.15, 0.3, 0.45]))
    tables = np.zeros((5, 6, 4))
    for table, noise in zip(tables, rng.permutation([0.1, 0.35, 0.55, 0.8, 1.0]), strict=True):
        cells = np.where(rng.random(400) < noise, rng.integers(6, size=400), levels)
        np.add.at(table, (cells, levels), 1)
    return {"tables": tables}


def judge_gap(given, got):
    """Compare with other differences and other denominators."""
    tables = given["tables"]
    found = np.sort([known(table) for table in tables])[::-1]
    whole = entropy(tables[0].sum(axis=0))
    right = (found[0] - found[1]) / whole
    return explain(
        got,
        "gap",
        right,
        rtol=1e-3,
        mistakes={
            "this is the difference in nats: as a share of the factor's entropy it is asked for": found[0] - found[1],
            "this divides by the logarithm of the number of levels: these are not equally frequent": (
                found[0] - found[1]
            )
            / np.log(tables.shape[2]),
            "this is the best minus the worst: the *second* best is asked for": (found[0] - found[-1]) / whole,
            "this is the best minus the mean of the others": (found[0] - found[1:].mean()) / whole,
            "this is a share of the best dimension's information: divide by the factor's entropy": (found[0] - found[1])
            / found[0],
            "this is what the best one knows: subtract what the second one knows": found[0] / whole,
            "this is the best divided by the second: their difference is asked for": found[0] / found[1],
        },
        otherwise=ORDER,
    )


PARTS = (
    Part("information", draw_table, judge_table),
    Part("gap", draw_tables, judge_gap),
)
