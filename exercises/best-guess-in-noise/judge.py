"""Judges the exercise best-guess-in-noise: Gaussian data in Gaussian noise, by sums over a fine grid of x_0."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part

from .collect import _numbers


def weights(x_t, abar, m, c):
    """A grid of x_0 and, for each x_t, log q(x_0) + log q(x_t | x_0) on it up to constants: (k,) and (n, k)."""
    x0 = m + np.sqrt(c) * np.linspace(-12, 12, 20_001)
    prior = -((x0 - m) ** 2) / (2 * c)
    return x0, prior - (np.asarray(x_t)[:, None] - np.sqrt(abar) * x0) ** 2 / (2 * (1 - abar))


def posterior(x_t, abar, m, c):
    """Mean and variance of x_0 given each x_t, by sums over the grid."""
    x0, log = weights(x_t, abar, m, c)
    p = np.exp(log - log.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    mean = p @ x0
    return mean, p @ x0**2 - mean**2


def slope(x_t, abar, m, c, step=1e-3):
    """Derivative of log q(x_t), as a difference of sums over the grid."""
    ends = [weights(x_t + side * step, abar, m, c)[1] for side in (1, -1)]
    tops = [log.max(axis=1) for log in ends]
    high, low = (top + np.log(np.exp(log - top[:, None]).sum(axis=1)) for log, top in zip(ends, tops, strict=True))
    return (high - low) / (2 * step)


def draw(rng):
    """A mean well away from 0, a variance that is not 1, a time at which neither data nor noise have gone."""
    m = rng.uniform(1, 3) * rng.choice([-1, 1])
    return {"x_t": rng.normal(m, 1.5, size=7), "abar": rng.uniform(0.3, 0.7), "m": m, "c": rng.uniform(1.5, 3)}


def judge_start(given, got):
    """Compare with the mean over the grid and with the usual mistakes."""
    x_t, (abar, m, c) = given["x_t"], _numbers(given)
    gain = np.sqrt(abar) * c / (abar * c + 1 - abar)
    return explain(
        got,
        "best_start",
        posterior(x_t, abar, m, c)[0],
        rtol=1e-4,
        mistakes={
            "you treat x_t as if it had the mean of the data: what is the mean of √ᾱ x_0 plus noise?": m
            + gain * (x_t - m),
            "this guess knows nothing of the data: it would be best if they could be anything": x_t / np.sqrt(abar),
            "this is right for data with mean 0": gain * x_t,
            "this is the guess of the noise: the guess of x_0 is asked for": np.sqrt(1 - abar)
            * (x_t - np.sqrt(abar) * m)
            / (abar * c + 1 - abar),
        },
        otherwise="write down the variance of x_t and its covariance with x_0, then the mean of one given the other",
    )


def judge_error(given, got):
    """Compare with the variance over the grid."""
    abar, m, c = _numbers(given)
    error = float(posterior(given["x_t"][:1], abar, m, c)[1][0])
    return explain(
        got,
        "least_error",
        error,
        rtol=1e-4,
        mistakes={
            "this is the least error of the noise: that of x_0 is asked for": abar * c / (abar * c + 1 - abar),
            "this is the error of a guess for which nobody looked at x_t": c,
            "this is the error of x_t / √ᾱ, which ignores what is known of the data": (1 - abar) / abar,
            "this is a standard deviation: the squared error is asked for": np.sqrt(error),
        },
        otherwise="it is the variance of x_0 minus covariance² over variance of x_t",
    )


def judge_score(given, got):
    """Compare with a difference of log-densities and with the usual mistakes."""
    x_t, (abar, m, c) = given["x_t"], _numbers(given)
    right, off = slope(x_t, abar, m, c), x_t - np.sqrt(abar) * m
    return explain(
        got,
        "score",
        right,
        rtol=1e-3,
        atol=1e-5,
        mistakes={
            "the wrong sign: the density falls away from its mean": -right,
            "this is the score for one data point, q(x_t | x_0): the data are spread themselves": -off / (1 - abar),
            "this is the score of the data, before the noise": -(x_t - m) / c,
            "you divide by a standard deviation: the score of a Gaussian has its variance below": -off
            / np.sqrt(abar * c + 1 - abar),
        },
        otherwise="x_t is Gaussian: find its mean and variance, write log q(x_t) and differentiate",
    )


PARTS = (
    Part("start", draw, judge_start),
    Part("error", draw, judge_error),
    Part("score", draw, judge_score),
)
