"""Judges the exercise best-noise: the noise variance that fits best, found here by a search over the likelihood."""

from __future__ import annotations

import numpy as np
import torch
from scipy.optimize import minimize_scalar

from course_lib.losses import gaussian_log_likelihood
from exercises._compare import explain
from exercises._part import Part


def draw_batch(rng):
    """Images and reconstructions that are off by something with a mean of its own; n, D differ and are no 2."""
    n, pixels = rng.integers(4, 7), rng.integers(8, 12)
    x = rng.uniform(size=(n, pixels))
    scale = rng.uniform(0.05, 0.25)
    return {"x": x, "x_hat": x + scale * (rng.normal(size=(n, pixels)) + rng.uniform(0.5, 1))}


def negative(x, x_hat, variance):
    """The mean over the images of −log N(x; x̂, variance), a tensor of shape (), by the library."""
    return -gaussian_log_likelihood(x, x_hat, variance).mean()


def right(given):
    """The variance, the loss and its gradient in x̂, the last at a fixed variance."""
    x, x_hat = (torch.from_numpy(given[name]) for name in ("x", "x_hat"))

    def at(log_variance):
        return float(negative(x, x_hat, float(np.exp(log_variance))))

    variance = float(np.exp(minimize_scalar(at, bounds=(-15, 5), method="bounded", options={"xatol": 1e-10}).x))
    loss = negative(x, x_hat.requires_grad_(), variance)
    # At the best variance the loss is flat in it, so that following x̂ through the variance adds nothing.
    return variance, loss.item(), torch.autograd.grad(loss, x_hat)[0].numpy()


def judge_variance(given, got):
    """Compare with another average and with a standard deviation."""
    s2, _, _ = right(given)
    residual = given["x"] - given["x_hat"]
    n, pixels = residual.shape
    return explain(
        got,
        "s2",
        s2,
        rtol=1e-4,
        mistakes={
            f"this is the sum over the {pixels} pixels: each of them is one observation of the noise": s2 * pixels,
            "this is the sum over all pixels of all images: each of them is one observation of the noise": s2
            * n
            * pixels,
            "this is a standard deviation: the variance is asked for": np.sqrt(s2),
            "you took the mean of the residual off: the Gaussian is centred at x̂, whatever is left": residual.var(),
            "you took the mean of the residual off, and n − 1: the Gaussian is centred at x̂": residual.var(ddof=1),
            "one number for the whole batch: this is one for each image": (residual**2).mean(axis=1),
            "one number for the whole batch: this is one for each pixel": (residual**2).mean(axis=0),
            "n − 1 makes a variance unbiased when a mean was estimated: here is none, and the maximum asks for n": s2
            * residual.size
            / (residual.size - 1),
            "this is half of the variance: the ½ is in front of both terms of the log-likelihood": s2 / 2,
            "this is twice the variance: the ½ is in front of both terms of the log-likelihood": s2 * 2,
        },
        otherwise="write the log-likelihood of the batch with s², set its derivative to 0 and solve",
    )


def judge_loss(given, got):
    """Compare with what is left if a piece is dropped."""
    s2, loss, _ = right(given)
    n, pixels = given["x"].shape
    half = pixels / 2
    return explain(
        got,
        "loss",
        loss,
        rtol=1e-4,
        mistakes={
            "this is the log-likelihood: a loss is its negative": -loss,
            "the error term is missing: at the best variance it is a constant, but not 0": loss - half,
            "the error term is there twice": loss + half,
            "the 2π is missing: it is part of a density": loss - half * np.log(2 * np.pi),
            "only the logarithm of the variance is left: a density has a 2π and an error term too": half * np.log(s2),
            "this is the mean over the pixels: a log-likelihood is their sum": loss / pixels,
            f"this is the sum over the {n} images: their mean is asked for": loss * n,
            "you took log s² where log s, its half, belongs": 2 * loss - half,
            "this is twice the loss: there is a ½ in front": 2 * loss,
            "one number for each image is not yet their mean": per_image(given, s2),
        },
        otherwise="put your variance into the library's gaussian_log_likelihood: its mean must be minus your loss",
    )


def per_image(given, s2):
    """The loss of each image, shape (n,)."""
    return -gaussian_log_likelihood(torch.from_numpy(given["x"]), torch.from_numpy(given["x_hat"]), s2).numpy()


def judge_gradient(given, got):
    """Compare with a gradient that was cut somewhere."""
    _, _, gradient = right(given)
    n, pixels = given["x"].shape
    return explain(
        got,
        "gradient",
        gradient,
        rtol=1e-4,
        mistakes={
            "nothing of the gradient reaches x̂: is the variance detached, or a number, and x̂ nowhere else?": 0
            * gradient,
            "this is twice the gradient: the variance is detached in one term and not in the other": 2 * gradient,
            "the gradient points the wrong way: training would make the error larger": -gradient,
            "the gradient is too small by the number of pixels: a log-likelihood is their sum": gradient / pixels,
            "the gradient is too large by the number of images: their mean is asked for": gradient * n,
        },
        otherwise="get the loss right first; then detach nothing, or the variance everywhere",
    )


PARTS = (
    Part("variance", draw_batch, judge_variance),
    Part("loss", draw_batch, judge_loss),
    Part("gradient", draw_batch, judge_gradient),
)
