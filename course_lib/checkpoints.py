"""Trained models on disk: weights as safetensors, and a manifest that says what they are and how they were made.

A checkpoint is one file, `NAME.safetensors`, with the manifest in its header and a digest over both, checked on every
load.
"""

from __future__ import annotations

import math
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import _storage, models
from course_lib._storage import CorruptFileError

ARCHITECTURES = {
    kind.__name__: kind
    for kind in (
        models.Autoencoder,
        models.VAE,
        models.ConvVAE,
        models.LinearAutoencoder,
        models.LinearVAE,
        models.Classifier,
        models.Diffusion,
        models.VQVAE,
        models.GridVAE,
        models.GridPrior,
    )
}
SHIPPED = Path(str(resources.files("course_lib"))) / "weights"


def names() -> tuple[str, ...]:
    """Names of the checkpoints that come with the course."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.safetensors")))


def manifest(name: str | Path) -> dict:
    """What a checkpoint says of itself.

    Parameters
    ----------
    name : str or path
        A shipped checkpoint's name, or the path of a `.safetensors` file that `save` wrote.

    Returns
    -------
    dict
        `architecture`, `config`, `dataset`, `command`, `metrics` (nats where they are log-likelihoods), `sha256`,
        `versions`; `dtype` where the weights were rounded to save space, `note` where there is something to know.

    Raises
    ------
    ValueError
        If no checkpoint has that name; the message lists them.
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    return _read(name)[1]


def load(name: str | Path, *, into: nn.Module | None = None) -> nn.Module:
    """Load a model whose weights have been verified. Nothing is unpickled.

    Parameters
    ----------
    name : str or path
        As for `manifest`.
    into : nn.Module, optional
        A model to fill instead of building the one that the manifest describes.

    Returns
    -------
    nn.Module
        In evaluation mode, on the CPU; equal to the model that was saved, bit by bit and in its dtype. If `save` was
        given another `dtype`: in float32, equal to the rounded model.

    Raises
    ------
    ValueError
        If no checkpoint has that name, or `into` has another architecture, configuration or dtype.
    CorruptFileError
        If the weights are truncated, altered or foreign; `into` is then unchanged.
    """
    weights, about = _read(name)
    model = _build(about, name, weights) if into is None else into
    got = _describe(about["architecture"], about["config"], {} if "dtype" in about else weights)
    expected = _describe(type(model).__name__, getattr(model, "config", {}), model.state_dict())
    shapes = {key: value.shape for key, value in weights.items()}
    if got != expected or shapes != {key: value.shape for key, value in model.state_dict().items()}:
        raise ValueError(f"got the weights of {got} from {name}, expected those of {expected}; load it without into=")
    model.load_state_dict(weights)
    return model.eval()


def save(
    model: nn.Module,
    path: str | Path,
    *,
    dataset: str,
    command: str,
    metrics: dict[str, float],
    dtype: torch.dtype | None = None,
    note: str = "",
) -> Path:
    """Write a model's weights and manifest to one file; a kill at any moment leaves the old one or the new one.

    Parameters
    ----------
    model : nn.Module
        One of the course's architectures.
    path : str or path
        Where the weights go; `.safetensors` is appended if it is missing.
    dataset, command : str
        What it was trained on, and the command that makes it anew.
    metrics : dict[str, float]
        What was measured, by name; finite.
    dtype : torch.dtype, optional
        Such as `torch.float16`, to store weights in half the space: they are rounded, `load` gives float32 again and
        the manifest says so. Measure the metrics on the rounded model, `model.half().float()`. Without it weights are
        stored as they are.
    note : str
        What a reader of the metrics should know, such as how the settings were chosen.

    Returns
    -------
    Path
        Of the weights.

    Raises
    ------
    TypeError
        If the model is none of the course's architectures.
    ValueError
        If a weight is too large for the dtype, the dtype is none of real numbers, or a metric is not finite.
    """
    architecture = type(model).__name__
    if type(model) is not ARCHITECTURES.get(architecture):
        raise TypeError(f"got a {architecture}, expected one of {', '.join(ARCHITECTURES)}")
    path = Path(path)
    if path.suffix != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")  # with_suffix would cut "beta-0.5" short
    if dtype is not None and not dtype.is_floating_point:
        raise ValueError(f"got dtype={dtype}, expected one of real numbers, such as torch.float16")
    about = {
        "architecture": architecture,
        "config": model.config,
        **({} if dtype is None else {"dtype": str(dtype).removeprefix("torch.")}),
        "dataset": dataset,
        "command": command,
        "metrics": _finite(metrics),
        **({"note": note} if note else {}),
    }
    _storage.save(path, _stored(model, dtype), about, ("torch", "safetensors"))
    return path


def _stored(model: nn.Module, dtype: torch.dtype | None) -> dict[str, Tensor]:
    weights = dict(model.state_dict())
    for key, value in weights.items():
        if dtype is not None and value.is_floating_point():
            weights[key] = value.to(dtype)
            if bool(value.isfinite().all()) and not bool(weights[key].isfinite().all()):
                largest = float(value.abs().max())
                raise ValueError(f"got {key} with values up to {largest:.4g}, too large for {dtype}; leave dtype out")
    return weights


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    """The metrics as JSON holds them."""
    for key, value in metrics.items():
        if not math.isfinite(value):
            raise ValueError(f"got metric {key} = {value}, expected a finite number; leave it out, and say so in note=")
    return {key: value if isinstance(value, int) else float(value) for key, value in metrics.items()}


def _read(name: str | Path) -> tuple[dict[str, Tensor], dict]:
    """The weights and the manifest of a file that is there and holds a model of the course."""
    path = _weights_path(name)
    weights, about = _storage.load(path)
    if about.get("architecture") not in ARCHITECTURES or "config" not in about:
        raise CorruptFileError(
            f"{path} holds no model of this course: got architecture {about.get('architecture')!r}, expected one of "
            f"{', '.join(ARCHITECTURES)}"
        )
    return weights, about


def _weights_path(name: str | Path) -> Path:
    if isinstance(name, Path) or str(name).endswith(".safetensors"):
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"got the path {path}, expected an existing .safetensors file")
        return path
    if name not in names():
        raise ValueError(f"got checkpoint name {name!r}, expected one of {', '.join(names())}")
    return SHIPPED / f"{name}.safetensors"


def _build(about: dict, name: str | Path, weights: dict[str, Tensor]) -> nn.Module:
    try:
        model = ARCHITECTURES[about["architecture"]](**about["config"])
    except (TypeError, ValueError) as error:
        raise CorruptFileError(f"{name} describes no {about['architecture']} ({error}); fetch it again") from error
    return model if "dtype" in about else model.to(_dtype(weights))


def _dtype(weights: dict[str, Tensor]) -> torch.dtype | None:
    return next((value.dtype for value in weights.values() if value.is_floating_point()), None)


def _describe(architecture: str, config: dict, weights: dict[str, Tensor]) -> str:
    settings = ", ".join(f"{key}={list(v) if isinstance(v, tuple) else v!r}" for key, v in config.items())
    dtype = _dtype(weights) or torch.float32
    return f"{architecture}({settings}){'' if dtype == torch.float32 else f' in {dtype}'}"
