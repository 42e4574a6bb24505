"""Train what the chapter on diffusion shows: one of pixels, about ten minutes, and one of a VAE's codes, about one.

Both follow `python -m course_build.recipes diffusion-mnist latent-diffusion-mnist`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from course_build.recipes import common as recipes
from course_lib import checkpoints, data, losses, metrics, models, training
from course_lib.distributions import Gaussian

PIXELS = {
    "diffusion-mnist": {"width": 32, "epochs": 16, "batch_size": 128},
    "diffusion-digits-28": {"width": 16, "epochs": 150, "batch_size": 64},
}
CODES = {"latent-diffusion-mnist": 60, "latent-diffusion-digits-28": 500}  # epochs
JUDGED = 100  # pictures by all steps; five times as many by the short way
SURE = 0.9
NOTE = (
    "test_negative_elbo: nats, metrics.diffusion_bound on {held_out} test images (seed 0), {rounds} rounds. ddpm_… "
    "and ddim_…: {judged} pictures by all steps and {more} by 50 (models.ddpm, models.ddim, seed 0), of how many the "
    "judge is more than 90 % sure, over how many classes they are spread, and the mean squared distance to the nearest "
    "of 4000 training images. training_cpu_minutes: from the processor time of a tenth of an epoch (of codes: of an "
    "epoch), one thread. Weights rounded to float16 before measuring."
)


def pixels(name: str) -> None:
    """A U-Net with one halving in the middle. The learning rate falls to 0, which spares an average over weights."""
    width, epochs, batch_size = PIXELS[name].values()
    images = data.load(name.removeprefix("diffusion-"))
    model = models.Diffusion(
        784, denoiser="conv", width=width, depth=2, schedule="cosine", variance="posterior", pixels=True
    )
    x = images.train.x
    settings = {
        "epochs": epochs,
        "batch_size": batch_size,
        "objective": partial(losses.denoising_terms, target="velocity"),
        "lr": training.Cosine(2e-3, epochs, warmup=epochs / 20),
    }
    recipes.fit(name, model, x, **settings)
    part = x[: len(x) // 10]  # whose time is a tenth of an epoch's
    measured = {
        "epochs": epochs,
        "parameters": recipes.parameters(model),
        "training_cpu_minutes": len(x) / len(part) * recipes.cpu_minutes(model, part, repeats=2, **settings),
    }
    recipes.round_weights(model)
    held_out = images.test.sample(min(2000, len(images.test)), seed=0).x
    rounds = math.ceil(8000 / len(held_out))  # the bound has a thousand terms: few pictures go round more often
    measured |= bound(model, held_out, rounds=rounds)
    measured |= drawn(model, images)
    ship(name, model, images, measured, held_out=len(held_out), rounds=rounds)


def codes(name: str) -> None:
    """A fully connected denoiser for what the encoder of the ten-dimensional VAE says, drawn anew in every batch."""
    epochs, images = CODES[name], data.load(name.removeprefix("latent-diffusion-"))
    vae = checkpoints.load(f"vae-10d-{images.name}")
    with torch.no_grad():
        q, held_out = (vae.encode(split.x) for split in (images.train, images.test))
    model = models.Diffusion(vae.latent_dim, width=192, depth=3)
    settings = {
        "targets": q.logvar,
        "objective": denoise_drawn_codes,
        "lr": training.Cosine(2e-3, epochs, warmup=epochs / 20),
    }
    recipes.fit(name, model, q.mean, epochs=epochs, **settings)
    measured = {
        "epochs": epochs,
        "parameters": recipes.parameters(model),
        "training_cpu_minutes": recipes.cpu_minutes(model, q.mean, epochs=epochs, repeats=3, **settings),
    }
    recipes.round_weights(model)
    z = held_out.sample(recipes.generator())
    measured |= bound(model, z, rounds=20) | drawn(model, images, vae.decode)
    # What a code costs: log q(z | x) is what its own posterior gives back of the price of all its digits.
    measured["test_rate"] = measured["test_negative_elbo"] + float(held_out.log_prob(z).mean())
    measured["vae_rate"] = float(held_out.kl().mean())
    ship(name, model, images, measured, held_out=len(z), rounds=20)


def denoise_drawn_codes(
    model: nn.Module, x: Tensor, *, target: Tensor, generator: torch.Generator
) -> dict[str, Tensor]:
    """The simplified loss on one draw from each posterior, whose mean is x and whose log-variance is the target."""
    return losses.denoising_terms(model, Gaussian(x, target).sample(generator), generator=generator)


def bound(model: models.Diffusion, x: Tensor, rounds: int) -> dict[str, float]:
    """−ELBO and its parts, in nats and in bits a dimension."""
    measured = metrics.diffusion_bound(model, x, rounds=rounds)
    return {
        "test_negative_elbo": measured.total,
        "test_negative_elbo_standard_error": measured.standard_error,
        "test_bits_per_dimension": measured.total / x.shape[1] / math.log(2),
        "test_prior_term": float(measured.terms[-1]),
        "test_data_term": float(measured.terms[0]),
    }


def drawn(model: models.Diffusion, images: data.Dataset, decode: Callable[[Tensor], Tensor] | None = None) -> dict:
    """What the judge and the training images say of samples, by all steps and by fifty."""
    judge, reference = checkpoints.load(f"judge-{images.name}"), images.train.sample(min(4000, len(images.train))).x
    ways = {
        "ddpm": models.ddpm(model, JUDGED, generator=recipes.generator()),
        "ddim": models.ddim(model, 5 * JUDGED, generator=recipes.generator()),
    }
    measured = {}
    for way, x in ways.items():
        with torch.no_grad():
            pictures = x if decode is None else decode(x)
        verdict = metrics.confidence(judge, pictures)
        measured[f"{way}_sure"] = float((verdict.confidence > SURE).double().mean())
        measured[f"{way}_class_perplexity"] = metrics.class_perplexity(verdict.classes)
        measured[f"{way}_nearest_squared_distance"] = float(
            metrics.nearest_squared_distance(pictures, reference).mean()
        )
    return measured


def ship(name: str, model: nn.Module, images: data.Dataset, measured: dict[str, float], **counts: int) -> None:
    """As the other recipes do, in half the bytes, with a note on how much was measured."""
    note = NOTE.format(judged=JUDGED, more=5 * JUDGED, **counts)
    recipes.ship(name, model, images, measured, dtype=torch.float16, note=note)


RECIPES = dict.fromkeys(PIXELS, pixels) | dict.fromkeys(CODES, codes)
