"""Collects what the functions of the exercise noise-in-a-reduction return."""

from __future__ import annotations

import torch

from exercises._collector import Collector


def collect_weights(answer, given):
    """Collect the variance of each pair of weights."""
    pairs = zip(given["a"], given["b"], strict=True)
    return {"s2": torch.stack([torch.as_tensor(answer(float(a), float(b))) for a, b in pairs])}


def collect_both_means(answer, given):
    """Collect the first program's variance."""
    return {"s2": answer(*(int(given[size]) for size in ("n", "pixels", "dims")))}


def collect_sum_and_mean(answer, given):
    """Collect the second program's variance."""
    return {"s2": answer(*(int(given[size]) for size in ("n", "pixels", "dims")))}


COLLECTORS = (
    Collector("variance", "noise_variance", collect_weights),
    Collector("both-means", "both_means", collect_both_means),
    Collector("sum-and-mean", "sum_and_mean", collect_sum_and_mean),
)
