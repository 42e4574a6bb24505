"""Judges the exercise picture-of-ignorance: the cost of one image for all, against the cheapest value in the data."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part

from .collect import cost


def draw_pixels(rng, c):
    """Skewed grey values, so that the mean is not the median."""
    n, d = 301, 7
    return {"x": rng.beta(0.8, rng.uniform(2, 4, size=d), size=(n, d)), "c": np.array(c)}


def draw_absolute(rng):
    """The absolute error."""
    return draw_pixels(rng, [1.0])


def draw_lopsided(rng):
    """One c below and two above 1."""
    return draw_pixels(rng, rng.uniform([0.2, 2.5, 5], [0.4, 3.5, 8]))


def judge(given, got):
    """Compare with the least cost: it is piecewise linear in the value drawn, so some value in the data has it."""
    x, values = given["x"], given["c"]
    least = np.stack([cost(x, x, c).min(axis=0) for c in values])  # every row of x as a candidate
    otherwise = "try one pixel with the values 0, 1, 2, 4 and 9, and move the drawn value up and down a little"
    if "cost" not in got:
        share = values[0] / (values[0] + 1)
        each = "this is one number for each image; the images are to be taken together, pixel by pixel"
        mistakes = {
            each: np.quantile(x, share, axis=1),
            f"{each} (and it is their mean)": x.mean(axis=1),
            "this is one number for all pixels: each pixel has its own": np.quantile(x, share),
        }
        return explain(got, "image", np.full(x.shape[1], np.nan), mistakes=mistakes, otherwise=otherwise)

    def costs(image):
        return np.stack([cost(x, np.broadcast_to(image(c), x.shape[1]), c) for c in values])

    low, high, median = x.min(0), x.max(0), np.median(x, axis=0)
    return explain(
        got,
        "cost",
        least,
        mistakes={
            "this is the average image, which is best under the squared error": costs(lambda c: x.mean(0)),
            "your image does not change with c: is overlooking ink no more expensive than inventing it?": costs(
                lambda c: median
            ),
            "the two sides are the wrong way round: expensive oversights call for more ink": costs(
                lambda c: np.quantile(x, 1 / (c + 1), axis=0)
            ),
            "this is a share of the way from the lightest to the darkest value; what counts is how many values lie on "
            "either side": costs(lambda c: low + c / (c + 1) * (high - low)),
            "this is a multiple of the median: does it fit with only white pixels above, or only below?": costs(
                lambda c: c * median
            ),
        },
        otherwise=otherwise,
        rtol=5e-3,
    )


PARTS = (
    Part("absolute", draw_absolute, judge),
    Part("lopsided", draw_lopsided, judge),
)
