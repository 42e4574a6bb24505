"""Judges the exercise pull-and-push: the gradient of UMAP's loss, which automatic differentiation gives too."""

from __future__ import annotations

import numpy as np
import torch

from exercises._compare import explain
from exercises._part import Part

NAMES = ("z", "w", "a", "b")


def draw_map(rng):
    """Places, weights of the edges with some of exactly 0 and 1, and a curve. Not n = 2, nor b = 1."""
    n = rng.integers(5, 8)
    upper = np.triu(rng.uniform(size=(n, n)), 1)
    upper[0, 1:3] = 0, 1
    curve = {"a": rng.uniform(0.8, 2), "b": rng.uniform(0.6, 0.9)}
    return {"z": rng.normal(size=(n, 2)), "w": upper + upper.T, **curve}


def draw_close(rng):
    """Pairs of places a millionth apart, in float32: there v is 1, although its distance to 1 is an ordinary number."""
    given = draw_map(rng)
    n = len(given["z"])
    pairs = rng.integers(-3, 4, size=(n, 2)) * 1e-6 + np.arange(n)[:, None] * [2e-6, 7e-6]
    return given | {"z": pairs.astype("float32"), "w": given["w"].astype("float32")}


def gradients(z, w, a, b):
    """The gradients of the attracting and of the repelling half, each (n, 2), by automatic differentiation."""
    z, w = (torch.as_tensor(x, dtype=torch.float64) for x in (z, w))
    i, j = torch.triu_indices(len(z), len(z), offset=1)
    edge, found = w[i, j], {}
    for half, weight in (("pull", edge), ("push", 1 - edge)):
        leaf = z.clone().requires_grad_()
        odds = float(a) * (leaf[i] - leaf[j]).square().sum(dim=1) ** float(b)  # (1 − v) / v
        cost = odds.log1p() if half == "pull" else odds.log1p() - odds.log()  # −log v, −log(1 − v)
        found[half] = torch.autograd.grad((weight * cost).sum(), leaf)[0].numpy()
    return found


def judging(name, otherwise, **tolerances):
    """A function that compares one gradient with the right one and with the usual mistakes."""

    def judge(given, got):
        z, w, a, b = (given[key] for key in NAMES)
        other = "push" if name == "pull" else "pull"
        right, all_edges = gradients(z, w, a, b)[name], np.full_like(w, name == "pull")
        mistakes = {
            "this is the direction in which the point moves: the gradient points the other way": -right,
            "this is twice the gradient: each pair stands once in the loss, i < j": 2 * right,
            "this is half of the gradient: ‖z_i − z_j‖² has gradient 2 (z_i − z_j) in z_i": right / 2,
            "a factor b is missing: differentiate the power, with its exponent": right / b,
            "the exponent of the distance is 2b; your curve has b in its place": gradients(z, w, a, b / 2)[name],
            "your curve has b = 1: keep the exponent when you differentiate": gradients(z, w, a, 1.0)[name],
            "you took the other weight: w pulls, 1 − w pushes": gradients(z, 1 - w, a, b)[name],
            "every pair has weight 1 here: where is the weight of the edge?": gradients(z, all_edges, a, b)[name],
            "the two halves are exchanged: −log v pulls, −log(1 − v) pushes": gradients(z, w, a, b)[other],
        }
        return explain(got, name, right, mistakes=mistakes, otherwise=otherwise, **tolerances)

    return judge


PAIRS = "leave out the pairs of a point with itself, whose distance is 0, then hold it against torch.autograd"
CLOSE = "v rounds to 1 between such places, and 1 − v to 0: cancel it on paper, before the computer divides by it"


PARTS = (
    Part("pull", draw_map, judging("pull", PAIRS)),
    Part("push", draw_map, judging("push", PAIRS)),
    Part("close", draw_close, judging("push", CLOSE, rtol=0.001)),
)
