"""Judges the exercise first-weights: variances of first weights, by Gauss's rule over the normal density."""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import torch
from scipy.stats import norm

from exercises._compare import explain
from exercises._part import Part

from .collect import CENTRED, SHIFTED


def draw(rng, activations):
    """A number of inputs and a shape for each activation."""
    count = len(activations)
    return {"fan_in": rng.integers(20, 500, size=count), "shape": rng.uniform(0.6, 1.4, size=count)}


@cache
def rule():
    """Places from −10 to 10 and their weights under the normal density; the two halves apart, for a bend at 0."""
    nodes, weights = np.polynomial.legendre.leggauss(100)
    a = np.concatenate([5 * nodes - 5, 5 * nodes + 5])
    return torch.from_numpy(a), np.tile(5 * weights, 2) * norm.pdf(a)


def expected(function):
    """The mean of a function of a standard normal number."""
    a, weights = rule()
    return float(weights @ function(a).numpy())


def judge(given, got, activations):
    """Compare with the integral of the square, and with those of the usual mistakes."""
    n, square, mean, slope, step = given["fan_in"], [], [], [], 1e-4
    for activation, shape in zip(activations, given["shape"].tolist(), strict=True):
        h = partial(activation, s=shape)
        square.append(expected(lambda a, h=h: h(a) ** 2))
        mean.append(expected(h))
        slope.append(expected(lambda a, h=h: ((h(a + step) - h(a - step)) / (2 * step)) ** 2))
    square, mean, slope = np.array(square), np.array(mean), np.array(slope)
    right = 1 / (n * square)
    return explain(
        got,
        "variance",
        right,
        mistakes={
            "you subtracted the mean of h(a), which is not 0 here: does the next layer subtract it?": 1
            / (n * (square - mean**2)),
            "this is a standard deviation; the variance is asked for": right**0.5,
            "the number of inputs is missing: the more there are, the smaller the weights must be": 1 / square,
            "this is the ReLU's variance for every activation: what does h do to a mean square?": 2 / n,
            "this is right for linear units: what does h do to a mean square?": 1 / n,
            "this keeps the gradient's size on the way back; the signal on the way forward is asked for": 1
            / (n * slope),
            "your density does not integrate to 1": right / np.sqrt(2 * np.pi),
            "this is upside down: the larger h(a) is, the smaller the weights must be": n * square,
            "the number of inputs is upside down: the more there are, the smaller the weights must be": n / square,
            "h(a) has to be squared before it is averaged": 1 / (n * np.maximum(mean**2, 1e-12)),
        },
        otherwise="try h(a) = a, where 1/n is right, and the ReLU, where it is 2/n",
        rtol=2e-2,
    )


PARTS = tuple(
    Part(name, partial(draw, activations=activations), partial(judge, activations=activations))
    for name, activations in (("centred", CENTRED), ("shifted", SHIFTED))
)
