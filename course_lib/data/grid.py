"""Many images in one, so that a picture of a hundred digits is a single array to draw."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from course_lib import _validate


def image_grid(images, columns: int, *, padding: int = 2, padding_value: float = 0.0) -> Tensor:
    """Lay images out in rows of `columns`, from the top left.

    Parameters
    ----------
    images : Tensor or ndarray
        float32 or float64, shape (n, H, W), or (n, H · W) for square images; finite, any range: nothing is rescaled.
    columns : int
        Images in a row, at least 1; fewer than that if there are fewer images.
    padding : int
        Pixels between two images and around them all, at least 0.
    padding_value : float
        What those pixels, and places without an image, hold.

    Returns
    -------
    Tensor
        dtype of `images`, shape (rows · (H + padding) + padding, columns · (W + padding) + padding).

    Raises
    ------
    TypeError
        If `images` is no array of floating-point numbers or `columns` no integer.
    ValueError
        If the shape fits no image, `columns` is smaller than 1 or `padding` negative.
    """
    from course_lib.data._torchvision import make_grid  # seconds of import that loading digits does not need

    columns = _validate.positive_int(columns, "columns")
    if padding < 0:
        raise ValueError(f"got padding = {padding!r}, expected a number of pixels of at least 0")
    if isinstance(images, np.ndarray):
        images = torch.from_numpy(images)
    shape = tuple(images.shape[1:]) if isinstance(images, Tensor) and images.ndim == 3 else None
    rows = _validate.data_matrix(images if shape is None else images.flatten(1), name="images")
    if shape is None:
        side = math.isqrt(rows.shape[1])
        if side * side != rows.shape[1]:
            raise ValueError(f"got images with {rows.shape[1]} columns, expected a square number, or shape (n, H, W)")
        shape = (side, side)
    pictures = rows.detach().reshape(-1, 1, *shape)
    if len(pictures) == 1:  # make_grid gives a lone image no border
        return torch.nn.functional.pad(pictures[0, 0], [padding] * 4, value=padding_value)
    return make_grid(pictures, nrow=columns, padding=padding, pad_value=padding_value)[0]  # three equal channels
