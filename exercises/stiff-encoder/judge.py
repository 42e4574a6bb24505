"""Judges the exercise stiff-encoder: the bound by quadrature, its top by a search, the evidence by SciPy."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from course_lib.distributions import Gaussian
from exercises._compare import explain
from exercises._part import Part

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(8)  # exact for the squares that are averaged here


def bound(x, s2, var, w):
    """Mean ELBO of the straight-line model over x of shape (n,), each with the best mean and the same variance."""
    mean = w * x / (w**2 + s2)
    z = mean[:, None] + np.sqrt(var) * NODES
    reconstruction = norm.logpdf(x[:, None], w * z, np.sqrt(s2)) @ WEIGHTS / WEIGHTS.sum()
    column = torch.from_numpy(mean)[:, None]
    price = Gaussian(column, torch.full_like(column, np.log(var))).kl().numpy()
    return (reconstruction - price).mean()


def evidence(x, s2, w):
    """Mean log p(x), exact."""
    return norm.logpdf(x, 0, np.sqrt(w**2 + s2)).mean()


def top(function):
    """The weight w ≥ 0 at which a function with one maximum is largest, and its value there."""
    found = minimize_scalar(lambda w: -function(w), bounds=(0, 20), method="bounded", options={"xatol": 1e-8})
    return found.x, -found.fun


def draw_cases(rng):
    """Data far from centred, each case with a cloud too wide or too narrow for its posterior."""
    cases, n = 4, 7
    x = rng.normal(0.8, 1.5, size=(cases, n))
    square = (x**2).mean(axis=1)
    s2 = square * rng.uniform(0.08, 0.2, size=cases)
    stiff = np.exp(rng.uniform(0.6, 1.2, size=cases) * rng.choice([-1, 1], size=cases))
    return {"x": x, "s2": s2, "var": stiff * s2 / square}


def draw_useless(rng):
    """Noise so strong, or clouds so wide, that using the code costs more than it brings."""
    given = draw_cases(rng)
    square = (given["x"] ** 2).mean(axis=1)
    given["s2"] = square * np.array([0.6, 0.7, 1.2, 1.5]) * rng.uniform(0.95, 1.05, size=len(square))
    given["var"] = square / given["s2"] * rng.uniform(1.2, 2, size=len(square))
    return given


def draw_weights(rng):
    """Cases with a weight on either side of the best."""
    given = draw_cases(rng)
    square = (given["x"] ** 2).mean(axis=1)
    factor = np.exp(rng.uniform(0.2, 0.6, size=len(square)) * rng.choice([-1, 1], size=len(square)))
    return {"x": given["x"], "s2": given["s2"], "w": factor * np.sqrt(square - given["s2"])}


def judge_weight(given, got):
    """Compare with the top of the bound."""
    x, s2, var = given["x"], given["s2"], given["var"]
    n = x.shape[1]
    weight = np.array([top(lambda w, case=case: bound(*case, w))[0] for case in zip(x, s2, var, strict=True)])

    def at(total):  # the weight, were the variance of x under the model this number
        return np.sqrt(np.clip(total - s2, 0, None))

    square, single = (x**2).mean(axis=1), np.abs(x) * np.sqrt(s2 / var)[:, None]
    return explain(
        got,
        "weight",
        weight,
        rtol=1e-3,
        mistakes={
            "this weight is best for log p(x); the bound also counts how badly q fits, and q is stiff": at(square),
            "this is w²: take the root": weight**2,
            "this is w² + s², the variance of x under the model; w is asked for": weight**2 + s2,
            "you used var as a standard deviation": at(np.sqrt(square * s2) / var),
            "you used s2 as a standard deviation": at(s2 * np.sqrt(square / var)),
            "you centred x: the model's x has mean 0, whatever the data's is": at(np.sqrt(x.var(axis=1) * s2 / var)),
            "you divided a sum over the examples by n − 1; an average divides by n": at(
                np.sqrt(square * n / (n - 1) * s2 / var)
            ),
            "you summed over the examples where the average counts": at(np.sqrt(n * square * s2 / var)),
            "you averaged the weights that are best for single examples: one weight serves them all": np.sqrt(
                np.clip(single - s2[:, None], 0, None)
            ).mean(axis=1),
            "you averaged over the sizes of the x: the bound is an average over their squares": at(single.mean(axis=1)),
        },
        otherwise="write the bound as log p(x) minus the KL to the posterior, and collect what depends on T = w² + s²",
    )


def judge_useless(given, got):
    """A weight near 0; the bound is flat there, so a search may end a little above it."""
    return explain(
        got,
        "weight",
        np.zeros(len(given["s2"])),
        atol=0.03,
        mistakes={
            "this weight is best for log p(x); the bound also counts how badly q fits, and q is stiff": np.sqrt(
                np.clip((given["x"] ** 2).mean(axis=1) - given["s2"], 0, None)
            ),
        },
        otherwise="here the bound falls from w = 0 on: look at the ends of your range of w, or at what is under a root",
    )


def judge_lost(given, got):
    """Compare with the top of the evidence."""
    x, s2, w = given["x"], given["s2"], given["w"]
    n, cases = x.shape[1], list(zip(x, s2, w, strict=True))
    best = np.array([top(lambda w, one=one: evidence(one[0], one[1], w))[1] for one in cases])
    there = np.array([evidence(*one) for one in cases])
    lost = best - there
    centred = [(one[0] - one[0].mean(), one[1], one[2]) for one in cases]
    highest = np.array([top(lambda w, one=one: evidence(one[0], one[1], w))[1] for one in centred])
    return explain(
        got,
        "lost",
        lost,
        rtol=1e-3,
        atol=1e-5,
        mistakes={
            "this has the wrong sign: a loss is the best minus what there is, never below 0": -lost,
            "this is the sum over the examples: the average is asked for": n * lost,
            "this is twice the loss: a Gaussian's log-density has a ½ in front, of the logarithm too": 2 * lost,
            "these are bits: take the natural logarithm": lost / np.log(2),
            "this is log p(x) at the weight, not what it lacks": there,
            "you centred x: the model's x has mean 0, whatever the data's is": highest
            - np.array([evidence(*one) for one in centred]),
        },
        otherwise="the evidence of this model is a Gaussian density; at which variance is its mean logarithm largest?",
    )


PARTS = (
    Part("weight", draw_cases, judge_weight),
    Part("useless", draw_useless, judge_useless),
    Part("lost", draw_weights, judge_lost),
)
