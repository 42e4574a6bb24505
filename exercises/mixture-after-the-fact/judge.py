"""Judges the exercise mixture-after-the-fact: densities of fitted mixtures, written out with SciPy."""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture

from course_lib import checkpoints, data
from exercises._compare import explain
from exercises._part import Part

MODEL, IMAGES = "ae-2d-digits-28", "digits-28"


@functools.cache
def all_codes():
    """The codes of the training and of the test images, arrays of shape (n, 2)."""
    model, images = checkpoints.load(MODEL), data.load(IMAGES)
    with torch.no_grad():
        return tuple(model.encode(split.x).double().numpy() for split in (images.train, images.test))


def log_densities(codes, others, components):
    """Of `others`, under a mixture fitted to `codes`: (m,), nats."""
    fitted = GaussianMixture(int(components), random_state=0).fit(codes)
    terms = [
        np.log(weight) + multivariate_normal.logpdf(others, mean, covariance)
        for weight, mean, covariance in zip(fitted.weights_, fitted.means_, fitted.covariances_, strict=True)
    ]
    return logsumexp(np.array(terms), axis=0)


def twisted(offset, alpha, scale):
    """The twist of chapter 5 as a rotation of each row of an array (n, 2)."""
    angle = alpha * np.hypot(*offset.T) / scale
    u, v = offset.T
    return np.stack([u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)], axis=1)


def draw_codes(rng):
    """Few codes to fit and few to hold out, so that it shows which are which."""
    train, test = all_codes()
    return {
        "codes": train[rng.choice(len(train), size=150, replace=False)],
        "held_out": test[rng.choice(len(test), size=120, replace=False)],
        "components": rng.integers(8, 13),
    }


def draw_groups(rng):
    """Codes of a few far groups; one of the candidates merges them, one has far too many components."""
    groups, d = rng.integers(5, 8), 3
    centres = 8 * rng.permutation(np.stack(np.meshgrid(*[[-1, 1]] * d), axis=-1).reshape(-1, d))[:groups]
    kind = rng.integers(groups, size=320)
    z = centres[kind] + rng.normal(size=(320, d))
    return {"codes": z[:160], "held_out": z[160:], "candidates": rng.permutation([3, groups, 40])}


def draw_plane(rng):
    """Held-out codes from one side of the plane, so that their mean is another, and a twist in either direction."""
    train, test = all_codes()
    along = test @ rng.normal(size=2)
    test = test[along > np.median(along)]
    return {
        "codes": train[rng.choice(len(train), size=250, replace=False)],
        "held_out": test[rng.choice(len(test), size=100, replace=False)],
        "alpha": rng.uniform(3, 5) * rng.choice([-1, 1]),
        "scale": train.std(axis=0).max(),
    }


def judge_nats(given, got):
    """Compare with the densities written out."""
    codes, held_out, k = (given[name] for name in ("codes", "held_out", "components"))
    each = log_densities(codes, held_out, k)
    nats = each.mean()
    return explain(
        got,
        "nats",
        nats,
        atol=2e-3,
        rtol=0,
        mistakes={
            "this is the score of the codes that the mixture was fitted to: it always likes those": log_densities(
                codes, codes, k
            ).mean(),
            "you fitted the mixture to the held-out codes: then nothing is held out": log_densities(
                held_out, held_out, k
            ).mean(),
            "fitted to the held-out codes and tried on the others: it is the other way round": log_densities(
                held_out, codes, k
            ).mean(),
            "you fitted the mixture to all codes, also to those held out": log_densities(
                np.concatenate([codes, held_out]), held_out, k
            ).mean(),
            "this is the sum over the held-out codes: nats per code are asked for": each.sum(),
            "these are the log-densities of each code: their mean is asked for": each,
            "wrong sign: the larger the density, the larger the score": -nats,
            "this is the logarithm of the mean density; the mean of the logarithms is asked for": logsumexp(each)
            - np.log(len(each)),
            "this is per coordinate: nats per code are asked for": nats / codes.shape[1],
            "these are bits: nats are asked for": nats / np.log(2),
        },
        otherwise="fit GaussianMixture(components, random_state=0) to codes, and leave its other options as they are",
    )


def judge_choice(given, got):
    """The candidate with the best held-out score: the groups lie so far apart that it is never close."""
    codes, held_out, candidates = (given[name] for name in ("codes", "held_out", "candidates"))
    outside = [log_densities(codes, held_out, k).mean() for k in candidates]
    inside = [log_densities(codes, codes, k).mean() for k in candidates]
    return explain(
        got,
        "choice",
        candidates[np.argmax(outside)],
        mistakes={
            "the codes that were fitted always support more components; ask those held out": candidates[
                np.argmax(inside)
            ],
            "this candidate is too small for the groups that there are: the larger the score, the better": 3,
            "this is a place in the list: the number of components that stands there is asked for": np.argmax(outside),
        },
        otherwise="return the one of the candidates whose held_out_nats is the largest, as a whole number",
    )


def judge_cost(given, got):
    """Compare with the densities of codes twisted by rotations."""
    codes, held_out, alpha, scale = (given[name] for name in ("codes", "held_out", "alpha", "scale"))
    centre, own = codes.mean(axis=0), held_out.mean(axis=0)
    before = log_densities(codes, held_out, 10).mean()
    moved = twisted(codes - centre, alpha, scale)

    def cost(others):
        return before - log_densities(moved, others, 10).mean()

    right = cost(twisted(held_out - centre, alpha, scale))
    return explain(
        got,
        "cost",
        right,
        atol=2e-3,
        rtol=0,
        mistakes={
            "wrong sign: the cost is the score as trained minus the score when twisted": -right,
            "you centred the held-out codes at a mean of their own: one and the same map twists both": cost(
                twisted(held_out - own, alpha, scale)
            ),
            "the held-out codes have not been twisted": cost(held_out - centre),
            "you twisted about 0: the centre is the mean code": before
            - log_densities(twisted(codes, alpha, scale), twisted(held_out, alpha, scale), 10).mean(),
            "this is the score of the twisted codes: what was it before?": before - right,
        },
        otherwise="twist codes and held_out about the mean of codes; both scores come from held_out_nats with 10",
    )


PARTS = (
    Part("score", draw_codes, judge_nats),
    Part("choice", draw_groups, judge_choice),
    Part("twist", draw_plane, judge_cost),
)
