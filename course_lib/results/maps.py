"""The same images on many maps of the plane, by five methods under many settings, computed beforehand.

A coordinate is stored in 16 bits, as one of 65 536 steps across the range of its map.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.results import _files

KIND = "maps"
METHODS = ("pca", "autoencoder", "vae", "tsne", "umap")
_STEPS = 2**16 - 1


@dataclass(frozen=True, eq=False, repr=False)
class Map:
    """Where one method under one setting puts the images.

    Attributes
    ----------
    method : str
        "pca", "autoencoder", "vae", "tsne" or "umap".
    setting : int or None
        The perplexity of t-SNE, `n_neighbors` of UMAP; None for the others.
    init : str or None
        Where t-SNE ("pca", "random") or UMAP ("spectral", "random") starts from; None for the others.
    seed : int
        Of everything random in the method.
    fitted : Tensor
        Places of the fitted images, float32, shape (n, 2).
    held_out : Tensor
        Places of the held-out images, float32, shape (m, 2). t-SNE has no map for new points: it was run on both kinds
        at once, so that nothing is held out from it but the labels. The others never saw these images.
    measured : dict[str, float]
        What making the map took and what is too dear to measure in a chapter; `manifest(dataset)["measured"]` says
        what each number is.
    """

    method: str
    setting: int | None
    init: str | None
    seed: int
    fitted: Tensor
    held_out: Tensor
    measured: dict[str, float]

    def __repr__(self) -> str:
        return f"Map({_describe(self)}: {len(self.fitted)} fitted and {len(self.held_out)} held-out images)"


@dataclass(frozen=True, eq=False, repr=False)
class Maps:
    """All maps of one sample of images.

    Attributes
    ----------
    dataset : str
        The `name` of what `data.load` returned.
    fitted_index : Tensor
        Rows of its training images, int64, shape (n,): image `fitted_index[i]` lies at `fitted[i]` on every map.
    held_out_index : Tensor
        Rows of its test images, int64, shape (m,).
    maps : tuple of Map
        As many as were made.
    """

    dataset: str
    fitted_index: Tensor
    held_out_index: Tensor
    maps: tuple[Map, ...]

    def select(
        self, method: str, setting: int | None = None, init: str | None = None, seed: int | None = None
    ) -> tuple[Map, ...]:
        """All maps that agree with what is given; None agrees with everything. May be empty.

        Raises
        ------
        ValueError
            If there is no such method.
        """
        _validate.choice(method, "method", METHODS)
        wanted = {"method": method, "setting": setting, "init": init, "seed": seed}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        return tuple(one for one in self.maps if all(getattr(one, key) == value for key, value in wanted.items()))

    def get(self, method: str, setting: int | None = None, init: str | None = None, seed: int = 0) -> Map:
        """The one map that agrees with what is given.

        Raises
        ------
        ValueError
            If there is none or more than one; the message lists those of that method.
        """
        found = self.select(method, setting, init, seed)
        if len(found) != 1:
            wanted = ", ".join(f"{value}" for value in (method, setting, init, f"seed {seed}") if value is not None)
            there = "; ".join(_describe(one) for one in self.select(method)) or "none"
            raise ValueError(
                f"got {wanted}: {len(found)} maps agree with it, expected 1; of this method there are {there}"
            )
        return found[0]

    def __repr__(self) -> str:
        sizes = f"{len(self.fitted_index)} fitted and {len(self.held_out_index)} held-out images"
        return f"Maps({self.dataset!r}: {len(self.maps)} maps of {sizes})"


def names() -> tuple[str, ...]:
    """Data sets for which the course ships maps."""
    return _files.datasets(KIND)


def manifest(dataset: str) -> dict:
    """What a file of maps says of itself.

    Returns
    -------
    dict
        `dataset`, `command`, `settings`, `note`, `sha256`, `versions`; `measured`: what each measured number is;
        `maps`: one dict for each map, what it is and what was measured.
    """
    return _files.load(KIND, dataset)[1]


def load(dataset: str) -> Maps:
    """The maps that the course ships for a data set, verified.

    Parameters
    ----------
    dataset : str
        "mnist" or "digits-28", such as the `name` of what `data.load` returned.

    Raises
    ------
    ValueError
        If there are none for that data set; the message lists those there are.
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    tensors, about = _files.load(KIND, dataset)
    low, high = (tensors[key][:, None] for key in ("low", "high"))
    places = (low + tensors["steps"].double() * ((high - low) / _STEPS)).float()
    fitted_index, held_out_index = (tensors[key].long() for key in ("fitted_index", "held_out_index"))
    n = len(fitted_index)
    maps = tuple(
        Map(**entry, fitted=rows[:n], held_out=rows[n:]) for entry, rows in zip(about["maps"], places, strict=True)
    )
    return Maps(dataset, fitted_index, held_out_index, maps)


def save(maps: Maps, *, command: str, settings: dict, measured: dict[str, str], note: str) -> Path:
    """Write maps among what the course ships; coordinates are rounded to 16 bits.

    Parameters
    ----------
    maps : Maps
        All of the same images.
    command, settings, note : str, dict, str
        How they were made, and what a reader should know.
    measured : dict[str, str]
        What each number in the maps' `measured` is.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ValueError
        If a map has another number of places than there are images, or places that are not finite, or holds a number
        that `measured` does not explain.
    """
    for one in maps.maps:
        _check(one, maps, measured)
    places = torch.stack([torch.cat([one.fitted, one.held_out]).double() for one in maps.maps])
    low, high = places.amin(dim=1), places.amax(dim=1)
    steps = (places - low[:, None]) / (high - low).clamp(min=torch.finfo(torch.float64).tiny)[:, None] * _STEPS
    tensors = {
        "fitted_index": maps.fitted_index.int(),
        "held_out_index": maps.held_out_index.int(),
        "steps": steps.round().to(torch.uint16),
        "low": low,
        "high": high,
    }
    about = {"command": command, "settings": settings, "note": note, "measured": measured}
    about["maps"] = [
        {key: getattr(one, key) for key in ("method", "setting", "init", "seed", "measured")} for one in maps.maps
    ]
    packages = ("torch", "scikit-learn", "umap-learn", "numba")
    return _files.save(KIND, maps.dataset, tensors, about, packages)


def _check(one: Map, maps: Maps, measured: dict[str, str]) -> None:
    for key in ("fitted", "held_out"):
        places, images = getattr(one, key), len(getattr(maps, f"{key}_index"))
        _validate.data_matrix(places, width=2, name=f"{key} of {_describe(one)}")
        if len(places) != images:
            raise ValueError(
                f"got {len(places)} {key} places of {_describe(one)}, expected {images}: one for each image"
            )
    unknown = one.measured.keys() - measured.keys()
    if unknown:
        raise ValueError(f"got {', '.join(sorted(unknown))} measured of {_describe(one)}, expected it explained")


def _describe(one: Map) -> str:
    named = {"tsne": "perplexity ", "umap": "n_neighbors "}.get(one.method, "")
    setting = "" if one.setting is None else f" {named}{one.setting}"
    return f"{one.method}{setting}{'' if one.init is None else f' from {one.init}'}, seed {one.seed}"
