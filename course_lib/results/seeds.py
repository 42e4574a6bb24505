"""The small models of the chapters trained anew from several seeds: what was measured of each run."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from course_lib.results import _files

KIND = "seeds"


def names() -> tuple[str, ...]:
    """Data sets for which the course ships such runs."""
    return _files.datasets(KIND)


def manifest(dataset: str) -> dict:
    """What the file says of itself: `dataset`, `command`, `seeds`, `sha256`, `versions`."""
    return _files.load(KIND, dataset)[1]


def load(dataset: str) -> dict[str, dict[str, Tensor]]:
    """The measurements that the course ships for a data set, verified.

    Parameters
    ----------
    dataset : str
        "mnist" or "digits-28", such as the `name` of what `data.load` returned.

    Returns
    -------
    dict[str, dict[str, Tensor]]
        By model ("ae-2d", "vae-2d"), then by measurement: float64, one number for each seed, shape (seeds,).

    Raises
    ------
    ValueError
        If there are none for that data set; the message lists those there are.
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    found = {}
    for key, value in _files.load(KIND, dataset)[0].items():
        model, _, measurement = key.partition("/")
        found.setdefault(model, {})[measurement] = value
    return found


def save(measured: dict[str, dict[str, list[float]]], dataset: str, *, command: str, seeds: tuple[int, ...]) -> Path:
    """Write measurements, as `load` returns them, among what the course ships.

    Raises
    ------
    ValueError
        If a measurement has another number of values than there are seeds, or values that are not finite.
    """
    tensors = {}
    for model, rows in measured.items():
        for name, values in rows.items():
            value = torch.tensor(values, dtype=torch.float64)
            if value.shape != (len(seeds),) or not bool(value.isfinite().all()):
                raise ValueError(f"got {name} of {model}: {values}, expected {len(seeds)} finite numbers")
            tensors[f"{model}/{name}"] = value
    return _files.save(KIND, dataset, tensors, {"command": command, "seeds": list(seeds)})
