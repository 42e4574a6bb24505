"""Train the models that the course ships: `make checkpoints`, or `python -m tools.train_checkpoints NAME …`.

One recipe for each data set. The digits are the edition for readers who can't get MNIST; they are few, so that many
short epochs take about as many steps.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from course_lib import checkpoints, data, metrics, models, training

MODELS = {"ae-2d": models.Autoencoder, "vae-2d": models.VAE}
EPOCHS = {"mnist": 50, "digits-28": 400}
NAMES = tuple(f"{model}-{dataset}" for dataset in EPOCHS for model in MODELS)


def train(name: str) -> None:
    """Train one checkpoint and save it with its test metrics; an interrupted run continues where it was."""
    kind, dataset = next((kind, name.removeprefix(f"{kind}-")) for kind in MODELS if name.startswith(f"{kind}-"))
    images, epochs = data.load(dataset), EPOCHS[dataset]
    model = MODELS[kind](latent_dim=2)
    state = Path(tempfile.gettempdir()) / f"course-{name}-run.safetensors"
    schedule = training.Cosine(3e-3, epochs, warmup=epochs / 50)
    history = training.fit(
        model, images.train.x, epochs=epochs, validation=images.test.x, lr=schedule, seed=0, resume_from=state
    )
    measured = {
        "epochs": history.epochs,
        "test_squared_error": metrics.reconstruction_error(model, images.test.x).mean,
        "train_squared_error": metrics.reconstruction_error(model, images.train.x).mean,
    }
    if isinstance(model, models.VAE):
        bound = metrics.elbo(model, images.test.x, samples=10)
        measured |= {"test_elbo": bound.elbo, "test_reconstruction": bound.reconstruction, "test_kl": bound.kl}
    path = checkpoints.save(
        model,
        checkpoints.SHIPPED / name,
        dataset=dataset,
        command=f"python -m tools.train_checkpoints {name}",
        metrics={key: round(value, 4) for key, value in measured.items()},
    )
    state.unlink()
    print(f"{path.name}: {measured}")


def main() -> None:
    """Train the checkpoints named on the command line, or all of them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME", help=f"out of {', '.join(NAMES)}")
    for name in parser.parse_args().names or NAMES:
        train(name)


if __name__ == "__main__":
    main()
