"""Models whose code is a plane, as the figures that draw planes hold them."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from course_lib import metrics
from course_lib.data import Split
from course_lib.widgets._decoders import pack_decoder, pack_numbers

SHOWN = 2500
EDGE = 0.005  # the box leaves out this share of the codes on each side of each coordinate


def named_models(models: Mapping | None, ae, vae) -> dict:
    """Name shown to the reader → model, with `ae` and `vae` under their usual names.

    Raises
    ------
    ValueError
        If there is no model, or one with a code of another size than two numbers.
    """
    named = dict(models or {}) | ({"autoencoder": ae} if ae else {}) | ({"VAE": vae} if vae else {})
    if not named:
        raise ValueError("got no model, expected at least one: ae=…, vae=… or a dict of them")
    for name, model in named.items():
        if model.latent_dim != 2:
            raise ValueError(f"got latent_dim {model.latent_dim} for {name!r}, expected 2: a plane has two axes")
    return named


def shown_points(points: Split) -> Split:
    """The test images whose codes a plane shows, and which its box and its decoder's rounding are made for."""
    return points.sample(min(SHOWN, len(points)))


def pack_plane(name: str, model, x: torch.Tensor) -> dict:
    """A model's plane: its `name`, its `box` in units of z, its `decoder`, and `codes` of the images x inside the box.

    Equal for equal images, so that figures of one page share the decoder.
    """
    codes = metrics.encode_dataset(model, x)
    low, high = torch.quantile(codes, torch.tensor([EDGE, 1 - EDGE]), dim=0)
    box = torch.stack([low, high], 1).flatten().tolist()
    return {"name": name, "box": box, "decoder": pack_decoder(model, codes), "codes": pack_numbers(codes, low, high)}
