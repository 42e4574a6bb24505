"""Judges the exercise numbers-enough: the width of PCA that an error needs, by trying every width."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part


def draw_widths(rng):
    """Falling by about the same factor, as those of images do, and errors between those of two widths."""
    d = int(rng.integers(9, 14))
    eigenvalues = np.sort(np.exp(np.linspace(-2, 2.5, d) + rng.uniform(-0.1, 0.1, size=d)))
    errors = np.append(0, eigenvalues.cumsum())  # rising: of d components, d − 1, …
    steps = rng.choice(np.arange(1, d - 1), size=5, replace=False)
    return {"eigenvalues": eigenvalues, "allowed": errors[steps] + rng.uniform(0.2, 0.8, size=5) * eigenvalues[steps]}


def draw_ends(rng):
    """Whole numbers, whose sums are exact: more than there is to lose, all of it, three errors exactly, and nothing."""
    eigenvalues = np.sort(rng.choice(np.arange(2, 30), size=int(rng.integers(7, 10)), replace=False)).astype(float)
    total = eigenvalues.sum()
    return {"eigenvalues": eigenvalues, "allowed": np.array([total + 1, total, *eigenvalues.cumsum()[[1, 3, 5]], 0.0])}


def width(eigenvalues, allowed, *, least=0, scale=1.0, strictly=False):
    """Try every width from `least` on: the number of leading entries to keep."""
    for d in range(least, len(eigenvalues)):
        error = sum(eigenvalues[d:].tolist()) * scale
        if error < allowed or (error == allowed and not strictly):
            return d
    return len(eigenvalues)


def judge(given, got):
    """Compare with the first width that is good enough, and with the usual mistakes."""
    rising, budgets = given["eigenvalues"], given["allowed"].tolist()
    falling, size = rising[::-1], len(rising)

    def widths(eigenvalues, **changes):
        return np.array([width(eigenvalues, allowed, **changes) for allowed in budgets])

    right = widths(falling)
    return explain(
        got,
        "d",
        right,
        mistakes={
            "with one number fewer than needed the error is still too large: this is one too small": (right - 1).clip(
                0
            ),
            "this is one more than needed": right + 1,
            "you took the largest for the first: eigh sorts them so that the smallest comes first": widths(rising),
            "an eigenvalue is a variance already, in the unit of the squared error: no square root": widths(
                falling**0.5
            ),
            "that many can be dropped; how many must be kept?": size - right,
            "this compares what is kept with what is allowed; the error is what is lost": [
                int((falling.cumsum() <= allowed).sum()) for allowed in budgets
            ],
            "this divides the error by D: it is summed over the pixels, not a mean for each pixel": widths(
                falling, scale=1 / size
            ),
            "if enough error is allowed, no number at all is needed: everybody gets the average image": widths(
                falling, least=1
            ),
            "an error of exactly what is allowed is allowed: at most, not less than": widths(falling, strictly=True),
        },
        otherwise="by hand: the eigenvalues 1, 1, 3, 5 with an error of 2 allowed, of 1.9, and of 11",
    )


PARTS = (
    Part("width", draw_widths, judge),
    Part("ends", draw_ends, judge),
)
