"""The one place where arguments are checked.

Every message says what was got, what was expected and how to fix it. The library checks once, at the door:
public functions call these, inner loops do not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor


def data_matrix(x, *, width: int | None = None, unit_range: bool = False, name: str = "x") -> Tensor:
    """Check a batch of examples and return it.

    Parameters
    ----------
    x : Tensor or ndarray
        float32 or float64, shape (n, D) with n ≥ 1, finite.
    width : int, optional
        The D that is expected.
    unit_range : bool
        Whether every value must lie in [0, 1], as pixels do.
    name : str
        What the message calls it.

    Returns
    -------
    Tensor
        `x` itself; an ndarray is wrapped without a copy.

    Raises
    ------
    TypeError
        If `x` is no array or does not hold floating-point numbers.
    ValueError
        If its shape, its width or its values are wrong.
    """
    if isinstance(x, np.ndarray):
        x = torch.from_numpy(x)
    if not isinstance(x, Tensor):
        raise TypeError(f"got {name} of type {type(x).__name__}, expected a torch tensor or NumPy array (n, D)")
    if x.dtype not in (torch.float32, torch.float64):
        hint = f"; convert pixels with {name}.float() / 255" if x.dtype == torch.uint8 else f"; use {name}.float()"
        raise TypeError(f"got {name} of dtype {_dtype(x)}, expected float32 or float64{hint}")
    if x.ndim != 2:
        hint = f"{name}.reshape(1, -1)" if x.ndim == 1 else f"{name}.flatten(1)"
        raise ValueError(f"got {name} of shape {tuple(x.shape)}, expected (n, D): one row an example; use {hint}")
    if x.numel() == 0:
        raise ValueError(f"got {name} of shape {tuple(x.shape)}, expected at least one example and one column")
    if width is not None and x.shape[1] != width:
        raise ValueError(f"got {name} with {x.shape[1]} columns, expected {width}: the model was made for that width")
    _check_values(x, unit_range, name)
    return x


def _check_values(x: Tensor, unit_range: bool, name: str) -> None:
    # One pass: a NaN anywhere makes both ends NaN.
    low, high = (float(end) for end in torch.aminmax(x.detach()))
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int((~torch.isfinite(x)).any(dim=1).sum())
        raise ValueError(f"got NaN or infinity in {bad} of the {len(x)} rows of {name}, expected finite numbers only")
    if unit_range and (low < 0 or high > 1):
        hint = f"; divide by 255: {name} / 255" if low >= 0 and 1 < high <= 255 else "; rescale or clip it first"
        raise ValueError(f"got {name} with values from {low:.4g} to {high:.4g}, expected pixels in [0, 1]{hint}")


def same_shape(a: Tensor, b: Tensor, names: tuple[str, str]) -> None:
    """Raise ValueError unless two tensors have the same shape (broadcasting hides mistakes)."""
    if a.shape != b.shape:
        raise ValueError(
            f"got {names[0]} of shape {tuple(a.shape)} and {names[1]} of shape {tuple(b.shape)}, expected equal shapes"
        )


def positive_int(value, name: str) -> int:
    """Return `value` as an int of at least 1.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is smaller than 1.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"got {name} = {value!r}, expected an integer of at least 1") from None
    if isinstance(value, bool) or number < 1:
        raise ValueError(f"got {name} = {value!r}, expected an integer of at least 1")
    return number


def positive_number(value, name: str) -> float:
    """Return `value` as a float above 0; ValueError otherwise."""
    if not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise ValueError(f"got {name} = {value!r}, expected a finite number above 0")
    return float(value)


def choice(value, name: str, options: Iterable[str]) -> str:
    """Return `value` if it is one of `options`; ValueError that lists them otherwise."""
    options = tuple(options)
    if value not in options:
        raise ValueError(f"got {name} = {value!r}, expected one of {', '.join(map(repr, options))}")
    return value


def _dtype(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")
