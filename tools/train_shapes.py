"""Many small VAEs on shapes with known factors, for chapter 12: `python -m tools.train_checkpoints runs-shapes`.

Every run is a few seconds of one core and is written as soon as it is measured: an interrupted program goes on with
the next one.
"""

from __future__ import annotations

import io
import itertools
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from course_lib import _storage, data, losses, metrics, models, shape_runs, training
from course_lib.data import Dataset

LATENT_DIM, HIDDEN, EPOCHS, BATCH, LEARNING_RATE = 10, (128, 64), 60, 64, 4e-3
BETAS = {"beta-vae": (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 16.0), "beta-tcvae": (2.0, 4.0, 8.0)}
SEEDS = 3
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


def fit(model: torch.nn.Module, spec: Spec, x: torch.Tensor, epochs: int, **settings) -> None:
    """Train a model on either objective."""
    if spec.objective == "beta-tcvae":
        settings |= {"objective": losses.tc_elbo_terms, "dataset_size": float(len(x))}
    lr = training.Cosine(LEARNING_RATE, epochs, warmup=epochs / 50)
    training.fit(model, x, epochs=epochs, batch_size=BATCH, lr=lr, seed=spec.seed, beta=spec.beta, **settings)


def measure(model: torch.nn.Module, shapes: Dataset) -> dict[str, np.ndarray]:
    """What `ShapeRuns` holds of one model, by name."""
    bound = metrics.elbo(model, shapes.test.x, samples=10)
    x, factors = everything(shapes)
    parts = metrics.kl_decomposition(model, x)
    with torch.no_grad():
        z = model.encode(x).sample(torch.Generator().manual_seed(0))
    mig = metrics.mutual_information_gap(z, factors)
    sap = metrics.separated_attribute_predictability(z, factors, tuple(factor.ordered for factor in shapes.factors))
    return {
        "rate": np.float64(bound.kl),
        "distortion": np.float64(-bound.reconstruction),
        "information": np.float64(parts.information.mean),
        "total_correlation": np.float64(parts.total_correlation.mean),
        "dimension_wise": np.float64(parts.dimension_wise.mean),
        "active_units": np.int64(metrics.active_units(model, x)),
        "mig": mig.gaps.numpy(),
        "sap": sap.gaps.numpy(),
        "table": mig.table.float().numpy(),
    }


def run(spec: Spec, shapes: Dataset, epochs: int) -> dict[str, np.ndarray]:
    """Train and measure one model."""
    model = models.VAE(LATENT_DIM, input_dim=shapes.train.x.shape[1], hidden=HIDDEN, seed=spec.seed)
    fit(model, spec, shapes.train.x, epochs)
    objective = np.int64(shape_runs.OBJECTIVES.index(spec.objective))
    return {"objective": objective, "beta": np.float64(spec.beta), "seed": np.int64(spec.seed)} | measure(model, shapes)


def train(name: str) -> None:
    """Make all runs that are still missing, then save them together."""
    shapes, folder, rows = data.load("shapes"), state(name), []
    for spec in specs():
        path = folder / f"{'-'.join(map(str, spec))}.npz"
        if not path.exists():
            made = run(spec, shapes, EPOCHS)
            _storage.write_atomically(path, _storage.zip_arrays(made))
            print(f"{name}, {spec}: MIG {made['mig'].mean():.3f}, SAP {made['sap'].mean():.3f}", flush=True)
        with np.load(io.BytesIO(path.read_bytes())) as arrays:
            rows.append(dict(arrays))
    columns = {
        field.name: torch.from_numpy(np.stack([row[field.name] for row in rows]))
        for field in fields(shape_runs.ShapeRuns)
    }
    shape_runs.save(
        shape_runs.ShapeRuns(**columns),
        command=f"python -m tools.train_checkpoints {name}",
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
