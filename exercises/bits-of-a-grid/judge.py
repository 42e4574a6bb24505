"""Judges the exercise bits-of-a-grid: a Markov chain's price of each grid, counted word by word in plain Python."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from exercises._compare import explain
from exercises._part import Part


def _walks(rng, n, length, codes):
    """Grids whose words depend on the word before: a few steps up, never down, the sum counted round."""
    steps = rng.choice(3, size=(n, length), p=[0.5, 0.3, 0.2])
    steps[:, 0] = rng.integers(0, 2, size=n)
    return (steps.cumsum(axis=1) % codes).astype(np.int64)


def draw_walks(rng):
    """So many training grids that every pair that the test grids hold has been counted."""
    codes, length = int(rng.integers(4, 6)), int(rng.integers(7, 10))
    walks = _walks(rng, 400, length, codes)
    return {"train": walks[:390], "test": walks[390:], "codes": np.asarray(codes)}


def draw_unseen(rng):
    """Two words more than training has ever shown, in the test grids' beginning, middle and end."""
    codes, length = 7, int(rng.integers(6, 9))
    test = _walks(rng, 6, length, 5)
    test[0, 0], test[1, length // 2], test[2, -1], test[3, 1:3] = 5, 6, 5, 6
    return {"train": _walks(rng, 30, length, 5), "test": test, "codes": np.asarray(codes)}


def draw_nothing(rng):
    """No training grid at all."""
    codes, length = int(rng.integers(5, 12)), int(rng.integers(6, 9))
    test = rng.integers(0, codes, size=(5, length))
    return {"train": np.zeros((0, length), dtype=np.int64), "test": test, "codes": np.asarray(codes)}


def counts(train, codes, added=0.5):
    """How often each word comes first, shape (K,), and how often the second follows the first, (K, K)."""
    first, follows = np.full(codes, added), np.full((codes, codes), added)
    for grid in train:
        first[grid[0]] += 1
        for before, after in pairwise(grid):
            follows[before, after] += 1
    return first, follows


def price(test, first, follows):
    """Bits of each grid given the probabilities, shape (m,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array([-np.log2(first[g[0]]) - sum(np.log2(follows[a, b]) for a, b in pairwise(g)) for g in test])


def right(given):
    """Bits of each test grid, shape (m,)."""
    first, follows = counts(given["train"], int(given["codes"]))
    return price(given["test"], first / first.sum(), follows / follows.sum(axis=1, keepdims=True))


def judge(given, got):
    """Compare with a count in loops and with the usual mistakes."""
    codes, test = int(given["codes"]), given["test"]
    first, follows = counts(given["train"], codes)
    start, step = first / first.sum(), follows / follows.sum(axis=1, keepdims=True)
    bits = price(test, start, step)
    plain_first, plain_follows = counts(given["train"], codes, added=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = price(test, plain_first / plain_first.sum(), plain_follows / plain_follows.sum(axis=1, keepdims=True))
    places = np.ones_like(start)
    backwards = price(test, start, step.T)
    return explain(
        got,
        "bits",
        bits,
        rtol=1e-5,
        mistakes={
            "these are nats: divide by log 2, or take log2": bits * np.log(2),
            "the price has the wrong sign: it is minus a logarithm of a probability": -bits,
            "the price of the first word is missing": price(test, places, step),
            "these are bits of a word, not of a grid: add up, do not average": bits / test.shape[1],
            "each row of the matrix must add up to 1, not each column: it is a distribution of the next word": price(
                test, start, follows / follows.sum(axis=0, keepdims=True)
            ),
            "this pays for both words of each pair: divide by the sum of a row, not of the whole matrix": price(
                test, start, follows / follows.sum()
            ),
            "your matrix is read the wrong way round: the row is the word before": backwards,
            "counted without the ½: what was not seen becomes impossible": raw,
            "one was added to each count: ½ is asked for": _with_added(given, 1.0),
            "this is the mean over the grids: one number for each is asked for": bits.mean(),
            "this is the sum over the grids: one number for each is asked for": bits.sum(),
        },
        otherwise="price one grid of three words by hand: one look-up for the first word, two for the pairs",
    )


def _with_added(given, added):
    first, follows = counts(given["train"], int(given["codes"]), added=added)
    return price(given["test"], first / first.sum(), follows / follows.sum(axis=1, keepdims=True))


PARTS = (
    Part("bits", draw_walks, judge),
    Part("unseen", draw_unseen, judge),
    Part("uniform", draw_nothing, judge),
)
