"""Where the shipped results lie, one file each, `KIND-DATASET.safetensors`."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from torch import Tensor

from course_lib import _storage
from course_lib._storage import CorruptFileError

SHIPPED = Path(str(resources.files("course_lib.results"))) / "files"


def datasets(kind: str) -> tuple[str, ...]:
    """Data sets for which there is a file of that kind."""
    return tuple(sorted(path.stem.removeprefix(f"{kind}-") for path in SHIPPED.glob(f"{kind}-*.safetensors")))


def path(kind: str, dataset: str) -> Path:
    """Of the file, whether or not it is there."""
    return SHIPPED / f"{kind}-{dataset}.safetensors"


def load(kind: str, dataset: str) -> tuple[dict[str, Tensor], dict]:
    """The tensors of a file by name, and its manifest, verified.

    Raises
    ------
    ValueError
        If there is none for that data set; the message lists those there are.
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    if dataset not in datasets(kind):
        raise ValueError(f"got data set {dataset!r}, expected one with {kind}: {', '.join(datasets(kind)) or 'none'}")
    tensors, about = _storage.load(path(kind, dataset))
    if about.get("kind") != kind:
        raise CorruptFileError(
            f"got {path(kind, dataset).name} of kind {about.get('kind')!r}, expected {kind!r}; fetch it again"
        )
    return tensors, about


def save(kind: str, dataset: str, tensors: dict[str, Tensor], about: dict, packages: tuple[str, ...] = ("torch",)):
    """Write a file among what the course ships; returns its path."""
    _storage.save(path(kind, dataset), tensors, {"kind": kind, "dataset": dataset, **about}, packages)
    return path(kind, dataset)
