"""Train what the course ships: `make checkpoints`, or `python -m course_build.recipes NAME …`.

A recipe for each kind of model, and a table that says which model is which recipe on which data. The digits are the
edition for readers who can't get MNIST; they are few, so that many short epochs take about as many steps. An
interrupted run continues where it was.
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
from torch import Tensor, nn

from course_build.recipes import common as recipes
from course_build.recipes import diffusion as train_diffusion
from course_build.recipes import maps as train_maps
from course_build.recipes import shapes as train_shapes
from course_build.recipes import vqvae as train_vqvae
from course_build.recipes.common import fit, round_weights, ship, state
from course_lib import data, losses, metrics, models, training
from course_lib.data import Dataset
from course_lib.results import beta_sweep

EPOCHS = {"mnist": 50, "digits-28": 400}
CLOCK = "training_cpu_minutes: the processor time of one epoch, one thread, times the epochs."
HELD_OUT = "Settings compared on 10 000 training images held out, never on the test images; trained on all 60 000. "


def small(name: str, kind: type[nn.Module], latent_dim: int, dataset: str) -> None:
    """784-256-128-d as in the chapters."""
    images, model = data.load(dataset), kind(latent_dim=latent_dim)
    fit_small(name, model, images)
    cost = {
        "epochs": EPOCHS[dataset],
        "parameters": recipes.parameters(model),
        "training_cpu_minutes": recipes.cpu_minutes(model, images.train.x, **small_settings(dataset)),
    }
    ship(name, model, images, cost | errors(model, images) | bounds(model, images), note=CLOCK)


def fit_small(name: str, model: nn.Module, images: Dataset, seed: int = 0) -> None:
    """Train a model of the chapters' size; the test images are looked at, but nothing is chosen by them."""
    fit(name, model, images.train.x, seed=seed, validation=images.test.x, **small_settings(images.name))


def small_settings(dataset: str) -> dict:
    """How long and how fast a model of the chapters' size is trained."""
    epochs = EPOCHS[dataset]
    return {"epochs": epochs, "lr": training.Cosine(3e-3, epochs, warmup=epochs / 50)}


def deep(name: str, epochs: int = 60) -> None:
    """784-1000-500-250-30, the autoencoder of Hinton & Salakhutdinov (2006).

    Of what was tried against over-fitting only weight decay helped; noise on pixels or codes made the error larger.
    """
    images = data.load("mnist")
    model = models.Autoencoder(30, hidden=(1000, 500, 250), likelihood="bernoulli", activation="gelu")
    schedule = training.Cosine(1e-3, epochs, warmup=0.5)
    fit(name, model, images.train.x, epochs=epochs, batch_size=128, lr=schedule, weight_decay=0.1)
    round_weights(model)
    note = HELD_OUT + "Neither augmentation nor noise; weights rounded to float16 before measuring."
    ship(name, model, images, {"epochs": epochs} | errors(model, images), dtype=torch.float16, note=note)


def binary(name: str, epochs: int = 80) -> None:
    """784-500-500-20 on black and white pixels, for a likelihood that can be compared with the literature's."""
    images = data.load("mnist")
    model = models.VAE(20, hidden=(500, 500), activation="gelu")
    settings = {"batch_size": 128, "lr": training.Cosine(4e-3, epochs, warmup=0.5), "weight_decay": 0.03}
    warmup = training.LinearWarmup(5)
    fit(name, model, images.train.x, epochs=epochs, objective=binarised_elbo, beta=warmup, **settings)
    round_weights(model)
    x = torch.bernoulli(images.test.x, generator=torch.Generator().manual_seed(0))
    bound, likelihood = metrics.elbo(model, x, samples=10), metrics.log_likelihood(model, x, samples=500)
    measured = {
        "epochs": epochs,
        "test_elbo": bound.elbo,
        "test_elbo_standard_error": bound.standard_error,
        "test_reconstruction": bound.reconstruction,
        "test_kl": bound.kl,
        "test_log_likelihood": likelihood.mean,
        "test_log_likelihood_standard_error": likelihood.standard_error,
        "effective_samples": likelihood.effective_samples,
        "active_units": metrics.active_units(model, x),
    }
    note = HELD_OUT + (
        "Each pixel is 1 with its grey value as the probability: drawn anew in every batch for training, once for the "
        "10 000 test images (torch.bernoulli, seed 0). test_log_likelihood is the importance-weighted bound with 500 "
        "codes, test_elbo averages 10 draws. Weights rounded to float16 before measuring."
    )
    ship(name, model, images, measured, dtype=torch.float16, note=note)


def binarised_elbo(model: nn.Module, x: Tensor, *, generator: torch.Generator, **options: float) -> dict[str, Tensor]:
    """The ELBO's terms on pixels drawn anew in each batch, as in Burda, Grosse & Salakhutdinov (2016)."""
    return losses.elbo_terms(model, torch.bernoulli(x, generator=generator), generator=generator, **options)


JUDGES = {"judge-mnist": 10, "judge-digits-28": 100}  # epochs


