"""Judges the exercise empty-by-chance: expected empty cells, by the binomial distribution of each cell's count."""

from __future__ import annotations

import numpy as np
from scipy.stats import binom

from exercises._compare import explain
from exercises._part import Part


def draw_cells(rng):
    """Few cells with unequal chances, so that no approximation for many cells comes close."""
    cells = rng.integers(5, 9)
    return {"p": rng.dirichlet(np.full(cells, 1.5)), "n": rng.integers(3, 8)}


def judge_share(given, got):
    """Compare with the mean chance of a count of 0."""
    p, n = given["p"], int(given["n"])
    chance = binom.pmf(0, n, p)
    share = chance.mean()
    return explain(
        got,
        "share",
        share,
        mistakes={
            "this is the share of the cells that hold a code: the empty ones are asked for": 1 - share,
            "this is the expected number of empty cells: divide it by the number of cells": chance.sum(),
            "these are the chances of each cell, shape (K,): the share is one number": chance,
            "you gave all cells the same chance; p says what each one has": binom.pmf(0, n, 1 / len(p)),
            "you weighted each cell by its p, which gives the chance that the next code opens a new cell; in a share "
            "of the cells each counts the same": p @ chance,
            "e to the −np is the limit for rare cells and many codes; the exact chance is as short": np.exp(
                -n * p
            ).mean(),
            "chances of n codes do not add up: several may share a cell": np.clip(1 - n * p, 0, None).mean(),
            "chances of n codes do not add up, and a chance is never below 0": (1 - n * p).mean(),
        },
        otherwise="how likely is it that one code misses cell k? And that all n do?",
    )


def draw_targets(rng):
    """Several numbers of cells, each with a share that may stay empty."""
    return {"cells": rng.integers(30, 2000, size=5), "share": rng.uniform(0.005, 0.2, size=5)}


def fewest(cells, share):
    """The least n whose expected share of empty cells is at most `share`, by bisection."""
    low, high = 0, int(50 * cells)  # too few, more than enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if binom.pmf(0, middle, 1 / cells) <= share else (middle, high)
    return high


def judge_codes(given, got):
    """Compare whole numbers, exactly."""
    cells, share = given["cells"], given["share"]
    right = np.array([fewest(k, s) for k, s in zip(cells, share, strict=True)])
    exact = np.log(share) / np.log1p(-1 / cells)
    return explain(
        got,
        "codes",
        right,
        rtol=0,
        atol=1e-6,
        mistakes={
            "one code too few: with this many, the share is still above what is allowed": right - 1,
            "round to a whole number of codes, the fewest that will do": exact,
            "one code too many: with one less, the share is already small enough": right + 1,
            "you let e to the −n/K stand for the chance of an empty cell; it is a little smaller": np.ceil(
                -cells * np.log(share)
            ),
            "this many codes reach the share only if no two of them ever fall into the same cell": np.ceil(
                cells * (1 - share)
            ),
            "one of your logarithms is to the base 10, the other is natural": np.ceil(
                np.log10(share) / np.log1p(-1 / cells)
            ),
            "you let the share that may stay empty be the share that is filled": np.ceil(
                np.log1p(-share) / np.log1p(-1 / cells)
            ),
        },
        otherwise="put K equal chances into your empty_share and solve for n; then try n and n − 1 in it",
    )


PARTS = (
    Part("share", draw_cells, judge_share),
    Part("codes", draw_targets, judge_codes),
)
