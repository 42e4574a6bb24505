"""Judges the exercise what-a-regular-grid-hides: the prior's mass under equal squares, by numerical integration."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import quad

from exercises._compare import explain
from exercises._part import Part


def draw_grid(rng):
    """A window in which something is missing, and a few tiles."""
    return {"reach": rng.uniform(1.2, 3.0), "side": rng.integers(4, 8)}


def density(t):
    """The standard normal density."""
    return np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)


def right_shares(reach, side, start=None):
    """The mass under each tile, (side, side), of a window from `start` (−reach) to reach: integrals of the density."""
    edges = np.linspace(-reach if start is None else start, reach, int(side) + 1)
    one = np.array([quad(density, *ends)[0] for ends in pairwise(edges)])
    return np.outer(one, one)


def judge_shares(given, got):
    """Compare with other masses and with the density at the centre."""
    reach, side = float(given["reach"]), int(given["side"])
    right = right_shares(reach, side)
    middle = (np.arange(side) + 0.5) / side * 2 * reach - reach
    height = np.outer(density(middle), density(middle))
    area = (2 * reach / side) ** 2
    return explain(
        got,
        "shares",
        right,
        rtol=1e-4,
        atol=1e-6,
        mistakes={
            "these add up to 1, but a part of the prior lies outside of the window": right / right.sum(),
            "this is the density at the centre of each tile times its area: the tiles are too large for that": height
            * area,
            "this is the density at the centre of each tile: a density is no probability": height,
            "these are equal shares; the tiles are equally large, and the prior is not flat": np.full_like(
                right, 1 / side**2
            ),
            "this is one coordinate: a tile has two, and independent probabilities multiply": right_shares(
                reach, side
            ).sum(axis=0)
            / np.sqrt(right.sum()),
            "this is a list of the tiles: the shape asked for is (side, side)": right.ravel(),
            "there are too few tiles: side tiles have side + 1 edges": right_shares(reach, side - 1),
            "there are too many tiles: side tiles have side + 1 edges": right_shares(reach, side + 1),
            "these are tiles of the window from 0 to reach: it begins at −reach": right_shares(reach, side, start=0),
        },
        otherwise="first one coordinate: how much of N(0, 1) lies between two neighbouring edges?",
    )


def draw_some_shares(rng):
    """Shares of a window, which add up to less than 1."""
    mass = rng.gamma(0.5, size=(5, 5))
    return {"shares": rng.uniform(0.4, 0.9) * mass / mass.sum()}


def draw_shares_with_zeros(rng):
    """Shares some of which are exactly 0, as they are in float32 far from the origin."""
    given = draw_some_shares(rng)
    given["shares"][0] = given["shares"][:, -1] = 0
    return given


def judge_seen(given, got, otherwise):
    """Compare with other numbers of tiles."""
    positive = given["shares"][given["shares"] > 0]
    p = positive / positive.sum()
    # The limit of the Hill numbers (Σ p^a)^(1/(1−a)) at a = 1, from both sides.
    right = np.mean([(p**a).sum() ** (1 / (1 - a)) for a in (1 - 1e-5, 1 + 1e-5)])
    entropy = np.log(right)
    return explain(
        got,
        "seen",
        right,
        rtol=1e-4,
        mistakes={
            "this is the entropy: its exponential is asked for, a number of tiles": entropy,
            "the shares have to be divided by their sum first: what lies outside is not among the tiles": np.exp(
                -(positive * np.log(positive)).sum()
            ),
            "2 to the power of an entropy in nats: take bits and 2, or nats and e": 2**entropy,
            "e to the power of an entropy in bits: take bits and 2, or nats and e": np.exp(entropy / np.log(2)),
            "the entropy has a minus sign: this is less than one tile": 1 / right,
            "this is one over the sum of squares, another way to count": 1 / (p**2).sum(),
            "this is the number of tiles: they do not count equally": given["shares"].size,
            "this is the number of tiles with any share: they do not count equally": p.size,
        },
        otherwise=otherwise,
    )


def judge_plain(given, got):
    """Shares that are all positive."""
    return judge_seen(given, got, "four equal shares must give 4, whatever their sum is")


def judge_zeros(given, got):
    """Shares with zeros among them."""
    return judge_seen(
        given, got, "a tile without any share adds nothing: 0 log 0 counts as 0 and is NaN in the computer"
    )


PARTS = (
    Part("shares", draw_grid, judge_shares),
    Part("seen", draw_some_shares, judge_plain),
    Part("empty", draw_shares_with_zeros, judge_zeros),
)
