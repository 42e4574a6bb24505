"""Judges the exercise worth-of-a-dimension: what each dimension of a shipped VAE costs, and what it brings."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch

from course_lib import checkpoints, data, metrics
from course_lib.losses import log_likelihood
from exercises._compare import explain
from exercises._part import Part

from .collect import IMAGES, MODEL

CLOSE = {"rtol": 2e-3, "atol": 2e-3}
WORTH = "z is mean + σ · eps for both log-likelihoods; only column j differs, and there it is prior[:, j]"


@cache
def pictures():
    """The test images, (n, 784)."""
    return data.load(IMAGES).test.x.numpy()


def draw_images(rng):
    """Thirty test images, and noise of both kinds for each."""
    x = rng.choice(pictures(), 30, replace=False)
    eps, prior = rng.normal(size=(2, 30, 10)).astype("float32")
    return {"x": x, "eps": eps, "prior": prior}


@cache
def shipped():
    """The model, as it was shipped: learners get copies of their own."""
    return checkpoints.load(MODEL)


def judge_price(given, got):
    """Compare with the library's metric."""
    x = torch.from_numpy(given["x"])
    right = metrics.kl_per_dimension(shipped(), x).numpy()
    with torch.no_grad():
        q = shipped().encode(x)
    return explain(
        got,
        "price",
        right,
        rtol=1e-3,
        mistakes={
            "this is the KL of all dimensions together: one number for each is asked for": right.sum(),
            "this is the KL of each image: average over the images, not over the dimensions": q.kl().numpy(),
            "this is the sum over the images: their mean is asked for": right * len(x),
            "this is twice the KL: where is the ½?": 2 * right,
            "this is the variance of the mean codes: it finds active dimensions but is no price": np.var(
                q.mean.numpy(), axis=0, ddof=1
            ),
        },
        otherwise="take the KL formula of one dimension and average it over the images; all ten add up to the mean KL",
    )


def scores(given, replace, *, put_back=True):
    """The mean log-likelihood as it is, and the ten with `replace(q, prior, j)` in the place of z_j; nats."""
    x, eps, prior = (torch.from_numpy(given[name]) for name in ("x", "eps", "prior"))
    with torch.no_grad():
        q = shipped().encode(x)
        z = q.mean + q.std * eps
        whole, found = float(log_likelihood(shipped(), x, z).mean()), []
        for j in range(z.shape[1]):
            changed = z.clone() if put_back else z
            changed[:, j] = replace(q, prior, j)
            found.append(float(log_likelihood(shipped(), x, changed).mean()))
    return whole, np.array(found)


def falls(given, replace, **options):
    """How much the mean log-likelihood falls with each replacement: (10,), nats."""
    whole, after = scores(given, replace, **options)
    return whole - after


def from_the_prior(q, prior, j):
    """What the exercise asks for."""
    return prior[:, j]


def judge_worth(given, got):
    """Compare with other replacements, and with a loop that forgets to put the dimension back."""
    whole, after = scores(given, from_the_prior)
    right = whole - after
    n, pixels = given["x"].shape
    if not explain(got, "worth", right, otherwise=WORTH, **CLOSE):
        return []  # the mistakes take as long to measure as everything else together
    return explain(
        got,
        "worth",
        right,
        **CLOSE,
        mistakes={
            "this is what is left after the replacement, with its sign: the fall is asked for": -right,
            "you put 0 there: the decoder must not be told that the dimension is off, so draw from the prior": falls(
                given, lambda q, prior, j: 0.0
            ),
            "you put the mean code there, which still knows the image: draw from the prior": falls(
                given, lambda q, prior, j: q.mean[:, j]
            ),
            "this is another draw from the image's own cloud: a draw from the prior knows nothing of μ and σ": falls(
                given, lambda q, prior, j: q.mean[:, j] + q.std[:, j] * prior[:, j]
            ),
            "the dimensions replaced earlier were not put back: change a copy of z": falls(
                given, from_the_prior, put_back=False
            ),
            "these are sums over the images: their mean is asked for": right * n,
            "these are means over the pixels: a log-likelihood is their sum": right / pixels,
            "this is the log-likelihood after the replacement: subtract it from the one before": after,
        },
        otherwise=WORTH,
    )


def draw_balance(rng):
    """Prices and worths of seven dimensions, in no order."""
    price = rng.uniform(0.5, 2.5, size=7)
    return {"price": price, "worth": price * np.exp(rng.uniform(0.5, 3, size=7))}


def judge_balance(given, got):
    """Compare with the dimension that holds out longest, and with averages."""
    price, worth = given["price"], given["worth"]
    each = worth / price
    return explain(
        got,
        "beta",
        each.min(),
        rtol=1e-4,
        mistakes={
            "there the *last* dimension stops paying: the first is asked for": each.max(),
            "upside down: β times its price exceeds its worth": 1 / each.min(),
            "upside down, and the last: β times the price is held against the worth": 1 / each.max(),
            "there the dimensions pay no longer on average: the first one stops earlier": each.mean(),
            "there they all together pay no longer: the first one stops earlier": worth.sum() / price.sum(),
            "the dimension with the least worth need not be the first: it may be cheap": each[worth.argmin()],
            "the dearest dimension need not be the first: it may be worth it": each[price.argmax()],
            "this is the number of the dimension: its β is asked for": each.argmin(),
            "one number is asked for, the first of these": each,
            "this is worth minus price: the price is multiplied by β": (worth - price).min(),
        },
        otherwise="when does β · price_j exceed worth_j, for one j? Which j comes first?",
    )


PARTS = (
    Part("price", draw_images, judge_price),
    Part("worth", draw_images, judge_worth),
    Part("break-even", draw_balance, judge_balance),
)
