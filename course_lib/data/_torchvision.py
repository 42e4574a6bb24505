"""The one door through which torchvision comes in.

The package index offers torchvision built for CUDA. Beside a torch without CUDA its compiled operators cannot be
loaded, and its import then fails: `operator torchvision::nms does not exist`. Data sets and picture grids are pure
Python and need none of them; it is enough to declare the two operators that the import looks up. Where the compiled
operators load, nothing is declared.

Importing this module raises ModuleNotFoundError where there is no torchvision, and says how to install it.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import PathFinder

import torch

_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def _compiled_operators_load(folders: list[str] | None) -> bool:
    if sys.platform == "win32":  # the wheels for Windows need no CUDA, and only torchvision knows their DLL folders
        return True
    library = PathFinder.find_spec("_C", folders)
    if library is None or library.origin is None:
        return False
    try:
        torch.ops.load_library(library.origin)  # just what torchvision itself does first
    except OSError:
        return False
    return True


def _matching_release() -> str:
    """The torchvision that was made for the torch that is here: 0.28 for torch 2.13."""
    minor = int(torch.__version__.split(".")[1])
    return f"0.{minor + 15}"


def _declare_missing_operators() -> None:
    package = importlib.util.find_spec("torchvision")
    if package is None:
        raise ModuleNotFoundError(
            "torchvision is not installed, which reads MNIST and lays out pictures; beside this torch "
            f"{torch.__version__}: pip install --no-deps 'torchvision=={_matching_release()}.*'",
            name="torchvision",
        )
    if "torchvision" in sys.modules or _compiled_operators_load(package.submodule_search_locations):
        return
    for name, schema in _SCHEMAS.items():
        if not hasattr(torch.ops.torchvision, name):  # another library may have had the same trouble
            torch.library.define(f"torchvision::{name}", schema)


_declare_missing_operators()

from torchvision import datasets, transforms  # noqa: E402
from torchvision.datasets.utils import download_and_extract_archive  # noqa: E402
from torchvision.utils import make_grid  # noqa: E402

__all__ = ["datasets", "download_and_extract_archive", "make_grid", "transforms"]
