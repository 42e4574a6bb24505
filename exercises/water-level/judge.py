"""Judges the exercise water-level: the best linear VAE at a price, found by a search over w in each dimension."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from exercises._compare import explain
from exercises._part import Part

CLOSE = {"rtol": 1e-3, "atol": 1e-3}


def terms(w, variance, s2, beta):
    """Mean squared error and mean KL of one dimension whose decoder is w, with the best q for it."""
    v = beta * s2 / (w**2 + beta * s2)
    slope = w / (w**2 + beta * s2)  # of the posterior's mean
    error = variance * (1 - w * slope) ** 2 + w**2 * v
    return error, 0.5 * (slope**2 * variance + v - 1 - np.log(v))


def searched(given):
    """For each dimension the w ≥ 0 that minimises error / 2s² + β KL, by search; then its error and KL."""
    s2, beta = float(given["noise_variance"]), float(given["beta"])
    found = []
    for variance in given["eigenvalues"]:

        def cost(w, variance=variance):
            error, kl = terms(w, variance, s2, beta)
            return error / (2 * s2) + beta * kl

        w = minimize_scalar(cost, bounds=(0, 2 * variance**0.5), method="bounded", options={"xatol": 1e-10}).x
        w = min((0.0, w), key=cost)
        found.append((w, *terms(w, variance, s2, beta)))
    return np.array(found).T


def draw(rng):
    """A dozen variances on both sides of β s², none near it, with s² and β on different sides of 1."""
    s2, beta = rng.uniform(0.15, 0.4), rng.uniform(3, 6)
    level, high = s2 * beta, rng.integers(2, 8)  # not always as many
    above, below = level * rng.uniform(1.5, 8, size=high), level * rng.uniform(0.05, 0.7, size=9 - high)
    between = s2 + (level - s2) * rng.uniform(0.3, 0.7, size=2)  # alive at β = 1
    above = np.append(above, max(beta * 1.3, level * 1.5))
    eigenvalues = rng.permutation(np.concatenate([above, below, between]))
    return {"eigenvalues": eigenvalues, "noise_variance": s2, "beta": beta}


def numbers(given):
    """The three arguments as NumPy has them."""
    return given["eigenvalues"], float(given["noise_variance"]), float(given["beta"])


def judge_active(given, got):
    """Compare with counts against other thresholds."""
    variances, s2, beta = numbers(given)
    right = int((searched(given)[0] > 1e-3).sum())
    candidates = {
        "β has no effect on your answer: it raises the threshold": (variances > s2).sum(),
        "the noise variance has no effect on your answer: it belongs to the threshold": (variances > beta).sum(),
        "these are the dimensions that are off: those in use are asked for": len(variances) - right,
        "this compares standard deviations: variances stand against variances": (variances**0.5 > beta * s2).sum(),
    }
    mistakes = {message: value for message, value in candidates.items() if value != right}
    return explain(got, "active", right, mistakes=mistakes, otherwise="for which λ is the best w above 0?")


def judge_rate(given, got):
    """Compare with the KL found by search."""
    variances, s2, beta = numbers(given)
    right = searched(given)[2].sum()
    ratios = variances / (beta * s2)
    return explain(
        got,
        "rate",
        right,
        **CLOSE,
        mistakes={
            "some of your dimensions have a negative price, and a KL is not negative: what of those that are off?": (
                0.5 * np.log(ratios).sum()
            ),
            "this is twice the rate: where is the ½?": 2 * right,
            "these are bits: take the natural logarithm": right / np.log(2),
            "this is the rate at β = 1: β belongs to the level": 0.5 * np.log(np.maximum(1, variances / s2)).sum(),
            "this is the loss, rate times β: the rate is asked for": beta * right,
            "this is a mean over the dimensions: their sum is asked for": right / len(variances),
        },
        otherwise="put the best w into the KL of one dimension and average μ² over x before anything else",
    )


def judge_error(given, got):
    """Compare with the error found by search, of drawn codes and of others."""
    variances, s2, beta = numbers(given)
    right, level = searched(given)[1].sum(), s2 * beta
    on = variances > level
    return explain(
        got,
        "squared_error",
        right,
        **CLOSE,
        mistakes={
            "a dimension that is in use has an error too: its code is noisy": variances[~on].sum(),
            "this is the error of mean codes: with drawn ones the code's noise comes on top": np.where(
                on, level**2 / variances, variances
            ).sum(),
            "a dimension that is off cannot lose more than its variance": level * len(variances),
            "this is the error of the dimensions in use: those that are off lose all they have": level * on.sum(),
            "this is the error at β = 1: β belongs to the level": np.minimum(variances, s2).sum(),
            "this is the distortion, divided by 2s²: the squared error itself is asked for": right / (2 * s2),
            "this is a mean over the axes: their sum is asked for": right / len(variances),
        },
        otherwise="add the part from the posterior's mean and the part from its variance, for one dimension",
    )


PARTS = (
    Part("active", draw, judge_active),
    Part("rate", draw, judge_rate),
    Part("squared-error", draw, judge_error),
)
