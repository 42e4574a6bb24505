"""Collects what the functions of the exercise refined-clouds return."""

from __future__ import annotations

import functools

import torch

from course_lib import checkpoints, data
from exercises._collector import Collector

MODEL, IMAGES = "vae-2d-digits-28", "digits-28"


@functools.cache
def test_images():
    """The held-out images, shape (360, 784)."""
    return data.load(IMAGES).test.x


def collect_bound(answer, given):
    """Collect the bounds of the clouds."""
    vae = checkpoints.load(MODEL)
    return {"bound": answer(vae, given["x"], given["mean"], given["logvar"])}


def collect_refined(answer, given):
    """Collect the refined clouds, and how far the weights of the model have moved meanwhile."""
    vae, x = checkpoints.load(MODEL), test_images()[given["rows"]].clone()
    before = torch.nn.utils.parameters_to_vector(vae.parameters()).detach().clone()
    mean, logvar = answer(vae, x)
    after = torch.nn.utils.parameters_to_vector(vae.parameters()).detach()
    return {"mean": mean, "logvar": logvar, "moved": (after - before).abs().max()}


COLLECTORS = (
    Collector("bound", "bound", collect_bound),
    Collector("refine", "refine", collect_refined),
)
