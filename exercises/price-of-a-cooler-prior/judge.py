"""Judges the exercise price-of-a-cooler-prior: confidence and variety of samples at a temperature."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
import torch

from course_lib import checkpoints
from exercises._compare import explain
from exercises._part import Part

from .collect import JUDGE, MODEL

CODES = 200


@cache
def shipped():
    """The model and the judge, as they were shipped."""
    return checkpoints.load(MODEL), checkpoints.load(JUDGE)


def verdicts(eps, temperature):
    """The judge's probabilities of the ten classes for pictures of temperature · eps: float64, (n, 10)."""
    return verdicts_on(eps.tobytes(), float(temperature))


@lru_cache(maxsize=64)  # a judge asks for the same codes at the same temperatures again and again
def verdicts_on(codes, temperature):
    """The same, for codes given as the bytes of a float32 array."""
    vae, judge = shipped()
    eps = torch.frombuffer(bytearray(codes), dtype=torch.float32).reshape(CODES, -1)
    with torch.no_grad():
        pictures = vae.decode(temperature * eps)
        return judge.logits(pictures).double().softmax(dim=1).numpy()


def share(p):
    """The share of pictures about which the judge is more than 90 % sure."""
    return (p.max(axis=1) > 0.9).mean()


def named(p):
    """How often the judge names each class, (10,)."""
    return np.bincount(p.argmax(axis=1), minlength=10) / len(p)


def perplexity(frequency, base=np.e, power=np.e):
    """`power` to the entropy of the frequencies in units of `base`."""
    positive = frequency[frequency > 0]
    return float(power ** -(positive * np.log(positive) / np.log(base)).sum())


def draw_codes(rng):
    """Standard normal codes, and a temperature that is neither near 0 nor near 1."""
    return {"eps": rng.normal(size=(CODES, 10)).astype("float32"), "temperature": rng.uniform(0.2, 0.6)}


def judge_sure(given, got):
    """Compare with other readings of temperature and of sure."""
    eps, temperature = given["eps"], float(given["temperature"])
    p = verdicts(eps, temperature)
    return explain(
        got,
        "sure",
        share(p),
        atol=1.5 / CODES,  # a probability of 0.9 may fall to either side
        mistakes={
            "this is the number of sure verdicts, or their percentage: a share is from 0 to 1": 100 * share(p),
            "this is the number of sure verdicts: a share is from 0 to 1": CODES * share(p),
            "this is the mean confidence: count the pictures above 0.9": p.max(axis=1).mean(),
            "this is the share of those that the judge is not sure about": 1 - share(p),
            "this is the share for the prior itself: where is the temperature?": share(verdicts(eps, 1.0)),
            "the temperature multiplies codes: √τ would make it a variance": share(verdicts(eps, temperature**0.5)),
            "multiply the codes by the temperature, don't divide": share(verdicts(eps, 1 / temperature)),
        },
        otherwise="decode temperature · eps, ask metrics.confidence, and count",
    )


def judge_variety(given, got):
    """Compare with other readings of temperature and of variety."""
    eps, temperature = given["eps"], float(given["temperature"])
    p = verdicts(eps, temperature)
    frequency = named(p)
    right = perplexity(frequency)
    return explain(
        got,
        "variety",
        right,
        rtol=5e-3,  # a verdict between two classes may fall to either side
        mistakes={
            "this is the entropy: its exponential is asked for": np.log(right),
            "2 to the power of an entropy in nats: take bits and 2, or nats and e": perplexity(frequency, power=2),
            "e to the power of an entropy in bits: take bits and 2, or nats and e": perplexity(frequency, base=2),
            "this is how many classes are named at all, however rarely": (frequency > 0).sum(),
            "this averages the judge's probabilities: count which class it names": perplexity(p.mean(axis=0)),
            "this is a perplexity within each picture, how much the judge wavers: count over the pictures": np.mean(
                [perplexity(row) for row in p]
            ),
            "this is the variety for the prior itself: where is the temperature?": perplexity(
                named(verdicts(eps, 1.0))
            ),
            "the temperature multiplies codes: √τ would make it a variance": perplexity(
                named(verdicts(eps, temperature**0.5))
            ),
        },
        otherwise="count how often each class is named, and take the exponential of the entropy of these frequencies",
    )


def draw_classes(rng):
    """Standard normal codes, and how many classes there should be."""
    return {"eps": rng.normal(size=(CODES, 10)).astype("float32"), "classes": rng.uniform(4, 7)}


def judge_temperature(given, got):
    """Accept what is right to 0.02: the perplexity of 200 verdicts goes in steps."""
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        enough = perplexity(named(verdicts(given["eps"], middle))) >= given["classes"]
        low, high = (low, middle) if enough else (middle, high)
    return explain(
        got,
        "temperature",
        high,
        rtol=0,
        atol=0.02,
        otherwise="put it into variety, with the same eps: is that the number of classes? (Get variety right first.) "
        "Halve the interval from 0 to 1, again and again, and keep the half that holds the answer",
    )


PARTS = (
    Part("sure", draw_codes, judge_sure),
    Part("variety", draw_codes, judge_variety),
    Part("inverse", draw_classes, judge_temperature),
)
