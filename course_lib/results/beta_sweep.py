"""One VAE trained under several weights β of the KL: what was measured, and pictures, without the models.

Images are stored as bytes, numbers as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.results import _files

KIND = "rate-distortion"
_PICTURES = ("x", "reconstructions", "samples")


@dataclass(frozen=True, eq=False, repr=False)
class BetaSweep:
    """m models that differ in nothing but the weight β of the KL in their loss.

    Attributes
    ----------
    beta : Tensor
        The weights, rising, shape (m,).
    rate : Tensor
        Mean KL of the encoder's answer from the prior on the test images, in nats, shape (m,).
    distortion : Tensor
        Minus the mean log-likelihood of the test images given a drawn code, in nats, shape (m,).
    standard_error : Tensor
        Of the ELBO, over test images, shape (m,).
    active_units : Tensor
        How many dimensions of the code are in use, int64, shape (m,).
    x : Tensor
        Some test images, shape (k, D), pixels in [0, 1].
    reconstructions : Tensor
        Each of them decoded from one draw of its code, shape (m, k, D).
    samples : Tensor
        Codes drawn from the prior, decoded, the same codes for all models, shape (m, s, D).
    """

    beta: Tensor
    rate: Tensor
    distortion: Tensor
    standard_error: Tensor
    active_units: Tensor
    x: Tensor
    reconstructions: Tensor
    samples: Tensor

    @property
    def elbo(self) -> Tensor:
        """The bound on log p(x), minus distortion minus rate, shape (m,); there is no β in it."""
        return -self.distortion - self.rate

    def __repr__(self) -> str:
        betas = ", ".join(f"{beta:g}" for beta in self.beta.tolist())
        return f"BetaSweep(β = {betas}: {self.x.shape[-2]} reconstructions and {self.samples.shape[-2]} samples each)"


def names() -> tuple[str, ...]:
    """Data sets for which the course ships a sweep."""
    return _files.datasets(KIND)


def manifest(dataset: str) -> dict:
    """What a sweep says of itself: `dataset`, `command`, `settings`, `note`, `sha256`, `versions`."""
    return _files.load(KIND, dataset)[1]


def load(dataset: str) -> BetaSweep:
    """The sweep that the course ships for a data set, verified.

    Parameters
    ----------
    dataset : str
        "mnist" or "digits-28", such as the `name` of what `data.load` returned.

    Raises
    ------
    ValueError
        If there is none for that data set; the message lists those there are.
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    tensors, _ = _files.load(KIND, dataset)
    return BetaSweep(**{key: value.float() / 255 if key in _PICTURES else value for key, value in tensors.items()})


def save(sweep: BetaSweep, dataset: str, *, command: str, settings: dict, note: str) -> Path:
    """Write a sweep among what the course ships; pixels are rounded to 1/255. Returns the path."""
    tensors = {field.name: getattr(sweep, field.name) for field in fields(sweep)}
    for name in _PICTURES:
        _validate.data_matrix(tensors[name].flatten(0, -2), unit_range=True, name=name)
        tensors[name] = (tensors[name] * 255).round().to(torch.uint8)
    return _files.save(KIND, dataset, tensors, {"command": command, "settings": settings, "note": note})
