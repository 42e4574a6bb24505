"""Judges the exercise another-die: gradients of an exponential, by differences, autograd and quadrature."""

from __future__ import annotations

import numpy as np
import torch

from exercises._compare import explain
from exercises._part import Part

from .collect import wave, wave_slope


def draw_dice(rng):
    """A rate away from 1, where a rate and a mean are the same, and some standard exponential noise."""
    rate = np.exp(rng.uniform(0.3, 0.9) * rng.choice([-1, 1]))
    return {"a": rng.uniform(0.5, 2, size=3), "rate": rate, "eps": rng.exponential(size=6) + 0.05}


def judge_path(given, got):
    """Compare with central differences along the path of each draw."""
    a, rate, eps = (given[name] for name in ("a", "rate", "eps"))
    h = 1e-5 * rate
    path = (wave(a, eps / (rate + h)) - wave(a, eps / (rate - h))) / (2 * h)
    slope = wave_slope(a, eps / rate)
    return explain(
        got,
        "path",
        path,
        rtol=1e-4,
        atol=1e-6,
        mistakes={
            "wrong sign: with a larger rate, which way does each draw move?": -path,
            "this is the slope of f alone: how far does the draw move with the rate?": slope,
            "this is the slope times ε, as for the width of a normal distribution; here ε is divided": slope * eps,
            "the derivative of ε/λ with respect to λ has the square of λ below": -slope * eps / rate,
            "the slope is taken at ε: it belongs at the draw z": -wave_slope(a, eps) * eps / rate**2,
            "you drew z = λε: λ is the rate, so the mean of z is 1/λ": wave_slope(a, rate * eps) * eps,
            "this is the average: one estimate for each draw is asked for": path.mean(),
        },
        otherwise="differentiate f(z(λ)) by the chain rule, with ε held where it is; try f(z) = z first",
    )


def judge_score(given, got):
    """Compare with autograd through the log-density of torch.distributions."""
    rate = torch.tensor(float(given["rate"]), dtype=torch.float64, requires_grad=True)
    z = given["eps"] / given["rate"]
    log_q = torch.distributions.Exponential(rate).log_prob(torch.from_numpy(z))
    slopes = np.array([float(torch.autograd.grad(one, rate, retain_graph=True)[0]) for one in log_q])
    f, log_q, rate = wave(given["a"], z), log_q.detach().numpy(), float(given["rate"])
    score = f * slopes
    return explain(
        got,
        "score",
        score,
        rtol=1e-4,
        atol=1e-6,
        mistakes={
            "wrong sign: draws below the mean become likelier with a larger rate": -score,
            "this is the score alone: f(z) times it is asked for": slopes,
            "the density has λ in front as well as in the exponent; the logarithm of that is missing": -f * z,
            "you differentiated the density and not its logarithm": score * np.exp(log_q),
            "this is f times the log-density, not yet differentiated": f * log_q,
            "you took λ for the mean of z; it is the rate": f * (z - rate) / rate**2,
            "the logarithm of λ has the derivative 1/λ, not λ": f * (rate - z),
            "this is the average: one estimate for each draw is asked for": score.mean(),
        },
        otherwise="write down the log-density of z and differentiate it with respect to λ, with z held where it is",
    )


def judge_ratio(given, got):
    """Compare with quadrature, at λ = 1: exact for polynomials, and the ratio is the same at any rate."""
    eps, weights = np.polynomial.laguerre.laggauss(12)
    by_path, by_score = -eps, eps * (1 - eps)
    second = [weights @ values**2 for values in (by_path, by_score)]
    path, score = (s - (weights @ values) ** 2 for s, values in zip(second, (by_path, by_score), strict=True))
    return explain(
        got,
        "ratio",
        score / path,
        rtol=1e-3,
        mistakes={
            "this is a ratio of standard deviations: variances are asked for": np.sqrt(score / path),
            "it is the other way round: the score function is the noisier": path / score,
            "these are averages of squares: subtract the squares of the averages for a variance": second[1] / second[0],
            "subtract the squares of both averages, also the pathwise one's": score / second[0],
            "subtract the squares of both averages, also the score function's": second[1] / path,
        },
        otherwise="the moments of standard exponential noise are the factorials: which powers of ε do you need?",
    )


PARTS = (
    Part("path", draw_dice, judge_path),
    Part("score", draw_dice, judge_score),
    Part("ratio", lambda rng: {}, judge_ratio),
)
