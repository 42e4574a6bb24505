"""Measure what the 2-D models owe to their seed: `python -m course_build.recipes.seeds`, about ten minutes.

Of each kind of model, several are trained that differ in nothing but the seed (the shipped one is seed 0), and their
samples and interpolations are judged. The weights are not kept, the numbers are (`results.seeds`). An interrupted run
continues where it was.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn

from course_build.recipes import checkpoints as train_checkpoints
from course_lib import checkpoints, data, metrics
from course_lib.data import Dataset
from course_lib.results import seeds

SEEDS = (0, 1, 2, 3)
PREFIXES = ("ae-2d", "vae-2d")
SURE = 0.9
SAMPLES = 5000
PAIRS = 2000
CELLS = 40


def measure(model: nn.Module, judge: nn.Module, images: Dataset) -> dict[str, float]:
    """Samples from the model's own Gaussian and from N(0, I), midpoints of test pairs, prior mass without codes."""
    generator = torch.Generator().manual_seed(0)
    codes = metrics.encode_dataset(model, images.train.x)
    centre, spread = codes.mean(dim=0), torch.linalg.cholesky(torch.cov(codes.T))
    normal = torch.randn(SAMPLES, codes.shape[1], generator=generator)
    measured = {}
    for density, z in {"own": centre + normal @ spread.T, "prior": normal}.items():
        measured |= {f"{density}_{key}": value for key, value in _judged(model, judge, images, z).items()}
    a, b = _pairs(images, generator)
    a, b = metrics.encode_dataset(model, a), metrics.encode_dataset(model, b)
    measured |= {f"midpoint_{key}": value for key, value in _judged(model, judge, images, (a + b) / 2).items()}
    measured |= {f"ends_{key}": value for key, value in _judged(model, judge, images, torch.cat([a, b])).items()}
    measured["prior_mass_without_codes"] = metrics.prior_coverage(codes, CELLS).dead
    whitened = torch.linalg.solve_triangular(spread, (codes - centre).T, upper=False).T
    measured["own_mass_without_codes"] = metrics.prior_coverage(whitened, CELLS).dead
    return measured | train_checkpoints.errors(model, images) | train_checkpoints.bounds(model, images)


def _judged(model: nn.Module, judge: nn.Module, images: Dataset, z: Tensor) -> dict[str, float]:
    with torch.no_grad():
        x = model.decode(z)
    verdict = metrics.confidence(judge, x)
    return {
        "sure": float((verdict.confidence > SURE).double().mean()),
        "class_perplexity": metrics.class_perplexity(verdict.classes),
        "nearest_squared_distance": float(metrics.nearest_squared_distance(x, images.train.x).median()),
    }


def _pairs(images: Dataset, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Test images two by two, of different digits."""
    first, second = torch.randint(len(images.test), (2, 2 * PAIRS), generator=generator)
    different = images.test.y[first] != images.test.y[second]
    return images.test.x[first[different][:PAIRS]], images.test.x[second[different][:PAIRS]]


def _model(prefix: str, images: Dataset, seed: int) -> nn.Module:
    if seed == 0:
        return checkpoints.load(f"{prefix}-{images.name}")
    kind, latent_dim = train_checkpoints.KINDS[prefix]
    model = kind(latent_dim, seed=seed)
    train_checkpoints.fit_small(_run(prefix, images, seed), model, images, seed=seed)
    return model


def _run(prefix: str, images: Dataset, seed: int) -> str:
    return f"{prefix}-{images.name}-seed-{seed}"


def main() -> None:
    """Train and measure the seeds of both kinds of model on the data sets named, or on all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("datasets", nargs="*", metavar="DATASET", help="mnist, digits-28")
    for dataset in parser.parse_args().datasets or train_checkpoints.EPOCHS:
        images, judge = data.load(dataset), checkpoints.load(f"judge-{dataset}")
        measured = {}
        for prefix in PREFIXES:
            rows = []
            for seed in SEEDS:
                model = _model(prefix, images, seed)
                rows.append(measure(model, judge, images))
                print(prefix, dataset, seed, rows[-1], flush=True)
            measured[prefix] = {key: [round(row[key], 4) for row in rows] for key in rows[0]}
        seeds.save(measured, dataset, command=f"python -m course_build.recipes.seeds {dataset}", seeds=SEEDS)
        for prefix in PREFIXES:
            for seed in SEEDS[1:]:
                train_checkpoints.state(_run(prefix, images, seed)).unlink()


if __name__ == "__main__":
    main()
