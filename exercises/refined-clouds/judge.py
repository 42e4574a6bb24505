"""Judges the exercise refined-clouds: the bound of any q by quadrature in the code plane, and a search for its top."""

from __future__ import annotations

import functools

import numpy as np
import torch

from course_lib import checkpoints, losses
from course_lib.distributions import Gaussian
from exercises._compare import explain
from exercises._part import Part

from .collect import MODEL, test_images

ENOUGH = 0.5  # of what the search gains; a search may end in another hill than the judge's
MOST = 3.0  # nats that one image can count: a few gain a hundred, and alone would decide


def exact_bound(vae, x, mean, logvar, nodes=8):
    """ELBO of each image, (n,), nats: Gauss-Hermite quadrature over the two coordinates of the code."""
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    eps = torch.cartesian_prod(*[torch.from_numpy(at).float()] * 2)
    weights = torch.from_numpy(np.outer(weights, weights).ravel() / weights.sum() ** 2).float()
    q = Gaussian(mean, logvar)
    z = mean[:, None] + q.std[:, None] * eps
    log_lik = losses.log_likelihood(vae, x.repeat_interleave(len(eps), dim=0), z.flatten(0, 1))
    return log_lik.view(len(x), -1) @ weights - q.kl()


def bound_of(vae, x, mean, logvar):
    """The same from and to NumPy, for numbers that may come from anywhere."""
    q = [torch.from_numpy(np.clip(np.asarray(a), -80, 80).astype(np.float32)) for a in (mean, logvar)]
    with torch.no_grad():
        return np.nan_to_num(exact_bound(vae, x, *q).double().numpy(), nan=-np.inf)


@functools.lru_cache(maxsize=16)
def search(rows):
    """The encoder's q and the best one, each (mean, logvar) as arrays, for rows of the test images."""
    vae, x = checkpoints.load(MODEL).requires_grad_(False), test_images()[list(rows)]
    start = vae.encode(x)
    best = [start.mean.clone().requires_grad_(), start.logvar.clone().requires_grad_()]
    solver = torch.optim.LBFGS(best, max_iter=40, line_search_fn="strong_wolfe")

    def closure():
        solver.zero_grad()
        (loss := -exact_bound(vae, x, *best, nodes=3).sum()).backward()
        return loss

    solver.step(closure)
    return (start.mean.numpy(), start.logvar.numpy()), tuple(a.detach().numpy() for a in best)


def draw_clouds(rng):
    """A few images, each with a cloud near the encoder's and wider than that."""
    rows = rng.choice(len(test_images()), size=3, replace=False)
    x = test_images()[rows]
    with torch.no_grad():
        q = checkpoints.load(MODEL).encode(x)
    mean = q.mean.numpy() + 0.02 * rng.normal(size=(3, 2))
    logvar = q.logvar.numpy() + rng.uniform(0.5, 1.2, size=(3, 2))
    return {"x": x.numpy(), "mean": mean.astype("float32"), "logvar": logvar.astype("float32")}


def draw_images(rng):
    """Rows of the test images."""
    return {"rows": rng.choice(len(test_images()), size=12, replace=False)}


def judge_bound(given, got):
    """Compare to within two nats: thousands of draws leave an error of less."""
    vae = checkpoints.load(MODEL)
    x, mean, logvar = (torch.from_numpy(given[name]) for name in ("x", "mean", "logvar"))
    right = bound_of(vae, x, mean, logvar)
    q = Gaussian(mean, logvar)
    kl = q.kl().numpy()
    with torch.no_grad():
        of_mean = losses.log_likelihood(vae, x, mean).numpy() - kl
    return explain(
        got,
        "bound",
        right,
        rtol=0,
        atol=2,
        mistakes={
            "this is the negative ELBO: a bound on log p(x) is asked for": -right,
            "the price has the wrong sign: a bound is reconstruction minus KL": right + 2 * kl,
            "this is the reconstruction alone: what does the code cost?": right + kl,
            "you decoded the mean of q; the bound averages log p(x | z) over draws of z": of_mean,
            "you decoded the mean of q, and its code costs something too": of_mean + kl,
            "you read logvar as log σ": bound_of(vae, x, mean, 2 * logvar),
            "this is an average over the images: one number for each is asked for": right.mean(),
            "this is a sum over the images: one number for each is asked for": right.sum(),
            "this is a mean over the pixels: the log-likelihood of an image is their sum": (right + kl) / 784 - kl,
        },
        otherwise="average log p(x | z) over two thousand draws for each image; is it far off, or just noisy?",
    )


def judge_refined(given, got):
    """Ask how much of what a search gains the answer gains too."""
    rows = tuple(given["rows"].tolist())
    start, best = search(rows)
    readable = explain(got, "mean", np.zeros((len(rows), 2)), atol=80, otherwise="codes lie within a few units of 0")
    readable += explain(got, "logvar", np.zeros((len(rows), 2)), atol=80, otherwise="log σ² of a code is moderate")
    readable += explain(
        got, "moved", 0, atol=1e-6, otherwise="the weights have changed: only q may move, so give q to the optimiser"
    )
    if readable:
        return readable
    vae, x = checkpoints.load(MODEL), test_images()[list(rows)]
    mean, logvar = np.asarray(got["mean"], dtype=np.float64), np.asarray(got["logvar"], dtype=np.float64)
    before, most = bound_of(vae, x, *start), bound_of(vae, x, *best)

    def share(mean, logvar):
        gained = bound_of(vae, x, mean, logvar) - before
        return np.clip(gained, -MOST, MOST).sum() / np.clip(most - before, 0, MOST).sum()

    if share(mean, logvar) >= ENOUGH:
        return []
    if np.allclose(mean, start[0], atol=1e-3) and np.allclose(logvar, start[1], atol=1e-3):
        return ["this is still the encoder's own answer"]
    with np.errstate(all="ignore"):
        from_var, from_std = (np.nan_to_num(k * np.log(logvar), nan=0.0) for k in (1, 2))
    if max(share(mean, from_var), share(mean, from_std)) >= ENOUGH:
        return ["your second tensor holds σ² or σ: its logarithm is asked for, log σ²"]
    wider = np.median(logvar - best[1])
    if wider < -1:
        return ["your clouds are much narrower than the best ones: without the price nothing keeps a cloud wide"]
    if wider > 1:
        return [
            "your clouds are much wider than the best ones: an estimate that draws once and for all, or decodes the "
            "mean, does not feel how wide they are"
        ]
    return ["your clouds gain too little over the encoder's: does the bound of each image rise, and for long enough?"]


PARTS = (
    Part("bound", draw_clouds, judge_bound),
    Part("refine", draw_images, judge_refined),
)
