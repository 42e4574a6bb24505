"""Train the models that the course ships: `make checkpoints`, or `python -m tools.train_checkpoints NAME …`.

A recipe for each kind of model, and a table that says which model is which recipe on which data. The digits are the
edition for readers who can't get MNIST; they are few, so that many short epochs take about as many steps. An
interrupted run continues where it was.
"""

from __future__ import annotations

import argparse
import tempfile
from functools import partial
from pathlib import Path

from torch import nn

from course_lib import checkpoints, data, metrics, models, training
from course_lib.data import Dataset

EPOCHS = {"mnist": 50, "digits-28": 400}


def small(name: str, kind: type[nn.Module], latent_dim: int, dataset: str, **options) -> None:
    """784-256-128-d as in the chapters; the settings are the course's everywhere, none was chosen for the result."""
    images, epochs = data.load(dataset), EPOCHS[dataset]
    model = kind(latent_dim=latent_dim)
    schedule = training.Cosine(3e-3, epochs, warmup=epochs / 50)
    fit(name, model, images.train.x, epochs=epochs, validation=images.test.x, lr=schedule, **options)
    ship(name, model, images, {"epochs": epochs} | errors(model, images) | bounds(model, images))


RECIPES = {
    f"{prefix}-{dataset}": partial(small, kind=kind, latent_dim=2, dataset=dataset)
    for dataset in EPOCHS
    for prefix, kind in {"ae-2d": models.Autoencoder, "vae-2d": models.VAE}.items()
}
NAMES = tuple(RECIPES)


def fit(name: str, model: nn.Module, x, **settings) -> None:
    """Train, or continue the run of that name."""
    training.fit(model, x, seed=0, resume_from=_state(name), **settings)


def errors(model: nn.Module, images: Dataset) -> dict[str, float]:
    """Squared error on the test and on the training images."""
    return {
        f"{split}_squared_error": metrics.reconstruction_error(model, getattr(images, split).x).mean
        for split in ("test", "train")
    }


def bounds(model: nn.Module, images: Dataset) -> dict[str, float]:
    """ELBO on the test images and its two terms; nothing for a model that has none."""
    if not isinstance(model, models.VAE):
        return {}
    bound = metrics.elbo(model, images.test.x, samples=10)
    return {"test_elbo": bound.elbo, "test_reconstruction": bound.reconstruction, "test_kl": bound.kl}


def ship(name: str, model: nn.Module, images: Dataset, measured: dict[str, float], **options) -> None:
    """Save a finished model with what was measured, and forget the state of its run."""
    path = checkpoints.save(
        model,
        checkpoints.SHIPPED / name,
        dataset=images.name,
        command=f"python -m tools.train_checkpoints {name}",
        metrics={key: round(value, 4) for key, value in measured.items()},
        **options,
    )
    _state(name).unlink()
    print(f"{path.name}: {measured}")


def train(name: str) -> None:
    """Train one checkpoint and save it."""
    RECIPES[name](name)


def main() -> None:
    """Train the checkpoints named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME", help=f"out of {', '.join(NAMES)}")
    for name in parser.parse_args().names or NAMES:
        train(name)


def _state(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"course-{name}-run.safetensors"


if __name__ == "__main__":
    main()
