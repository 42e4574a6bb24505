"""What can be said of images: how far they are off, how sure a judge is of them, how near to data they lie."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate, losses
from course_lib.metrics._blocks import Estimate, estimate, products, split, squared_norms


class Confidence(NamedTuple):
    """What a classifier says of each example.

    Attributes
    ----------
    confidence : Tensor
        Its probability of the class that it finds likeliest, shape (n,), from 1 / classes to 1.
    classes : Tensor
        That class, int64, shape (n,).
    """

    confidence: Tensor
    classes: Tensor


def reconstruction_error(model, x: Tensor) -> Estimate:
    """Squared error of `model.reconstruct(x)`, summed over pixels, averaged over examples.

    Parameters
    ----------
    model : any model of the course
        A VAE reconstructs through its mean code.
    x : Tensor
        Float, shape (n, D).

    Returns
    -------
    Estimate
        `.mean` at least 0 (divided by D it is the per-pixel MSE) and `.standard_error`. Hinton & Salakhutdinov (2006)
        report this number.
    """
    x = _validate.data_matrix(x)
    with torch.no_grad():
        errors = torch.cat([losses.squared_error(block, model.reconstruct(block)) for block in split(x)])
    return estimate(errors)


def confidence(judge, x: Tensor) -> Confidence:
    """How sure a classifier is of each example, and of which class.

    A sure judge is no proof of a digit: it has to choose among its classes even for noise. Report its confidence on
    noise beside its confidence on samples.

    Parameters
    ----------
    judge : Classifier
        Anything with `logits`: (n, D) → (n, classes).
    x : Tensor
        Float, shape (n, D).

    Returns
    -------
    Confidence
        `.confidence` of shape (n,), equal to the largest entry of softmax(logits), and `.classes` of shape (n,).
    """
    x = _validate.data_matrix(x)
    with torch.no_grad():
        largest = [judge.logits(block).softmax(dim=1).max(dim=1) for block in split(x)]
    return Confidence(torch.cat([values for values, _ in largest]), torch.cat([classes for _, classes in largest]))


def class_perplexity(classes: Tensor) -> float:
    """How many classes samples are spread over: from 1 (all in one) to the number of classes (all alike often).

    Parameters
    ----------
    classes : Tensor
        Integers of at least 0, shape (n,), such as `confidence(judge, x).classes`.

    Returns
    -------
    float
        Equal to exp(H), H the entropy in nats of the shares of the classes.
    """
    if classes.ndim != 1 or classes.is_floating_point() or not len(classes):
        got = f"{classes.dtype} of shape {tuple(classes.shape)}".removeprefix("torch.")
        raise ValueError(f"got classes as {got}, expected at least one integer class, shape (n,)")
    shares = torch.bincount(classes).double() / len(classes)
    return float(torch.special.entr(shares).sum().exp())


def nearest_squared_distance(x: Tensor, reference: Tensor) -> Tensor:
    """Squared distance of each example to the nearest one of a reference set.

    Smaller is not better: a decoder's averages lie nearer to the training images than real test images do, so that
    blur is rewarded.

    Parameters
    ----------
    x : Tensor
        Float, shape (n, D).
    reference : Tensor
        Same dtype, shape (m, D), such as training images.

    Returns
    -------
    Tensor
        Shape (n,), at least 0, summed over the D columns; exactly 0 for a row of the reference.
    """
    x = _validate.data_matrix(x)
    reference = _validate.data_matrix(reference, width=x.shape[1], like=x, name="reference")
    nearest = torch.empty(len(x), dtype=torch.int64)
    with torch.no_grad():
        # ‖x − r‖² = ‖x‖² − 2 x·r + ‖r‖² finds the nearest by one product, but rounds: its distance is computed anew.
        for rows, ranks in products(x, reference, squared_norms(reference)):
            nearest[rows] = ranks.argmin(dim=1)
        return losses.squared_error(x, reference[nearest])
