"""Trained models on disk: weights as safetensors, and a manifest that says what they are and how they were made.

A checkpoint is two files, `NAME.safetensors` and `NAME.json`. The manifest carries the SHA-256 of the weights and is
checked on every load, because safetensors itself loads a flipped byte without a word.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from course_lib import _storage, models
from course_lib._storage import BadFile

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
    BadFile
        If the manifest is missing or damaged.
    """
    path = _weights_path(name).with_suffix(".json")
    if not path.exists():
        raise BadFile(f"got {path.with_suffix('.safetensors').name} without its manifest {path.name}; copy both files")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadFile(f"{path.name} is no manifest of a checkpoint ({error}); fetch it again") from error
    if not _is_manifest(content):
        raise BadFile(
            f"{path.name} is no manifest of this course: expected architecture, config and sha256, "
            f"with an architecture out of {', '.join(ARCHITECTURES)}"
        )
    return content


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
        In evaluation mode, on the CPU; equal to the model that was saved, bit by bit, unless it was saved with a
        smaller `dtype`: then in float32, equal to the rounded model.

    Raises
    ------
    ValueError
        If no checkpoint has that name, or `into` has another architecture.
    BadFile
        If the weights are truncated, altered or foreign; `into` is then unchanged.
    """
    about, path = manifest(name), _weights_path(name)
    content = _storage.read_verified(path, about["sha256"])
    try:
        weights = safetensors.torch.load(content)
    except SafetensorError as error:
        raise BadFile(f"{path.name} is no safetensors file ({error}); fetch it again") from error
    model = _build(about, path) if into is None else into
    expected = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    got = {key: tuple(value.shape) for key, value in weights.items()}
    if got != expected:
        raise ValueError(
            f"got the weights of {_describe(about['architecture'], about['config'])} from {path.name}, expected those "
            f"of {_describe(type(model).__name__, getattr(model, 'config', {}))}; load it without into= instead"
        )
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
    """Write a model's weights and manifest; if either fails, both stay as they were.

    Parameters
    ----------
    model : nn.Module
        One of the course's architectures.
    path : str or path
        Where the weights go; `.safetensors` is appended if it is missing.
    dataset, command : str
        What it was trained on, and the command that makes it anew.
    metrics : dict[str, float]
        What was measured, by name.
    dtype : torch.dtype, optional
        Such as `torch.float16`, to store weights in half the space: they are rounded, `load` gives float32 again and
        the manifest says so. Measure the metrics on the rounded model, `model.half().float()`.
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
        If a weight is too large for the dtype.
    """
    architecture = type(model).__name__
    if type(model) is not ARCHITECTURES.get(architecture):
        raise TypeError(f"got a {architecture}, expected one of {', '.join(ARCHITECTURES)}")
    path = Path(path)
    if path.suffix != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")  # with_suffix would cut "beta-0.5" short
    content = safetensors.torch.save(_stored(model, dtype))
    about = {
        "architecture": architecture,
        "config": model.config,
        **({} if dtype is None else {"dtype": str(dtype).removeprefix("torch.")}),
        "dataset": dataset,
        "command": command,
        "metrics": metrics,
        **({"note": note} if note else {}),
    }
    _storage.write_with_manifest(path, content, about, ("torch", "safetensors"))
    return path


def _stored(model: nn.Module, dtype: torch.dtype | None) -> dict[str, Tensor]:
    weights = {key: value.cpu().to(dtype or value.dtype).contiguous() for key, value in model.state_dict().items()}
    for key, value in model.state_dict().items():
        if bool(value.isfinite().all()) and not bool(weights[key].isfinite().all()):
            raise ValueError(
                f"got {key} with values up to {float(value.abs().max()):.4g}, too large for {dtype}; leave dtype out"
            )
    return weights


def _weights_path(name: str | Path) -> Path:
    if isinstance(name, Path) or str(name).endswith(".safetensors"):
        path = Path(name)
        if not path.exists():
            raise ValueError(f"got the path {path}, expected an existing .safetensors file")
        return path
    if name not in names():
        raise ValueError(f"got checkpoint name {name!r}, expected one of {', '.join(names())}")
    return SHIPPED / f"{name}.safetensors"


def _is_manifest(content) -> bool:
    if not isinstance(content, dict) or content.get("architecture") not in list(ARCHITECTURES):
        return False
    return isinstance(content.get("config"), dict) and isinstance(content.get("sha256"), str)


def _build(about: dict, path: Path) -> nn.Module:
    try:
        return ARCHITECTURES[about["architecture"]](**about["config"])
    except (TypeError, ValueError) as error:
        manifest = path.with_suffix(".json").name
        raise BadFile(f"{manifest} describes no {about['architecture']} ({error}); fetch it again") from error


def _describe(architecture: str, config: dict) -> str:
    return f"{architecture}({', '.join(f'{key}={value!r}' for key, value in config.items())})"
