"""Judges the exercise price-of-halving: what a narrower cloud costs, as a difference of two KLs of the library."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.distributions import Gaussian
from exercises._compare import explain
from exercises._part import Part


def right(std, d):
    """KL at σ/2 minus KL at σ for a centred cloud with equal widths in d coordinates; nats, the shape of `std`."""
    std = torch.as_tensor(std, dtype=torch.float64).reshape(-1, 1)
    mean = torch.zeros_like(std)
    narrow, wide = (Gaussian(mean, 2 * width.log()).kl() for width in (std / 2, std))
    return int(d) * (narrow - wide).numpy()


def draw_widths(rng):
    """Widths on both sides of the one where halving is free."""
    return {"std": np.exp(rng.uniform(-3, 1, size=6)), "d": rng.integers(2, 20)}


def judge_prices(given, got):
    """Compare with the difference of two KLs and with the usual mistakes."""
    std, d = given["std"], given["d"]
    price = right(std, d)
    return explain(
        got,
        "price",
        price,
        rtol=1e-4,
        mistakes={
            "this is what halving saves: the KL after minus the KL before is asked for": -price,
            "this is the price of one coordinate: the cloud is halved in all d of them": price / d,
            "these are bits: divide by log2(e), or take the natural logarithm": price / np.log(2),
            "you kept the logarithm and dropped the variance term: it vanishes for narrow clouds only": np.full(
                len(std), d * np.log(2)
            ),
            "a variance is σ²: your variance term has σ in its place": d * (np.log(2) - 0.375 * std),
            "half the width is a quarter of the variance: your variance is halved only": d * (np.log(2) - std**2 / 4),
            "this is half of the price: ½ log σ² is log σ, whose ½ is spent": price / 2,
            "this is twice the price: the KL has a ½ in front": 2 * price,
        },
        otherwise="write the KL of one coordinate with σ, then with σ/2, and subtract term by term",
    )


def judge_width(given, got):
    """Accept what is right to one per cent: the number may have been found by hand or by bisection."""
    low, high = 0.5, 3.0  # the price falls in between, from above 0 to below
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if right([middle], 1)[0] > 0 else (low, middle)
    return explain(
        got,
        "free_width",
        low,
        rtol=1e-2,
        mistakes={
            "this is the variance at which halving is free: its square root is asked for": low**2,
            "at σ = 1 the KL is 0, its minimum: every change costs, also halving": 1,
            "that is the width after halving: the width before is asked for": low / 2,
        },
        otherwise="set your price to 0 and solve for σ; plotting price(σ, 1) from 0.5 to 2 shows where it crosses",
    )


PARTS = (
    Part("price", draw_widths, judge_prices),
    Part("free-width", lambda rng: {}, judge_width),
)
