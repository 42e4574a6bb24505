"""Judges the exercise same-ruler: what a unit does to a bound, by the density of a Gaussian before and after."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from exercises._compare import explain
from exercises._part import Part


def draw_units(rng):
    """Bounds of either sign, and a factor for each number, most of them above 1."""
    return {"elbo": rng.normal(0, 30, size=rng.integers(4, 7)), "factor": np.exp(rng.uniform(-0.5, 3, size=9))}


def draw_bounds(rng):
    """Bounds below 0, as of binary images."""
    return {"elbo": rng.uniform(-150, -60, size=rng.integers(4, 7)), "numbers": rng.integers(60, 900)}


def draw_models(rng):
    """Two models that are about equally good, in their own units."""
    n, numbers = rng.integers(4, 7), rng.integers(60, 900)
    bits = rng.uniform(2, 6, size=n)
    as_a = numbers * (np.log(255) - bits * np.log(2))
    return {"elbo_a": as_a + rng.normal(0, 40, size=n), "bits_b": bits, "numbers": numbers}


def shift(factor):
    """What any log-density loses when its numbers are multiplied by `factor`, of shape (D,)."""
    x, mean, std = 0.3, -0.1, 0.7  # of an arbitrary Gaussian; the result does not depend on them
    return (norm.logpdf(x, mean, std) - norm.logpdf(factor * x, factor * mean, factor * std)).sum()


def judge_units(given, got):
    """Compare with the shift of a Gaussian's log-density."""
    elbo, factor = given["elbo"], given["factor"]
    lost = shift(factor)
    return explain(
        got,
        "bound",
        elbo - lost,
        rtol=1e-4,
        atol=1e-3,
        mistakes={
            "wrong direction: spread over more units, a density has less of its mass in each of them": elbo + lost,
            "the bound has not moved; it would not for probabilities, but a density has a unit": elbo,
            "this is the mean over the numbers of an image: each of them shifts the bound": elbo - lost / len(factor),
            "you put the mean factor in the place of each: take logarithms first, then add": elbo
            - len(factor) * np.log(factor.mean()),
            "these shifts are bits: the bound is in nats": elbo - lost / np.log(2),
            "this shifts the bound twice as far: squares belong to variances": elbo - 2 * lost,
            "this shifts the bound half as far as it should": elbo - lost / 2,
            "the factors themselves do not add to a logarithm": elbo - factor.sum(),
            "these are densities divided by the factors: the bound is a logarithm": elbo / factor.prod(),
        },
        otherwise="take D = 1, a density that is 1 on [0, 1], and stretch it to [0, 10]: what is its logarithm now?",
    )


def judge_bits(given, got):
    """Compare with a logarithm to the base 2."""
    elbo, numbers = given["elbo"], int(given["numbers"])
    bits = np.log2(np.exp(-elbo / numbers))
    return explain(
        got,
        "bits",
        bits,
        rtol=1e-4,
        mistakes={
            "wrong sign: bits are a cost, and a bound below 0 costs something": -bits,
            "these are nats per number: a bit is less than a nat": bits * np.log(2),
            "these are bits per image: divide by the numbers in it": bits * numbers,
            "you multiplied by log 2 where you should divide: a number has more bits than nats": bits * np.log(2) ** 2,
            "these are nats per image": -elbo,
        },
        otherwise="a coin flip, with the log-probability log ½ in nats, must come out as one bit",
    )


def judge_lead(given, got):
    """Compare on the scale 0 to 1."""
    a, bits, numbers = given["elbo_a"], given["bits_b"], int(given["numbers"])
    b = -bits * numbers * np.log(2)  # nats, on the scale 0 to 255
    ruler = shift(np.full(numbers, 255.0))
    lead = a - (b + ruler)
    return explain(
        got,
        "lead",
        lead,
        rtol=1e-4,
        atol=1e-2,
        mistakes={
            "this is the lead of B: A minus B is asked for": -lead,
            "the two are still on different rulers: B's grey runs from 0 to 255": a - b,
            "you shifted B the wrong way: on the scale 0 to 255 its density had to spread over more units": a
            - (b - ruler),
            "from 0 to 1 to 0 to 255 every grey is multiplied by 255, and not by 256": lead
            - numbers * np.log(256 / 255),
            "this is the lead per number: nats per image are asked for": lead / numbers,
            "these are bits: nats are asked for": lead / np.log(2),
            "you used B's bits as nats": a - (-bits * numbers + ruler),
            "B's bits are a cost: its bound is their negative": a - (-b + ruler),
        },
        otherwise="undo bits_per_number for B, undo the change of its unit with rescaled, then subtract",
    )


PARTS = (
    Part("unit", draw_units, judge_units),
    Part("bits", draw_bounds, judge_bits),
    Part("lead", draw_models, judge_lead),
)
