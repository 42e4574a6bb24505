"""Judges the exercise two-steps-in-one: the noise between two times, by taking the steps one by one."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part


def step_by_step(beta, s, t):
    """Scale and variance of q(x_t | x_s), followed through every step."""
    scale, variance = 1.0, 0.0
    for b in beta[s + 1 : t + 1]:
        scale, variance = np.sqrt(1 - b) * scale, (1 - b) * variance + b
    return scale, variance


def draw_schedule(rng):
    """A schedule of thirty uneven steps, and six pairs of times; never from the data itself."""
    beta = np.concatenate([[0.0], rng.uniform(0.02, 0.2, size=30)])
    s = rng.integers(2, 20, size=6)
    return {"beta": beta, "s": s, "t": s + rng.integers(2, 10, size=6)}


def judge_jumps(given, got):
    """Compare with the chain of steps and with the usual mistakes, the scale first."""
    beta, pairs = given["beta"], list(zip(given["s"].tolist(), given["t"].tolist(), strict=True))
    scale, variance = np.array([step_by_step(beta, s, t) for s, t in pairs]).T
    early, whole = (np.array([step_by_step(beta, first, t)[0] for first, t in ends]) for ends in _wrong_starts(pairs))
    wrong = explain(
        got,
        "scale",
        scale,
        rtol=1e-5,
        mistakes={
            "your product has one factor too many: β_s belongs to the step that led to x_s": early,
            "this is the scale of a jump from the data: x_s has gone a part of that way already": whole,
            "this is what a variance is multiplied with: the scale of x_s is its square root": scale**2,
        },
        otherwise="put the first step into the second one, for t = s + 2, and collect what stands before x_s",
    )
    return wrong or explain(
        got,
        "variance",
        variance,
        rtol=1e-5,
        mistakes={
            "you added up the β: noise that came early is shrunk by the steps that come after it": [
                beta[s + 1 : t + 1].sum() for s, t in pairs
            ],
            "this is a standard deviation: the variance is asked for": np.sqrt(variance),
            "this is the difference of what is left of the data: divide instead": [
                np.prod(1 - beta[: s + 1]) - np.prod(1 - beta[: t + 1]) for s, t in pairs
            ],
            "this is the noise of a jump from the data: x_s has some of it already": 1 - whole**2,
        },
        otherwise="a step turns a variance u into (1 − β) u + β: begin with 0 at x_s",
    )


def _wrong_starts(pairs):
    return [(s - 1, t) for s, t in pairs], [(0, t) for _, t in pairs]


def draw_half(rng):
    """A schedule whose data fall below a half somewhere in the middle."""
    return {"beta": np.concatenate([[0.0], rng.uniform(0.01, 0.08, size=60)])}


def judge_half(given, got):
    """Compare with the chain's own variance of noise passing one half."""
    noise = np.array([step_by_step(given["beta"], 0, t)[1] for t in range(len(given["beta"]))])
    first = int(np.argmax(noise > 0.5))
    return explain(
        got,
        "half_time",
        first,
        rtol=0,
        atol=0,
        mistakes={
            "at this time still more than half is the data's; or did you count from 1? β_0 belongs to the data": first
            - 1,
            "this time is one too late": first + 1,
            "here the scale has fallen below a half, and with it three quarters of the variance are noise": int(
                np.argmax(noise > 0.75)
            ),
        },
        otherwise="the data's share of the variance is the square of the scale of a jump from 0 to t",
    )


PARTS = (
    Part("jump", draw_schedule, judge_jumps),
    Part("half-time", draw_half, judge_half),
)
