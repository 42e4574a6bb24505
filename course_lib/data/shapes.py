"""Small pictures of shapes, drawn on the spot, of which everything that varies is known.

Three shapes in four sizes, eight directions and 8 × 4 places: every combination once. Nothing is downloaded.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from torch import Tensor

from course_lib.data.dataset import Dataset, Factor, Split

SIDE = 32
FACTORS = (
    Factor("shape", ("ellipse", "triangle", "heart"), ordered=False),
    Factor("scale", (5.0, 6.0, 7.0, 8.0)),
    Factor("rotation", tuple(math.radians(degrees) for degrees in (-70, -50, -30, -10, 10, 30, 50, 70))),
    Factor("x", tuple(range(-7, 8, 2))),
    Factor("y", tuple(range(-3, 4, 2))),
)
_FINE = 8  # points across a pixel at which a shape is asked for
_TEST_SHARE = 0.2


def load() -> Dataset:
    """Draw the full grid of factors.

    Each shape is scaled to the same area and turned about its centre of mass, so that no factor shows in another one:
    `scale` is the square root of the inked area, in pixels; `x` and `y` are the centre of mass, in pixels to the right
    of and above the middle; `rotation` is in radians, anticlockwise. A label can be read off a picture: none of the
    shapes looks the same again after less than half a turn, and the directions span 140 degrees. (Of a square the
    directions 0 and 90 degrees would be one picture with two labels.) The places fill a band, twice as wide as it is
    high: were they spread equally, no direction of the plane would be more telling than another.

    Returns
    -------
    Dataset
        "shapes": 3072 pictures of 32 × 32 pixels, ink 1 on paper 0, anti-aliased; 2458 of them, drawn
        at random and always the same, are for training. `.factors` says what varies; `.train.factors` is int64, shape
        (n, 5), the number of the level of each factor, and `.train.y` is the first of its columns, the shape.
    """
    sprites = {
        levels: _sprite(str(FACTORS[0].levels[levels[0]]), *(float(FACTORS[i].levels[levels[i]]) for i in (1, 2)))
        for levels in itertools.product(*(range(factor.size) for factor in FACTORS[:3]))
    }
    grid = torch.cartesian_prod(*(torch.arange(factor.size) for factor in FACTORS))
    x = torch.empty(len(grid), SIDE**2)
    for picture, (*levels, column, row) in zip(x, grid.tolist(), strict=True):
        shift = (-FACTORS[4].levels[row], FACTORS[3].levels[column])  # rows count downwards
        picture.copy_(sprites[tuple(levels)].roll(shift, dims=(0, 1)).flatten())
    # NumPy's RandomState has a frozen stream: one split for all versions.
    order = torch.from_numpy(np.random.RandomState(0).permutation(len(grid)))
    test, train = order.split([round(_TEST_SHARE * len(grid)), len(grid) - round(_TEST_SHARE * len(grid))])
    return Dataset(
        name="shapes",
        train=Split(x[train], grid[train, 0].clone(), grid[train]),
        test=Split(x[test], grid[test, 0].clone(), grid[test]),
        image_shape=(SIDE, SIDE),
        note="Ellipses, triangles and hearts, drawn by the course: every combination of five factors, once.",
        factors=FACTORS,
    )


def _sprite(shape: str, scale: float, rotation: float) -> Tensor:
    """One shape in the middle of the picture, shape (32, 32): how much of each pixel it covers."""
    middle = (SIDE - 1) / 2
    fine = (torch.arange(SIDE * _FINE) + 0.5) / _FINE - 0.5 - middle
    down, right = torch.meshgrid(fine, fine, indexing="ij")
    cos, sin = math.cos(rotation), math.sin(rotation)
    # Where each point lies in the shape's own system: unturned, y upwards, area 1, centre of mass in the origin.
    u, v = (cos * right - sin * down) / scale, (-sin * right - cos * down) / scale
    inside = {"ellipse": _ellipse, "triangle": _triangle, "heart": _heart}[shape](u, v)
    return inside.float().reshape(SIDE, _FINE, SIDE, _FINE).mean(dim=(1, 3))


def _ellipse(u: Tensor, v: Tensor) -> Tensor:
    """Half axes 1 : 2, area 1; it lies upright."""
    short = (1 / (2 * math.pi)) ** 0.5
    return (u / short) ** 2 + (v / (2 * short)) ** 2 <= 1


def _triangle(u: Tensor, v: Tensor) -> Tensor:
    """Isosceles, 4 high on a base of 3, area 1; its centre of mass is a third of the way up."""
    height = (2 * 4 / 3) ** 0.5
    left = 2 / 3 * height - v  # below the tip
    return (left >= 0) & (left <= height) & (u.abs() <= 3 / 8 * left)


def _heart(u: Tensor, v: Tensor) -> Tensor:
    """(a² + b² − 1)³ ≤ a² b³, the heart curve, scaled to area 1 about its centre of mass."""
    a, b = u * _HEART_SCALE, v * _HEART_SCALE + _HEART_MIDDLE
    return (a**2 + b**2 - 1) ** 3 <= a**2 * b**3


def _heart_moments() -> tuple[float, float]:
    """Square root of the area of the heart curve, and how high its centre of mass lies, by counting fine squares."""
    fine = torch.arange(-1.5, 1.5, 0.002, dtype=torch.float64) + 0.001
    a, b = torch.meshgrid(fine, fine, indexing="ij")
    inside = (a**2 + b**2 - 1) ** 3 <= a**2 * b**3
    return float(inside.sum() * 0.002**2) ** 0.5, float(b[inside].mean())


_HEART_SCALE, _HEART_MIDDLE = _heart_moments()
