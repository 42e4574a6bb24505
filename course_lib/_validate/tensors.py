"""Checks of tensors: shape, dtype and, at the door, values."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

ROUNDING = 1e-6  # scikit-learn's MinMaxScaler leaves [0, 1] by as much as float32 rounds
_CASTS = {"float32": "float()", "float64": "double()"}


def data_matrix(
    x,
    *,
    width: int | None = None,
    like: Tensor | None = None,
    unit_range: bool = False,
    name: str = "x",
) -> Tensor:
    """Check a batch of examples and return it.

    Parameters
    ----------
    x : Tensor or ndarray
        float32 or float64, shape (n, D) with n ≥ 1, finite.
    width : int, optional
        The D that is expected.
    like : Tensor, optional
        A tensor of the dtype that is expected, such as a model's weight; without it float32 and float64 both are.
    unit_range : bool
        Whether every value must lie in [0, 1], as pixels do.
    name : str
        What the message calls it.

    Returns
    -------
    Tensor
        `x` itself; an ndarray is wrapped, without a copy unless it is read-only or reversed.

    Raises
    ------
    TypeError
        If `x` is no array or does not hold floating-point numbers.
    ValueError
        If its shape, its width or its values are wrong.
    """
    x = _tensor(x, like, name)
    if x.ndim != 2:
        hint = f"{name}.reshape(1, -1)" if x.ndim == 1 else f"{name}.flatten(1)"
        raise ValueError(f"got {name} of shape {tuple(x.shape)}, expected (n, D): one row an example; use {hint}")
    if x.numel() == 0:
        raise ValueError(f"got {name} of shape {tuple(x.shape)}, expected at least one example and one column")
    if width is not None and x.shape[1] != width:
        raise ValueError(_wrong_width(x, width, name))
    _check_values(x, unit_range, name)
    return x


def rows(x, width: int, like: Tensor | None = None, name: str = "x") -> Tensor:
    """Check shape and dtype of what goes into a model, and return it; an ndarray is wrapped.

    Parameters
    ----------
    x : Tensor or ndarray
        One row an example, (n, width), or one example, (width,).
    width : int
        The number of columns that is expected.
    like : Tensor, optional
        A weight of the model: x must have its dtype.
    name : str
        What the message calls it.

    Raises
    ------
    TypeError, ValueError
        If type, dtype or shape are wrong. The values are not looked at.
    """
    x = _tensor(x, like, name)
    if x.ndim not in (1, 2) or x.shape[-1] != width:
        raise ValueError(_wrong_width(x, width, name))
    return x


def code_grid(indices, codes: int, shape: tuple[int, ...], name: str = "indices") -> Tensor:
    """Check a batch of grids of entries' numbers, as `VQVAE.encode` gives them, and return it.

    Parameters
    ----------
    indices : Tensor
        int64, shape (n, *shape), every number in 0 … codes − 1.
    codes : int
        Number of entries in the codebook.
    shape : tuple of int
        Of one grid.
    name : str
        What the message calls it.

    Raises
    ------
    TypeError
        If it is no tensor of int64.
    ValueError
        If its shape or a number is wrong.
    """
    if not isinstance(indices, Tensor) or indices.dtype != torch.int64:
        got = _dtype(indices.dtype) if isinstance(indices, Tensor) else type(indices).__name__
        raise TypeError(
            f"got {name} of type {got}, expected a torch tensor of int64: numbers of entries in the codebook"
        )
    if indices.ndim != 1 + len(shape) or tuple(indices.shape[1:]) != shape or not len(indices):
        expected = ", ".join(("n", *map(str, shape)))
        raise ValueError(f"got {name} of shape {tuple(indices.shape)}, expected ({expected}): one grid an example")
    if not indices.is_cpu:
        return indices  # a GPU would have to wait, in every step of a training
    low, high = (int(end) for end in torch.aminmax(indices))
    if low < 0 or high >= codes:
        raise ValueError(
            f"got {name} from {low} to {high}, expected 0 to {codes - 1}: the codebook has {codes} entries"
        )
    return indices


def pixels(x: Tensor, name: str = "x") -> None:
    """Raise unless all values lie in [0, 1]; looked at on the CPU only, because a GPU would have to wait for it."""
    if x.is_cpu:
        _check_values(x, True, name)


def same_shape(a: Tensor, b: Tensor, names: tuple[str, str], axes: tuple[int, ...] = (2,)) -> None:
    """Raise unless two float tensors have the same shape, of so many `axes`.

    Broadcasting, or a third axis, would hide a mistake; integers would round, and bytes would overflow.
    """
    for tensor, name in zip((a, b), names, strict=True):
        if not isinstance(tensor, Tensor):
            raise TypeError(f"got {name} of type {type(tensor).__name__}, expected a torch tensor of shape (n, D)")
        if not tensor.is_floating_point():
            raise TypeError(f"got {name} of dtype {_dtype(tensor.dtype)}, expected floating-point; use {name}.float()")
    if a.shape != b.shape:
        raise ValueError(
            f"got {names[0]} of shape {tuple(a.shape)} and {names[1]} of shape {tuple(b.shape)}, expected equal shapes"
        )
    if a.ndim not in axes:
        raise ValueError(f"got {names[0]} of shape {tuple(a.shape)}, expected (n, D): one row an example")


def same_length(a: Tensor, b: Tensor, names: tuple[str, str]) -> None:
    """Raise unless two matrices have as many rows: row i of both is the same example, in two spaces."""
    if len(a) != len(b):
        raise ValueError(
            f"got {len(a)} rows of {names[0]} and {len(b)} of {names[1]}, expected equally many: one for each example"
        )


def _tensor(x, like: Tensor | None, name: str) -> Tensor:
    if not isinstance(x, Tensor | np.ndarray):
        raise TypeError(f"got {name} of type {type(x).__name__}, expected a torch tensor or NumPy array (n, D)")
    _check_dtype(x, ("float32", "float64") if like is None else (_dtype(like.dtype),), name)
    if isinstance(x, np.ndarray):
        plain = x.flags.writeable and min(x.strides, default=0) >= 0
        x = torch.from_numpy(x if plain else x.copy())
    return x


def _wrong_width(x: Tensor, width: int, name: str) -> str:
    if x.ndim == 2:
        return f"got {name} with {x.shape[1]} columns, expected {width}: the model was made for that width"
    hint = f"; use {name}.flatten(1)" if x.ndim > 2 and x[:1].numel() == width else ""
    return f"got {name} of shape {tuple(x.shape)}, expected (n, {width}): one row an example{hint}"


def _check_dtype(x: Tensor | np.ndarray, expected: tuple[str, ...], name: str) -> None:
    got = _dtype(x.dtype)
    if got not in expected:
        cast = _CASTS.get(expected[0], f"to(torch.{expected[0]})")
        method = f'astype("{expected[0]}")' if isinstance(x, np.ndarray) else cast
        cast = f"{name}.{method}"
        hint = f"convert pixels with {cast} / 255" if got == "uint8" else f"use {cast}"
        raise TypeError(f"got {name} of dtype {got}, expected {' or '.join(expected)}; {hint}")


def _check_values(x: Tensor, unit_range: bool, name: str) -> None:
    if x.is_meta or x.layout != torch.strided:
        raise TypeError(f"got {name} on {x.device} with layout {x.layout}, expected a dense tensor with values")
    # One pass: a NaN anywhere makes both ends NaN.
    low, high = (float(end) for end in torch.aminmax(x.detach()))
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int((~torch.isfinite(x)).any(dim=1).sum())
        raise ValueError(f"got NaN or infinity in {bad} of the {len(x)} rows of {name}, expected finite numbers only")
    if unit_range and (low < -ROUNDING or high > 1 + ROUNDING):
        hint = f"; divide by 255: {name} / 255" if low >= 0 and 1 < high <= 255 else "; rescale or clip it first"
        raise ValueError(f"got {name} with values from {low:.4g} to {high:.4g}, expected pixels in [0, 1]{hint}")


def _dtype(dtype: torch.dtype | np.dtype) -> str:
    return str(dtype).removeprefix("torch.")
