"""Judges the exercise first-weights: variances of first weights, by adaptive integration over the normal density."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from scipy import integrate

from course_lib.checks._compare import explain
from course_lib.checks._part import Part

ANSWERS = ("weight_variance",)

# Each with one number that changes its shape, so that no table of known variances helps.
CENTRED = (
    lambda a, s: torch.tanh(s * a),
    lambda a, s: a / (s + a.abs()),
    lambda a, s: torch.erf(s * a),
)
SHIFTED = (
    lambda a, s: torch.sigmoid(3 * s * a),
    lambda a, s: torch.where(a > 0, a, 0.3 * s * a),
    lambda a, s: torch.nn.functional.softplus(s * a),
    lambda a, s: a * torch.sigmoid(s * a),
)


def draw(rng, activations):
    """A number of inputs and a shape for each activation."""
    count = len(activations)
    return {"fan_in": rng.integers(20, 500, size=count), "shape": rng.uniform(0.6, 1.4, size=count)}


def collect(answers, given, activations):
    """Collect the variance for each activation."""
    each = zip(activations, given["fan_in"].tolist(), given["shape"].tolist(), strict=True)
    return {"variance": [float(answers.weight_variance(partial(h, s=s), n)) for h, n, s in each]}


def expected(function):
    """The mean of a function of a standard normal number."""

    def integrand(a):
        return function(a) * np.exp(-(a**2) / 2) / np.sqrt(2 * np.pi)

    return integrate.quad(integrand, -10, 0)[0] + integrate.quad(integrand, 0, 10)[0]  # a bend at 0 does no harm


def judge(given, got, activations):
    """Compare with the integral of the square, and with those of the usual mistakes."""
    n, square, mean, slope = given["fan_in"], [], [], []
    for h, s in zip(activations, given["shape"].tolist(), strict=True):

        def value(a, h=h, s=s):
            return float(h(torch.tensor(a, dtype=torch.float64), s))

        def rise(a, value=value, step=1e-4):
            return (value(a + step) - value(a - step)) / (2 * step)

        square.append(expected(lambda a, value=value: value(a) ** 2))
        mean.append(expected(value))
        slope.append(expected(lambda a, rise=rise: rise(a) ** 2))
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
    Part(
        name,
        partial(draw, activations=activations),
        partial(collect, activations=activations),
        partial(judge, activations=activations),
    )
    for name, activations in (("centred", CENTRED), ("shifted", SHIFTED))
)