def judge(name: str) -> None:
    """784-256-10, a classifier that has seen no model of the course; also what it says of pictures without a digit."""
    images, epochs = data.load(name.removeprefix("judge-")), JUDGES[name]
    model = models.Classifier()
    schedule = training.Cosine(2e-3, epochs, warmup=epochs / 20)
    fit(name, model, images.train.x, targets=images.train.y, epochs=epochs, lr=schedule)
    round_weights(model)
    generator, x = torch.Generator().manual_seed(0), images.test.x
    pictures = {
        "test": x,
        "uniform_noise": torch.rand(10_000, x.shape[1], generator=generator),
        "shuffled_pixels": x.gather(1, torch.rand(x.shape, generator=generator).argsort(dim=1)),
    }
    measured = {"epochs": epochs, "test_accuracy": training.evaluate(model, x, targets=images.test.y)["accuracy"]}
    for kind, shown in pictures.items():
        measured[f"sure_of_{kind}"] = float((metrics.confidence(model, shown).confidence > 0.9).double().mean())
    note = (
        "sure_of_…: share of the pictures with a confidence above 0.9. Uniform noise is 10 000 pictures of torch.rand; "
        "shuffled pixels are the test images, each with its pixels in an order of its own. Weights rounded to float16 "
        "before measuring."
    )
    ship(name, model, images, measured, dtype=torch.float16, note=note)


BETAS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
SWEEPS = {"rate-distortion-mnist": 10, "rate-distortion-digits-28": 150}  # epochs
SHOWN_DIGITS = (0, 2, 3, 4, 5, 7, 8, 9)
SHOWN_SAMPLES = 16


def sweep(name: str) -> None:
    """784-256-128-10 under several weights of the KL, each raised from 0; from the start, large ones shut the code."""
    dataset, epochs = name.removeprefix(f"{beta_sweep.KIND}-"), SWEEPS[name]
    images = data.load(dataset)
    shuffled = images.test.sample(len(images.test))
    x = torch.stack([shuffled.x[shuffled.y == digit][0] for digit in SHOWN_DIGITS])
    generator = torch.Generator().manual_seed(0)
    eps, z = torch.randn(len(x), 10, generator=generator), torch.randn(SHOWN_SAMPLES, 10, generator=generator)
    rows = []
    for beta in BETAS:
        model = models.VAE(10)
        schedules = {
            "beta": training.LinearWarmup(epochs / 2, end=beta),
            "lr": training.Cosine(3e-3, epochs, epochs / 50),
        }
        fit(f"{name}-{beta:g}", model, images.train.x, epochs=epochs, **schedules)
        bound = metrics.elbo(model, images.test.x, samples=10)
        numbers = (beta, bound.kl, -bound.reconstruction, bound.standard_error)
        active = metrics.active_units(model, images.test.x)
        with torch.no_grad():
            rows.append((*numbers, active, model.decode(model.encode(x).sample(eps=eps)), model.decode(z)))
        print(f"{name}, β = {beta:g}: {bound}", flush=True)
    beta, rate, distortion, error, active, redrawn, drawn = zip(*rows, strict=True)
    numbers = (torch.tensor(column, dtype=torch.float64) for column in (beta, rate, distortion, error))
    pictures = (x, torch.stack(redrawn), torch.stack(drawn))
    beta_sweep.save(
        beta_sweep.BetaSweep(*numbers, torch.tensor(active), *pictures),
        dataset,
        command=f"python -m course_build.recipes {name}",
        settings={"model": "VAE", "config": model.config, "epochs": epochs, "warmup_epochs": epochs / 2, "seed": 0},
        note="The weight of the KL rises from 0 over half of the epochs. Measured on all test images, 10 codes each.",
    )
    for beta in BETAS:
        state(f"{name}-{beta:g}").unlink()


KINDS = {"ae-2d": (models.Autoencoder, 2), "vae-2d": (models.VAE, 2), "vae-10d": (models.VAE, 10)}
RECIPES = {
    f"{prefix}-{dataset}": partial(small, kind=kind, latent_dim=latent_dim, dataset=dataset)
    for dataset in EPOCHS
    for prefix, (kind, latent_dim) in KINDS.items()
} | {"ae-30d-mnist": deep, "vae-20d-mnist": binary, **dict.fromkeys(JUDGES, judge), **dict.fromkeys(SWEEPS, sweep)}
RECIPES |= dict.fromkeys(train_maps.SAMPLES, train_maps.train)
RECIPES |= train_shapes.RECIPES | train_vqvae.RECIPES | train_diffusion.RECIPES
NAMES = tuple(RECIPES)


def errors(model: nn.Module, images: Dataset) -> dict[str, float]:
    """Squared error on the test and on the training images."""
    return {
        f"{split}_squared_error": metrics.reconstruction_error(model, getattr(images, split).x).mean
        for split in ("test", "train")
    }


def bounds(model: nn.Module, images: Dataset) -> dict[str, float]:
    """ELBO on the test images, its two terms, and how many dimensions are in use; nothing for a plain autoencoder."""
    if not isinstance(model, models.VAE):
        return {}
    bound = metrics.elbo(model, images.test.x, samples=10)
    return {
        "test_elbo": bound.elbo,
        "test_reconstruction": bound.reconstruction,
        "test_kl": bound.kl,
        "active_units": metrics.active_units(model, images.test.x),
    }


def train(name: str) -> None:
    """Train what has that name and save it."""
    RECIPES[name](name)


def main() -> None:
    """Train what is named on the command line, or everything."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], metavar="NAME", help=f"out of {', '.join(NAMES)}")
    for name in parser.parse_args().names or NAMES:
        train(name)
