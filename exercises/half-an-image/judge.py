"""Judges the exercise half-an-image: codes from some of the pixels, by the pseudo-inverse, and what they are worth."""

from __future__ import annotations

from functools import cache

import numpy as np

from course_lib import data
from exercises._compare import explain
from exercises._part import Part

from .collect import NAMES


@cache
def digits():
    """Training and test images of 64 pixels, float32."""
    images = data.load("digits")
    return images.train.x.numpy(), images.test.x.numpy()


def draw_plane(rng):
    """Images beside a plane that does not pass through the origin; also what is not seen has a value."""
    n, d, size = int(rng.integers(5, 8)), int(rng.integers(3, 5)), int(rng.integers(12, 16))
    components = np.linalg.qr(rng.normal(size=(size, d)))[0].T
    mean = rng.uniform(0.5, 2, size=size)
    x = mean + 2 * rng.normal(size=(n, d)) @ components + 0.3 * rng.normal(size=(n, size))
    seen = rng.permutation(size) < size - 4
    return {"x": x, "seen": seen, "mean": mean, "components": components}


def draw_digits(rng):
    """Some training and test images, a checkerboard and a half, each with its own width."""
    train, test = digits()
    pixel = np.arange(64)
    half = rng.permutation([pixel < 32, pixel >= 32, pixel % 8 < 4, pixel % 8 >= 4])[0]
    return {
        "train": train[rng.choice(len(train), 400, replace=False)],
        "test": test[rng.choice(len(test), 60, replace=False)],
        "seen": np.stack([(pixel // 8 + pixel) % 2 == rng.integers(2), half]),
        "d": np.array([rng.integers(8, 13), rng.integers(3, 7)]),
    }


def best_code(x, seen, mean, components):
    """The codes by the pseudo-inverse, (n, d)."""
    return (x - mean)[:, seen] @ np.linalg.pinv(components[:, seen])


def projected(x, seen, mean, components):
    """The codes if the seen rows were orthonormal; also what filling in the mean gives."""
    return (x - mean)[:, seen] @ components[:, seen].T


def from_white(x, seen, mean, components):
    """The codes if what is not seen were 0."""
    return (np.where(seen, x, 0) - mean) @ components.T


def from_all(x, seen, mean, components):
    """The codes of the whole images."""
    return (x - mean) @ components.T


def uncentred(x, seen, mean, components):
    """The codes of images from which nothing was subtracted."""
    return x[:, seen] @ np.linalg.pinv(components[:, seen])


MISTAKES = {
    "this projects onto the seen rows of the components as if they were orthonormal; are they?": projected,
    "what is not seen counts as white: that is an observation, and a wrong one": from_white,
    "the mean is not subtracted: the plane does not pass through the origin": uncentred,
    "this uses pixels that it must not see": from_all,
}


def judge_codes(given, got):
    """Compare with the pseudo-inverse."""
    given = [given[name] for name in NAMES]
    codes = best_code(*given)
    return explain(
        got,
        "codes",
        codes,
        mistakes={message: mistake(*given) for message, mistake in MISTAKES.items()}
        | {"these are the codes transposed: one row for each image": codes.T},
        otherwise="decode your codes: no other codes may have a smaller squared error on the seen pixels",
        rtol=1e-4,
        atol=1e-5,
    )


def errors(given, code=best_code, fit="train", where=np.logical_not, average=lambda e: e.sum(1).mean()):
    """The error of both views, with one thing changed."""
    found, test = [], given["test"].astype(np.float64)
    for seen, d in zip(given["seen"], given["d"], strict=True):
        images = given[fit].astype(np.float64)
        mean = images.mean(axis=0)
        components = np.linalg.svd(images - mean, full_matrices=False)[2][:d]
        drawn = mean + code(test, seen, mean, components) @ components
        found.append(average((test - drawn)[:, where(seen)] ** 2))
    return np.array(found)


def judge_digits(given, got):
    """Compare with a fit by singular values; all of it in float64, so a per cent is left for float32."""
    right = errors(given)
    return explain(
        got,
        "errors",
        right,
        mistakes={message: errors(given, code=mistake) for message, mistake in MISTAKES.items()}
        | {
            "this is the error over all pixels; only those that are not seen count": errors(given, where=np.ones_like),
            "this is the error on the pixels that are seen, which is the easy part": errors(given, where=np.array),
            "this is a mean per pixel: sum over the pixels, average over the images": errors(given, average=np.mean),
            "this is the sum over the test images: their mean is asked for": errors(given, average=np.sum),
            "your PCA was fitted to the test images": errors(given, fit="test"),
        },
        otherwise="are your codes right (the first part)? Then decode them, and look only where nothing was seen",
        rtol=1e-2,
    )


PARTS = (
    Part("code", draw_plane, judge_codes),
    Part("digits", draw_digits, judge_digits),
)
