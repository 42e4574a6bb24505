"""Straight lines between codes: how many of the frames on the way a judge is sure of."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate, latent
from course_lib.metrics._blocks import Estimate, estimate, split
from course_lib.metrics.samples import confidence


class InterpolationValidity(NamedTuple):
    """Shares of frames that a judge is sure of, from 0 to 1, with standard errors over lines.

    Attributes
    ----------
    between : Estimate
        Of the frames between the two ends.
    ends : Estimate
        Of the two ends: the yardstick, because a decoder that blurs its reconstructions blurs what lies between too.
    """

    between: Estimate
    ends: Estimate


def interpolation_validity(
    model, judge, a: Tensor, b: Tensor, *, steps: int = 11, sure: float = 0.9
) -> InterpolationValidity:
    """Decode straight lines between pairs of codes and let a judge look at each frame.

    Parameters
    ----------
    model : any model of the course
        Anything with `decode`: (n, d) → (n, D).
    judge : Classifier
        Anything with `logits`: (n, D) → (n, classes).
    a, b : Tensor
        Codes, float, shape (n, d): row i of both are the ends of line i. Choose pairs of different classes; within a
        class there is little to cross.
    steps : int
        Frames on each line, both ends included; at least 3. With 3, `between` is the frame half-way.
    sure : float
        The judge is sure of a frame if its confidence is above this; between 0 and 1.

    Returns
    -------
    InterpolationValidity
        `.between` and `.ends`; the standard errors are over lines, since the frames of one line depend on each other.

    Raises
    ------
    ValueError, TypeError
        If the shapes differ, codes or pictures are not finite, or steps or sure are out of range.

    Notes
    -----
    Sure is not right: a judge has to choose among its classes even for noise (`confidence`). A decoder that jumps from
    one digit to the next has no doubtful frame, so that a high share is no proof of a smooth way; one that draws the
    same digit everywhere has none either (`class_perplexity` would tell). Compare models on the same pairs of examples,
    and subtract pair by pair.
    """
    a, b = _validate.data_matrix(a, name="a"), _validate.data_matrix(b, name="b")
    _validate.same_shape(a, b, ("a", "b"))
    if _validate.positive_int(steps, "steps") < 3:
        raise ValueError(f"got steps = {steps!r}, expected at least 3: two ends and a frame between them")
    if not 0 < _validate.positive_number(sure, "sure") < 1:
        raise ValueError(f"got sure = {sure!r}, expected a confidence between 0 and 1")
    with torch.no_grad():
        codes = latent.lerp(a, b, steps).flatten(0, 1)
        trust = torch.cat([confidence(judge, model.decode(block)).confidence for block in split(codes)])
    passed = (trust > sure).double().unflatten(0, (len(a), steps))
    return InterpolationValidity(estimate(passed[:, 1:-1].mean(dim=1)), estimate(passed[:, [0, -1]].mean(dim=1)))
