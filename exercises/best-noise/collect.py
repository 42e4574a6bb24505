"""Collects what the functions of the exercise best-noise return."""

from __future__ import annotations

import torch

from exercises._collector import Collector


def collect_variance(answer, given):
    """Collect the variance."""
    return {"s2": answer(given["x"], given["x_hat"])}


def collect_loss(answer, given):
    """Collect the loss."""
    return {"loss": answer(given["x"], given["x_hat"])}


def collect_gradient(answer, given):
    """Collect the gradient in x̂, which is 0 if nothing of it reaches x̂."""
    x_hat = given["x_hat"].requires_grad_()
    loss = answer(given["x"], x_hat)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return {"gradient": torch.zeros_like(x_hat)}
    return {"gradient": torch.autograd.grad(loss, x_hat)[0]}


COLLECTORS = (
    Collector("variance", "best_variance", collect_variance),
    Collector("loss", "loss", collect_loss),
    Collector("gradient", "loss", collect_gradient),
)
