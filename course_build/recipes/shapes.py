"""For the chapter on β-VAEs: many small VAEs on shapes with known factors, two to look at, and a β-VAE on MNIST.

`python -m course_build.recipes runs-shapes` makes the many. Every run is some ten seconds of one core and is written
as soon as it is measured: an interrupted program goes on with the next one.
"""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_build.recipes.common import cpu_minutes, fit, parameters, round_weights, ship
from course_lib import _storage, data, losses, metrics, models, training
from course_lib.data import Dataset
from course_lib.results import shape_runs

LATENT_DIM, HIDDEN, EPOCHS, BATCH, LEARNING_RATE = 10, (128, 64), 60, 64, 4e-3
BETAS = {"beta-vae": (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 16.0), "beta-tcvae": (2.0, 4.0, 8.0)}
SEEDS = 5
NOTE = (
    "β is the same from the first step to the last: a KL that is free at first lets the "
    "dimensions share every factor, and they don't part again. rate and distortion on the held-out pictures, 10 codes "
    "each; the parts of the KL and the scores on all pictures, so that the factors are independent and every level is "
    "as frequent as the others."
)


class Spec(NamedTuple):
    """Which run: the objective, its weight β, and the seed."""

    objective: str
    beta: float
    seed: int


def specs() -> list[Spec]:
    """Every run, one seed after the other."""
    pairs = [(objective, beta) for objective, betas in BETAS.items() for beta in betas]
    return [Spec(*pair, seed) for seed, pair in itertools.product(range(SEEDS), pairs)]


