"""How sharp a picture is: how much neighbouring pixels differ."""

from __future__ import annotations

import math

from torch import Tensor

from course_lib import _validate


def sharpness(x: Tensor) -> Tensor:
    """Σ (x_i − x_j)² over neighbouring pixels, relative to Σ x_i²: what blur lowers and brightness leaves alone.

    The Rayleigh quotient of the pixel grid's Laplacian, a mean squared spatial frequency. It knows nothing of digits:
    noise is sharper than any drawing. Compare it with that of real images, not with its largest value.

    Parameters
    ----------
    x : Tensor
        Square pictures, float, shape (n, s · s), none of them zero everywhere.

    Returns
    -------
    Tensor
        Shape (n,), from 0 (a constant picture) to 8.

    Raises
    ------
    ValueError
        If the pixels make no square or a picture is zero everywhere.
    """
    x = _validate.data_matrix(x)
    side = math.isqrt(x.shape[1])
    if side * side != x.shape[1]:
        raise ValueError(f"got x with {x.shape[1]} columns, expected the pixels of a square picture")
    energy = x.square().sum(dim=1)
    if not bool((energy > 0).all()):
        raise ValueError(f"got {int((energy == 0).sum())} pictures without any ink, expected some in each")
    pictures = x.unflatten(1, (side, side))
    across, down = pictures.diff(dim=2), pictures.diff(dim=1)
    return (across.square().sum(dim=(1, 2)) + down.square().sum(dim=(1, 2))) / energy
