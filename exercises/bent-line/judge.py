"""Judges the exercise bent-line: what a decoder with one layer of ReLUs draws, against linear interpolation."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part


def draw_points(rng):
    """Points in no order, away from the origin, and not as many as they have coordinates."""
    d = int(rng.integers(3, 5))
    return 2 + rng.normal(size=(d + int(rng.integers(2, 4)), d))


def draw_path(rng):
    """All whole codes, and some between each two of them."""
    points = draw_points(rng)
    last = len(points) - 1
    between = np.arange(last)[:, None] + rng.uniform(0.1, 0.9, size=(last, 3))
    return {"points": points, "z": np.append(np.arange(last + 1.0), between)}


def draw_outside(rng):
    """Codes below the first and above the last."""
    points = draw_points(rng)
    last = len(points) - 1
    beyond = rng.uniform([0.2, 0.2, 2], [0.8, 0.8, 3], size=(2, 3))  # near and far
    return {"points": points, "z": np.append(-beyond[0], last + beyond[1])}


def path(z, points):
    """Straight from point to point, and still before the first and after the last: (codes,) -> (codes, D)."""
    return np.stack([np.interp(z, np.arange(len(points)), column) for column in points.T], axis=1)


def judge(given, got):
    """Compare with the path and with those of the usual mistakes, drawn without any network."""
    points, z = given["points"], given["z"]
    right, last, slopes = path(z, points), len(points) - 1, np.diff(points, axis=0)
    begun = np.clip(z[:, None] - np.arange(last), 0, None)  # (codes, K): how far beyond each code
    going_on = right + np.clip(z - last, 0, None)[:, None] * slopes[-1]
    coming = right + np.clip(z, None, 0)[:, None] * slopes[0]
    return explain(
        got,
        "x_hat",
        right,
        mistakes={
            "a unit that has begun never stops: how steep is the path once the second one has begun, too?": (
                points[0] + begun @ slopes
            ),
            "your path begins at the origin: what does the network return while no unit is on?": right - points[0],
            "beyond the last point it goes on as before: nothing stops it": going_on,
            "below 0 it comes from far away: before the first point no unit may be on": coming,
            "from both ends it goes on for ever: it has to stay where the points end": coming + going_on - right,
            "your path comes one code too late: which code has the first point?": path(z - 1, points),
            "your path comes one code too early: which code has the first point?": path(z + 1, points),
            "each unit is on from the beginning: a unit is on where a·z + b > 0; check the sign of b": (
                points[0] + mirrored(z, points)
            ),
        },
        otherwise="draw the points 0, 2, 3 on a line with two or three units, by hand; then let the check do it again",
        rtol=1e-4,
        atol=1e-4,
    )


def mirrored(z, points):
    """What the bends add if the unit at the code k begins at −k: (codes,) -> (codes, D)."""
    slopes = np.diff(points, axis=0)
    bends = np.diff(slopes, axis=0, prepend=0 * slopes[:1], append=0 * slopes[:1])
    return np.clip(z[:, None] + np.arange(len(points)), 0, None) @ bends


PARTS = (
    Part("path", draw_path, judge),
    Part("stay", draw_outside, judge),
)
