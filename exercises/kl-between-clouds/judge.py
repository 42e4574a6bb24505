"""Judges the exercise kl-between-clouds: the KL between two diagonal Gaussians, by the formula for full covariances."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.distributions import full_gaussian_kl
from exercises._compare import explain
from exercises._part import Part

from .collect import NAMES


def draw_clouds(rng):
    """Clouds of ordinary size. Not 2 coordinates: there a mean over them is also a ½ too many."""
    n, d = rng.integers(5, 9), rng.integers(3, 5)
    mean_q, mean_p = rng.normal(size=(2, n, d))
    logvar_q, logvar_p = rng.uniform(-2, 1, size=(2, n, d))
    return dict(zip(NAMES, (mean_q, logvar_q, mean_p, logvar_p), strict=True))


def draw_narrow_clouds(rng):
    """Clouds so narrow that their variance is 0 in float32, though its logarithm is not."""
    n, d = 5, 3
    logvar_q = rng.uniform(-130, -110, size=(n, d))
    logvar_p = logvar_q + rng.uniform(-1, 1, size=(n, d))
    mean_p = np.zeros((n, d))
    mean_q = rng.normal(size=(n, d)) * np.exp(logvar_p / 2)
    clouds = zip(NAMES, (mean_q, logvar_q, mean_p, logvar_p), strict=True)
    return {name: array.astype("float32") for name, array in clouds}


def right(mean_q, logvar_q, mean_p, logvar_p):
    """The KL of each example, shape (n,), in float64, through the formula for full covariances."""
    rows = zip(*(torch.as_tensor(a, dtype=torch.float64) for a in (mean_q, logvar_q, mean_p, logvar_p)), strict=True)
    return np.array([float(full_gaussian_kl(a, s.exp().diag(), b, t.exp().diag())) for a, s, b, t in rows])


def compare(given, got, otherwise, **tolerances):
    """Compare with the right values and with the usual mistakes."""
    mean_q, logvar_q, mean_p, logvar_p = clouds = tuple(given[name].astype(np.float64) for name in NAMES)
    kl, (n, d) = right(*clouds), mean_q.shape
    # A function that takes log σ² for log σ squares exp(logvar): it sees these numbers doubled.
    as_log_std = right(mean_q, 2 * logvar_q, mean_p, 2 * logvar_p)
    each = np.stack([right(*(cloud[:, [j]] for cloud in clouds)) for j in range(d)], axis=1)
    unscaled = right(mean_p, logvar_q, mean_p, logvar_p) + 0.5 * ((mean_q - mean_p) ** 2).sum(1)
    return explain(
        got,
        "kl",
        kl,
        mistakes={
            "your KL is twice what it should be: where is the ½?": 2 * kl,
            "your KL is half of what it should be: is the ½ applied twice?": kl / 2,
            "your KL has the wrong sign: it can never be negative": -kl,
            "this is KL(p ‖ q); KL(q ‖ p) is asked for, and the two differ": right(*clouds[2:], *clouds[:2]),
            f"this is the mean over the {d} coordinates: the KL of independent coordinates is their sum": kl / d,
            "these are nats per coordinate, shape (n, d): sum over the coordinates": each,
            "you summed over the examples: one number for each example, so the sum runs over dim=1": each.sum(0),
            f"this is the mean over the {n} examples: the caller takes it, the function returns (n,)": kl.mean(),
            "this is the sum over all examples: the function returns one number for each, (n,)": kl.sum(),
            "you read logvar as log σ; it is log σ², so the variance is exp(logvar)": as_log_std,
            "the distance of the means is not divided by the variance of p": unscaled,
            "the −1 of each coordinate is missing: for q = p the KL must be 0": kl + d / 2,
        },
        otherwise=otherwise,
        **tolerances,
    )


def judge_values(given, got):
    """Compare in float64."""
    otherwise = "put q = p into your function: it must return 0; then move one mean by 1 with both variances 1: ½"
    return compare(given, got, otherwise)


def judge_narrow(given, got):
    """Compare in float32, where σ² itself has become 0."""
    otherwise = "these variances are too small for float32, their ratio is not: which difference is its logarithm?"
    return compare(given, got, otherwise, rtol=1e-3, atol=1e-4)


PARTS = (
    Part("values", draw_clouds, judge_values),
    Part("narrow", draw_narrow_clouds, judge_narrow),
)
