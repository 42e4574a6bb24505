"""Judges the exercise equal-say: searches by scaled PCA codes, by singular values and distances written out."""

from __future__ import annotations

from functools import cache

import numpy as np

from course_lib import data
from exercises._compare import explain
from exercises._part import Part

from .collect import trials

TRIALS = ((10, 1.0), (25, 0.5), (40, 1.0))  # d and the power
TIES = 3  # answers of all queries together that may differ, where distances are nearly equal


@cache
def digits():
    """Images of 64 pixels and what they show."""
    images = data.load("digits")
    return tuple(array.numpy() for split in (images.train, images.test) for array in (split.x, split.y))


def draw(rng):
    """Some stored images of all digits, and queries of three: their codes have standard deviations of their own."""
    stored_x, stored_y, query_x, query_y = digits()
    stored = rng.choice(len(stored_x), 300, replace=False)
    shown = np.flatnonzero(np.isin(query_y, rng.choice(10, 3, replace=False)))
    queries = rng.choice(shown, 90, replace=False)
    return {
        "stored_x": stored_x[stored],
        "stored_y": stored_y[stored],
        "query_x": query_x[queries],
        "query_y": query_y[queries],
        "d": np.array([d for d, _ in TRIALS]),
        "power": np.array([power for _, power in TRIALS]),
        "k": rng.integers(8, 13),
    }


def columns(stored, queries):
    """Standard deviations over the stored codes, for both sets."""
    return stored.std(axis=0), stored.std(axis=0)


def own_columns(stored, queries):
    """Standard deviations over the codes of either set."""
    return stored.std(axis=0), queries.std(axis=0)


def precisions(given, queries="query", *, fit="stored", scale=columns, times=1, leave_out=True):
    """Precision at k of each trial, with one thing changed; the power is taken `times` as large."""
    found, k = [], int(given["k"])
    stored_x, query_x, fit_x = (given[f"{name}_x"].astype(np.float64) for name in ("stored", queries, fit))
    mean = fit_x.mean(axis=0)
    axes = np.linalg.svd(fit_x - mean, full_matrices=False)[2]
    for d, power in trials(given):
        z, query_z = ((x - mean) @ axes[:d].T for x in (stored_x, query_x))
        for_stored, for_queries = scale(z, query_z)
        z, query_z = z / for_stored ** (times * power), query_z / for_queries ** (times * power)
        distance = (query_z**2).sum(1)[:, None] - 2 * query_z @ z.T + (z**2).sum(1)
        if queries == "stored" and leave_out:
            np.fill_diagonal(distance, np.inf)
        nearest = np.argpartition(distance, k, axis=1)[:, :k]
        found.append((given["stored_y"][nearest] == given[f"{queries}_y"][:, None]).mean())
    return np.array(found)


def compare(given, got, queries, mistakes, otherwise):
    """Compare with the right precisions; a few answers may differ."""

    def changed(**changes):
        return precisions(given, queries, **changes)

    return explain(
        got,
        "precision",
        changed(),
        mistakes={
            "a variance is the square of a standard deviation: this is twice the power that was asked for": changed(
                times=2
            ),
            "you multiplied where you should divide: the loud coordinates have become louder": changed(times=-1),
            "the codes are not scaled at all: where does the power come in?": changed(times=0),
        }
        | mistakes,
        otherwise=otherwise,
        rtol=0,
        atol=TIES / (int(given["k"]) * len(given[f"{queries}_y"])),
    )


def judge_search(given, got):
    """Compare with distances written out in float64."""
    mistakes = {
        "you measure with two rulers: divide both sets by the standard deviations of the stored codes": precisions(
            given, scale=own_columns
        ),
        "your PCA was fitted to the queries; a search knows the stored images before anybody asks": precisions(
            given, fit="query"
        ),
        "this is the share of wrong answers; precision is that of right ones": 1 - precisions(given),
    }
    otherwise = "try power = 0: it must equal metrics.precision_at_k of the plain PCA codes"
    return compare(given, got, "query", mistakes, otherwise)


def judge_rehearsal(given, got):
    """The same with the stored images as queries."""
    mistakes = {
        "each image finds itself first: it must search among the others": precisions(given, "stored", leave_out=False),
    }
    otherwise = "compare it with search on the same images: all that differs is that no image may find itself"
    return compare(given, got, "stored", mistakes, otherwise)


PARTS = (
    Part("search", draw, judge_search),
    Part("rehearsal", draw, judge_rehearsal),
)
