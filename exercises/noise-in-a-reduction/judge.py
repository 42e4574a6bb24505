"""Judges the exercise noise-in-a-reduction: which noise variance a loss has chosen, by the library's Gaussian ELBO."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.losses import gaussian_log_likelihood
from exercises._compare import explain
from exercises._part import Part

AS_SUMS = "write both terms as sums over images, pixels and dimensions with a factor in front: these are your a and b"


def right(a, b):
    """The s² at which b times the negative Gaussian ELBO charges a for a unit of squared error."""
    # The likelihood charges c / s² for it, and c is read off the library's: two images, 0 and 1 away, one pixel.
    near, far = gaussian_log_likelihood(torch.zeros(2, 1), torch.tensor([[0.0], [1.0]]), 1.0).tolist()
    return np.asarray(b) * (near - far) / np.asarray(a)


def draw_weights(rng):
    """Any two positive weights."""
    return {"a": np.exp(rng.uniform(-3, 3, size=5)), "b": np.exp(rng.uniform(-3, 3, size=5))}


def judge_weights(given, got):
    """Compare with the usual slips."""
    a, b = given["a"], given["b"]
    s2 = right(a, b)
    return explain(
        got,
        "s2",
        s2,
        rtol=1e-4,
        mistakes={
            "this is twice the variance: a Gaussian's exponent has a ½": 2 * s2,
            "this is half of the variance: is the ½ of the exponent used twice?": s2 / 2,
            "this is a standard deviation: the variance is asked for": np.sqrt(s2),
            "this is 1/s²: the larger the noise, the less an error costs": 1 / s2,
            "a and b are exchanged: a dear KL means much noise": right(b, a),
        },
        otherwise="divide the loss by b, so that the KL has weight 1, and hold the other term against the likelihood",
    )


def draw_sizes(rng):
    """Images, pixels and latent dimensions: all different, none of them 1 or 2."""
    n, pixels, dims = rng.permutation([rng.integers(20, 60), rng.integers(100, 900), rng.integers(3, 19)])
    return {"n": n, "pixels": pixels, "dims": dims}


def judge_both_means(given, got):
    """Compare with a reduction taken for another."""
    n, pixels, dims = (float(given[size]) for size in ("n", "pixels", "dims"))
    s2 = float(right(1 / pixels, 1 / dims))
    return explain(
        got,
        "s2",
        s2,
        rtol=1e-4,
        mistakes={
            "the KL is averaged too, over the latent dimensions": pixels / 2,
            "the KL is divided by the dimensions, and with it its weight; yours is multiplied": pixels * dims / 2,
            "the mean over the pixels makes the error cheap, and so the noise large: yours is upside down": 1 / s2,
            "this is twice the variance: a Gaussian's exponent has a ½": 2 * s2,
            "the number of images cancels: both terms are divided by it": n * s2,
            "the number of images cancels, because both terms are divided by it": s2 / n,
        },
        otherwise=AS_SUMS,
    )


def judge_sum_and_mean(given, got):
    """Compare with a reduction taken for another."""
    n, pixels, dims = (float(given[size]) for size in ("n", "pixels", "dims"))
    s2 = float(right(1, 1 / n))
    return explain(
        got,
        "s2",
        s2,
        rtol=1e-4,
        mistakes={
            "that would be right if both were summed over the images: the KL is averaged over them": 0.5,
            "upside down: an error that is summed over the images is dear, so the noise small": n / 2,
            "this is twice the variance: a Gaussian's exponent has a ½": 2 * s2,
            "the squared error is summed over the pixels here, not averaged": pixels / (2 * n),
            "the KL is summed over the latent dimensions here, not averaged": s2 / dims,
        },
        otherwise=AS_SUMS,
    )


PARTS = (
    Part("variance", draw_weights, judge_weights),
    Part("both-means", draw_sizes, judge_both_means),
    Part("sum-and-mean", draw_sizes, judge_sum_and_mean),
)
