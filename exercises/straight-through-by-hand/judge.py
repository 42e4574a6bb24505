"""Judges the exercise straight-through-by-hand: the gradients of a VQ-VAE, by torch's own differentiation."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.models import VectorQuantiser
from exercises._compare import explain
from exercises._part import Part

NAMES = ("z_e", "codebook", "grad_z_q", "beta")


def draw_cells(rng):
    """More cells than words, and the last word so far away that no cell chooses it."""
    m, d, words = int(rng.integers(14, 20)), 3, 5
    codebook = rng.normal(size=(words, d))
    codebook[-1] += 40
    return {
        "z_e": rng.normal(size=(m, d)),
        "codebook": codebook,
        "grad_z_q": rng.normal(size=(m, d)),
        "beta": np.asarray(rng.uniform(0.2, 0.4)),
    }


def right(given):
    """Both gradients, and the choices, by the library's quantiser and autograd: float64 arrays."""
    z_e, codebook, grad_z_q = (torch.as_tensor(given[name], dtype=torch.float64) for name in NAMES[:3])
    with torch.random.fork_rng(devices=[]):
        quantiser = VectorQuantiser(*codebook.shape, learning="gradient").double()
    with torch.no_grad():
        quantiser.codebook.copy_(codebook)
    z_e.requires_grad_()
    found = quantiser(z_e)
    loss = (found.straight_through * grad_z_q).sum() + (z_e.detach() - found.quantized).square().sum()
    (loss + float(given["beta"]) * (z_e - found.quantized.detach()).square().sum()).backward()
    return z_e.grad.numpy(), quantiser.codebook.grad.numpy(), found.indices.numpy()


def judge_encoder(given, got):
    """Compare with autograd and with the usual mistakes."""
    gradient, _, _ = right(given)
    passed, beta = given["grad_z_q"], float(given["beta"])
    commitment = gradient - passed
    return explain(
        got,
        "gradient",
        gradient,
        rtol=1e-4,
        atol=1e-5,
        mistakes={
            "the commitment is missing: β ‖z_e − sg[e]‖² pulls z_e to its word": passed,
            "the straight-through part is missing: the reconstruction's gradient arrives unchanged": commitment,
            "your commitment is without β": passed + commitment / beta,
            "your commitment pushes away from its word: the gradient is 2β (z_e − e)": passed - commitment,
            "your commitment is half of what it should be: a square has the derivative 2z": passed + commitment / 2,
            "both distances arrive at z_e: in the first one z_e is held fixed": passed + commitment * (1 + 1 / beta),
        },
        otherwise="set grad_z_q to 0 to see the commitment alone, then beta to 0 to see the rest",
    )


def judge_codebook(given, got):
    """Compare with autograd and with the usual mistakes."""
    _, gradient, chosen = right(given)
    words, beta, pulls = len(gradient), float(given["beta"]), 2 * (given["codebook"][chosen] - given["z_e"])
    received = np.zeros_like(gradient)
    np.add.at(received, chosen, given["grad_z_q"])
    counts = np.bincount(chosen, minlength=words).clip(1)[:, None]
    first, last = np.zeros_like(gradient), np.zeros_like(gradient)
    for i in range(len(chosen)):
        last[chosen[i]] = pulls[i]
        first[chosen[-1 - i]] = pulls[-1 - i]
    lost = "each word has received from only one of its cells: an assignment by numbers overwrites, it does not add"
    return explain(
        got,
        "gradient",
        gradient,
        rtol=1e-4,
        atol=1e-5,
        mistakes={
            "the reconstruction sends nothing to the codebook: there it stands inside the stop": gradient + received,
            "that is the reconstruction's gradient: the codebook stands inside the stop and gets none": received,
            "β belongs to the encoder's term: the codebook's has none": beta * gradient,
            "both distances arrive at the codebook: in the second one it is held fixed": (1 + beta) * gradient,
            "your words go away from their cells: the gradient is 2 Σ (e − z_e)": -gradient,
            "your gradient is half of what it should be: a square has the derivative 2e": gradient / 2,
            "this is a mean over the cells of a word: the loss is a sum": gradient / counts,
            lost: last,
            lost + " ": first,
        },
        otherwise="try two cells that choose the same word: it gets the sum of both; a word without cells gets 0",
    )


PARTS = (
    Part("encoder", draw_cells, judge_encoder),
    Part("codebook", draw_cells, judge_codebook),
)