def everything(shapes: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """All pictures and the levels of their factors: on the whole grid the factors are independent."""
    return torch.cat([shapes.train.x, shapes.test.x]), torch.cat([shapes.train.factors, shapes.test.factors])


def settings(spec: Spec, n: int, epochs: int) -> dict:
    """What `training.fit` needs to train on either objective, n examples."""
    chosen = {"epochs": epochs, "batch_size": BATCH, "seed": spec.seed, "beta": spec.beta}
    chosen["lr"] = training.Cosine(LEARNING_RATE, epochs, warmup=epochs / 50)
    if spec.objective == "beta-tcvae":
        chosen |= {"objective": losses.tc_elbo_terms, "dataset_size": float(n)}
    return chosen


def measure(model: torch.nn.Module, shapes: Dataset) -> dict[str, Tensor]:
    """What `ShapeRuns` holds of one model, by name."""
    bound = metrics.elbo(model, shapes.test.x, samples=10)
    x, factors = everything(shapes)
    parts = metrics.kl_decomposition(model, x)
    with torch.no_grad():
        z = model.encode(x).sample(torch.Generator().manual_seed(0))
    mig = metrics.mutual_information_gap(z, factors)
    sap = metrics.separated_attribute_predictability(z, factors, tuple(factor.ordered for factor in shapes.factors))
    numbers = {
        "rate": bound.kl,
        "distortion": -bound.reconstruction,
        "information": parts.information.mean,
        "total_correlation": parts.total_correlation.mean,
        "dimension_wise": parts.dimension_wise.mean,
    }
    return {
        **{name: torch.tensor(number, dtype=torch.float64) for name, number in numbers.items()},
        "active_units": torch.tensor(metrics.active_units(model, x)),
        "mig": mig.gaps,
        "sap": sap.gaps,
        "table": mig.table.float(),
    }


def run(spec: Spec, shapes: Dataset, epochs: int) -> dict[str, Tensor]:
    """Train and measure one model."""
    x = shapes.train.x
    model = models.VAE(LATENT_DIM, input_dim=x.shape[1], hidden=HIDDEN, seed=spec.seed)
    training.fit(model, x, **settings(spec, len(x), epochs))
    objective = torch.tensor(shape_runs.OBJECTIVES.index(spec.objective))
    chosen = {
        "objective": objective,
        "beta": torch.tensor(spec.beta, dtype=torch.float64),
        "seed": torch.tensor(spec.seed),
    }
    return chosen | measure(model, shapes)


def train(name: str) -> None:
    """Make all runs that are still missing, then save them together."""
    shapes, folder, rows = data.load("shapes"), state(name), []
    for spec in specs():
        path = folder / f"{'-'.join(map(str, spec))}.safetensors"
        if not path.exists():
            made = run(spec, shapes, EPOCHS)
            _storage.save(path, made, {})
            print(f"{name}, {spec}: MIG {made['mig'].mean():.3f}, SAP {made['sap'].mean():.3f}", flush=True)
        rows.append(_storage.load(path)[0])
    columns = {field.name: torch.stack([row[field.name] for row in rows]) for field in fields(shape_runs.ShapeRuns)}
    shape_runs.save(
        shape_runs.ShapeRuns(**columns),
        command=f"python -m course_build.recipes {name}",
        settings={
            "model": "VAE",
            "hidden": list(HIDDEN),
            "latent_dim": LATENT_DIM,
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "learning_rate": LEARNING_RATE,
        },
        note=NOTE,
    )
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def state(name: str) -> Path:
    """Where the runs wait until all are made; another recipe has another folder."""
    recipe = _storage.sha256(Path(__file__).read_bytes())[:12]
    return Path(tempfile.gettempdir()) / f"course-{name}-{recipe}-run"


SHOWN = {"vae-shapes": Spec("beta-vae", 1.0, 0), "tcvae-shapes": Spec("beta-tcvae", 6.0, 0)}
SHOWN_HIDDEN, SHOWN_EPOCHS = (64, 64), 90


def shown(name: str) -> None:
    """1024-64-64-10, a model to look at: narrower than those of the table, because it travels with the page."""
    shapes, spec = data.load("shapes"), SHOWN[name]
    x = shapes.train.x
    model = models.VAE(LATENT_DIM, input_dim=x.shape[1], hidden=SHOWN_HIDDEN, seed=spec.seed)
    fit(name, model, x, **settings(spec, len(x), SHOWN_EPOCHS))
    round_weights(model)
    found = measure(model, shapes)
    measured = {"epochs": SHOWN_EPOCHS, "beta": spec.beta}
    measured |= {f"test_{key}": float(found[key]) for key in ("rate", "distortion")}
    measured |= {key: float(found[key]) for key in ("information", "total_correlation", "dimension_wise")}
    measured |= {"active_units": int(found["active_units"])}
    measured |= {key: float(found[key].mean()) for key in ("mig", "sap")}
    note = "β the same from the first step on; weights rounded to float16 before measuring. rate, distortion: nats."
    ship(name, model, shapes, measured, dtype=torch.float16, note=note)


MNIST_BETA, MNIST_HIDDEN, MNIST_EPOCHS = 4.0, (88, 48), 25


def on_mnist(name: str) -> None:
    """784-88-48-10 on MNIST at β = 4, for the comparison of generators."""
    images, epochs = data.load("mnist"), MNIST_EPOCHS
    model = models.VAE(LATENT_DIM, hidden=MNIST_HIDDEN)
    chosen = {"lr": training.Cosine(3e-3, epochs, warmup=epochs / 50)}
    chosen["beta"] = training.LinearWarmup(epochs / 2, end=MNIST_BETA)
    minutes = cpu_minutes(model, images.train.x, epochs=epochs, repeats=2, **chosen)
    fit(name, model, images.train.x, epochs=epochs, **chosen)
    round_weights(model)
    bound = metrics.elbo(model, images.test.x, samples=10)
    measured = {
        "epochs": epochs,
        "beta": MNIST_BETA,
        "training_cpu_minutes": minutes,
        "parameters": parameters(model),
        "test_elbo": bound.elbo,
        "test_reconstruction": bound.reconstruction,
        "test_kl": bound.kl,
        "test_squared_error": metrics.reconstruction_error(model, images.test.x).mean,
        "active_units": metrics.active_units(model, images.test.x),
    }
    note = "β rises from 0 to 4 over half of the epochs; weights rounded to float16 before measuring."
    ship(name, model, images, measured, dtype=torch.float16, note=note)


RECIPES = {f"{shape_runs.KIND}-{shape_runs.DATASET}": train, **dict.fromkeys(SHOWN, shown), "beta-vae-mnist": on_mnist}
