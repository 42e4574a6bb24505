"""What all recipes of `make checkpoints` share: a run that can be continued, its cost, and the way into the package."""

from __future__ import annotations

import copy
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import checkpoints, training
from course_lib.data import Dataset


def fit(name: str, model: nn.Module, x: Tensor, *, seed: int = 0, **settings) -> None:
    """Train, or continue the run of that name."""
    training.fit(model, x, seed=seed, resume_from=state(name), **settings)


def cpu_minutes(model: nn.Module, x: Tensor, *, epochs: int, repeats: int = 1, **settings) -> float:
    """Processor minutes of a run, from the cheapest of a few epochs with a copy of the model: other work inflates them.

    One epoch and not the run itself, because a run may have been interrupted. The settings are those of `fit`.
    """
    seconds = []
    for _ in range(repeats):
        probe = copy.deepcopy(model)
        started = time.process_time()
        training.fit(probe, x, epochs=1, progress=False, **settings)
        seconds.append(time.process_time() - started)
    return epochs * min(seconds) / 60


def parameters(model: nn.Module) -> int:
    """The number of parameters of a model."""
    return sum(weight.numel() for weight in model.parameters())


def round_weights(model: nn.Module) -> None:
    """Make a model what `checkpoints.save` with float16 will store, so that this is what gets measured."""
    model.half().float()


def ship(name: str, model: nn.Module, images: Dataset, measured: dict[str, float], **options) -> None:
    """Save a finished model with what was measured, and forget the state of its run."""
    path = checkpoints.save(
        model,
        checkpoints.SHIPPED / name,
        dataset=images.name,
        command=f"python -m course_build.recipes {name}",
        metrics={key: round(value, 4) for key, value in measured.items()},
        **options,
    )
    state(name).unlink()
    print(f"{path.name}: {measured}")


def state(name: str) -> Path:
    """Where the run of that name keeps its state between epochs."""
    return Path(tempfile.gettempdir()) / f"course-{name}-run.safetensors"


def generator(seed: int = 0) -> torch.Generator:
    """A source of noise that depends on the seed alone."""
    return torch.Generator().manual_seed(seed)
