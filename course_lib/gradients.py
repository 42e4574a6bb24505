"""Two ways to differentiate an expectation: through the sample, and through the density it was drawn from.

Both are estimates of the gradient of E[f(z)], z ~ N(mean, diag std²), with respect to mean and std, one for each draw;
their averages agree, their variances do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate


class Gradients(NamedTuple):
    """One estimate of a gradient for each draw.

    Attributes
    ----------
    mean : Tensor
        Estimates of ∂E[f(z)] / ∂mean, shape (n, d).
    std : Tensor
        Estimates of ∂E[f(z)] / ∂std, shape (n, d).
    """

    mean: Tensor
    std: Tensor


def pathwise(df: Callable[[Tensor], Tensor], mean: float | Tensor, std: float | Tensor, eps: Tensor) -> Gradients:
    """Gradient through the sample z = mean + std ⊙ eps, which moves when mean and std do.

    Parameters
    ----------
    df : callable
        The gradient of f: z of shape (n, d) → shape (n, d).
    mean, std : float or Tensor
        Of z, shape (d,) or one number for all dimensions; std above 0.
    eps : Tensor
        Draws from N(0, I), float, shape (n, d).

    Returns
    -------
    Gradients
        `.mean` equal to df(z) and `.std` equal to df(z) ⊙ eps, each of shape (n, d).

    Raises
    ------
    ValueError, TypeError
        If a shape is wrong or std is not above 0.

    References
    ----------
    Kingma & Welling (2014), section 2.4; Mohamed et al. (2020), section 5.
    """
    mean, std, eps = _draws(mean, std, eps)
    slope = df(mean + std * eps)
    _validate.same_shape(slope, eps, ("df(z)", "eps"))
    return Gradients(slope, slope * eps)


def score_function(
    f: Callable[[Tensor], Tensor], mean: float | Tensor, std: float | Tensor, eps: Tensor, baseline: float = 0.0
) -> Gradients:
    """Gradient through the density: f(z) times the score, the gradient of log N(z; mean, std²). f needs no gradient.

    Parameters
    ----------
    f : callable
        z of shape (n, d) → shape (n,); it may be discontinuous.
    mean, std, eps
        As in `pathwise`.
    baseline : float
        Subtracted from f(z). Any number that does not depend on z leaves the average what it is, because the score
        averages to 0; a good one lowers the variance.

    Returns
    -------
    Gradients
        `.mean` equal to (f(z) − baseline) (z − mean) / std² and `.std` equal to
        (f(z) − baseline) ((z − mean)² / std³ − 1 / std), each of shape (n, d).

    Raises
    ------
    ValueError, TypeError
        If a shape is wrong or std is not above 0.

    References
    ----------
    Williams (1992), section 6; Mohamed et al. (2020), section 4.
    """
    mean, std, eps = _draws(mean, std, eps)
    values = f(mean + std * eps)
    if values.shape != eps.shape[:1]:
        raise ValueError(
            f"got f(z) of shape {tuple(values.shape)}, expected ({len(eps)},): one number a draw; sum over dim=1"
        )
    centred = (values - baseline)[:, None]
    return Gradients(centred * eps / std, centred * (eps.square() - 1) / std)


def _draws(mean: float | Tensor, std: float | Tensor, eps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and std as tensors that broadcast along the draws of shape (n, d)."""
    eps = _validate.data_matrix(eps, name="eps")
    mean, std = (torch.as_tensor(value, dtype=eps.dtype, device=eps.device) for value in (mean, std))
    for value, name in ((mean, "mean"), (std, "std")):
        if value.shape not in ((), eps.shape[1:]):
            raise ValueError(f"got {name} of shape {tuple(value.shape)}, expected a number or shape ({eps.shape[1]},)")
    if not bool((std > 0).all()):
        raise ValueError(f"got std with values down to {float(std.min()):.4g}, expected all of them above 0")
    return mean, std, eps
