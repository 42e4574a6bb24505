"""Ways through a code space: straight lines, arcs, grids, one dimension at a time. Codes out; decode them yourself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_lib import _validate

_PARALLEL, _OPPOSITE = 1e-6, 1e-5  # radians from 0, from π


def lerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Codes on the straight line from a to b, at equal distances.

    Parameters
    ----------
    a, b : Tensor
        Codes, float, shape (d,); or pairs of codes, both of shape (n, d).
    steps : int
        Number of codes, both ends included; at least 2.

    Returns
    -------
    Tensor
        Shape (steps, d), or (n, steps, d) for pairs; equal to (1 − t) a + t b, the first to a and the last to b.

    Raises
    ------
    ValueError, TypeError
        If the shapes differ or there are fewer than two steps.
    """
    t = _times(a, b, steps)
    return (1 - t) * a.unsqueeze(-2) + t * b.unsqueeze(-2)


def slerp(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Codes on the arc from a to b: the direction turns at constant angular speed, the norm changes linearly.

    In d dimensions codes from N(0, I) have norms near √d; the middle of a straight line between two of them is nearer
    to the origin than nearly all codes, the middle of this arc is not.

    Parameters
    ----------
    a, b, steps
        As in `lerp`.

    Returns
    -------
    Tensor
        Shape (steps, d), or (n, steps, d) for pairs; where a and b are parallel, or one is 0, equal to `lerp(a, b)`.

    Raises
    ------
    ValueError
        If a and b point in opposite directions: no arc between them is shorter than the others.

    References
    ----------
    Shoemake (1985), section 3.3; White (2016).
    """
    t, dtype = _times(a, b, steps).double(), a.dtype
    a, b = a.unsqueeze(-2).double(), b.unsqueeze(-2).double()
    norm_a, norm_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    no_direction = (norm_a == 0) | (norm_b == 0)
    u, v = a / norm_a.where(norm_a > 0, 1.0), b / norm_b.where(norm_b > 0, 1.0)
    # Through half the angle: exact also where a cosine would round to 1 or −1.
    angle = 2 * torch.atan2((u - v).norm(dim=-1, keepdim=True), (u + v).norm(dim=-1, keepdim=True))
    opposite = (torch.pi - angle < _OPPOSITE) & ~no_direction
    if bool(opposite.any()):
        raise ValueError(
            f"got {int(opposite.sum())} pair of opposite codes, expected codes with one shortest arc between them; "
            "go through a third code, or use lerp, which passes through the origin"
        )
    straight = no_direction | (angle < _PARALLEL)
    angle = angle.where(~straight, 1.0)
    direction = (torch.sin((1 - t) * angle) * u + torch.sin(t * angle) * v) / torch.sin(angle)
    arc = ((1 - t) * norm_a + t * norm_b) * direction
    return torch.where(straight, (1 - t) * a + t * b, arc).to(dtype)


def traverse(z: Tensor, dimension: int, values: Tensor | Sequence[float]) -> Tensor:
    """Copies of one code in which one dimension takes other values.

    Parameters
    ----------
    z : Tensor
        A code, float, shape (d,).
    dimension : int
        Which one moves, 0 to d − 1.
    values : Tensor or sequence of float
        What it moves through, m numbers.

    Returns
    -------
    Tensor
        Shape (m, d), dtype of z.

    Raises
    ------
    ValueError, TypeError
        If z is not one code of floating-point numbers or has no such dimension.
    """
    if z.ndim != 1:
        raise ValueError(f"got z of shape {tuple(z.shape)}, expected one code of shape (d,); use z[0]")
    _validate.same_shape(z, z, ("z", "z"), axes=(1,))
    if not 0 <= dimension < len(z):
        raise ValueError(f"got dimension = {dimension!r}, expected an integer from 0 to {len(z) - 1}")
    values = torch.as_tensor(values, dtype=z.dtype, device=z.device)
    moved = z.repeat(len(values), 1)
    moved[:, dimension] = values
    return moved


def grid_codes(extent: Sequence[float], side: int) -> Tensor:
    """Codes of a side × side grid over (left, right, bottom, top), in the order that `plots.plane_grid` shows them.

    Returns
    -------
    Tensor
        float32, shape (side², 2): each point is the centre of its tile, first row at the top.

    Raises
    ------
    ValueError
        If the extent has no inside.
    """
    left, right, bottom, top = _validate.extent(extent)
    side = _validate.positive_int(side, "side")
    centres = (torch.arange(side) + 0.5) / side
    z1, z2 = left + (right - left) * centres, top - (top - bottom) * centres
    return torch.stack([z1.repeat(side), z2.repeat_interleave(side)], dim=1)


def prior_grid(side: int) -> Tensor:
    """Codes of a side × side grid at equal steps of prior probability: each stands for a share 1 / side² of N(0, I).

    Parameters
    ----------
    side : int
        Codes along each of the two dimensions, at least 1.

    Returns
    -------
    Tensor
        float32, shape (side², 2), in the order of `grid_codes`: row by row from the top. Each coordinate is the
        inverse of the normal distribution function at (i + ½) / side, so that the codes crowd around the origin.

    References
    ----------
    Kingma & Welling (2014), appendix A.
    """
    side = _validate.positive_int(side, "side")
    centres = (torch.arange(side, dtype=torch.float64) + 0.5) / side
    quantiles = torch.special.ndtri(centres).float()
    return torch.stack([quantiles.repeat(side), quantiles.flip(0).repeat_interleave(side)], dim=1)


def _times(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Times from 0 to 1, shape (steps, 1), once a and b are found to be codes of the same space."""
    _validate.same_shape(a, b, ("a", "b"), axes=(1, 2))
    if _validate.positive_int(steps, "steps") < 2:
        raise ValueError(f"got steps = {steps!r}, expected at least 2: the two ends are among them")
    return torch.linspace(0, 1, steps, dtype=a.dtype, device=a.device)[:, None]
