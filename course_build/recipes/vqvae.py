"""Train the VQ-VAE that a chapter shows, the prior over its codes, and a VAE with the same networks at its rate.

`python -m course_build.recipes vqvae-mnist vq-prior-mnist vae-grid-mnist`, in this order: the prior is fitted to the
codes of the shipped VQ-VAE, and the VAE to the rate of that prior.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from course_build.recipes import common as recipes
from course_lib import checkpoints, data, losses, metrics, models, training

SETTINGS = {
    "mnist": {
        "model": {"hidden": (32, 64)},
        "codes": 64,
        "epochs": 20,
        "batch_size": 256,
        "prior": {"width": 128},
        "prior_epochs": 12,
        "prior_batch_size": 128,
    },
    "digits-28": {
        "model": {"hidden": (16, 32)},
        "codes": 32,
        "epochs": 200,
        "batch_size": 64,
        "prior": {"width": 64},
        "prior_epochs": 20,
        "prior_batch_size": 32,
    },
}
ROUNDED = "Weights rounded to float16 before measuring. "
CLOCK = "training_cpu_minutes: the processor time of one epoch, one thread, times the epochs."


def vqvae(name: str, dataset: str) -> None:
    """A grid of 7 × 7 words; the codebook follows as moving averages, dead entries start again."""
    images, settings = data.load(dataset), SETTINGS[dataset]
    model, arguments = models.VQVAE(settings["codes"], **settings["model"]), of_networks(settings)
    recipes.fit(name, model, images.train.x, **arguments)
    measured = cost(models.VQVAE(**model.config), images.train.x, arguments)
    recipes.round_weights(model)
    measured |= errors(model, images)
    uniform = metrics.discrete_elbo(model, images.test.x)
    use = metrics.codebook_use(words(model, images.test.x), model.num_embeddings)
    measured |= {
        "test_reconstruction": uniform.reconstruction,
        "rate_uniform_prior": uniform.kl,
        "rate_uniform_prior_bits": uniform.kl / math.log(2),
        "codebook_perplexity": use.perplexity,
        "dead_codes": use.dead,
        "test_sharpness": sharpness(model, images.test.x),
    }
    note = "Log-likelihoods and rates in nats for a test image, perplexity over the test images' words. "
    recipes.ship(name, model, images, measured, dtype=torch.float16, note=note + ROUNDED + CLOCK)


def prior(name: str, dataset: str) -> None:
    """A recurrent network over the 49 words of the shipped VQ-VAE."""
    images, settings = data.load(dataset), SETTINGS[dataset]
    coder = checkpoints.load(f"vqvae-{dataset}")
    train, test = (words(coder, split.x) for split in (images.train, images.test))
    model = models.GridPrior(coder.num_embeddings, side=coder.side, **settings["prior"])
    epochs = settings["prior_epochs"]
    arguments = {
        "epochs": epochs,
        "batch_size": settings["prior_batch_size"],
        "lr": training.Cosine(3e-3, epochs, warmup=epochs / 20),
        "weight_decay": 0.03,
    }
    recipes.fit(name, model, train, **arguments)
    measured = cost(models.GridPrior(**model.config), train, arguments)
    recipes.round_weights(model)
    bound = metrics.discrete_elbo(coder, images.test.x, model)
    measured |= {
        "test_rate": bound.kl,
        "test_rate_bits": bound.kl / math.log(2),
        "train_rate": training.evaluate(model, train)["loss"],
        "rate_uniform_prior_bits": test[0].numel() * math.log2(coder.num_embeddings),
        "test_elbo": bound.elbo,
        "test_elbo_standard_error": bound.standard_error,
    }
    note = f"The words are those of vqvae-{dataset}; test_elbo is the two together. Rates and bounds in nats. "
    recipes.ship(name, model, images, measured, dtype=torch.float16, note=note + ROUNDED + CLOCK)


def twin(name: str, dataset: str) -> None:
    """The same networks with Gaussians in the cells, trained as long, made to spend what the VQ-VAE's words cost."""
    images, settings = data.load(dataset), SETTINGS[dataset]
    rate = checkpoints.manifest(f"vq-prior-{dataset}")["metrics"]["test_rate"]
    model = models.GridVAE(**settings["model"])
    arguments = of_networks(settings) | {"objective": at_rate, "rate": rate}
    recipes.fit(name, model, images.train.x, **arguments)
    measured = cost(models.GridVAE(**model.config), images.train.x, arguments)
    recipes.round_weights(model)
    bound = metrics.elbo(model, images.test.x, samples=10)
    measured |= errors(model, images) | {
        "trained_to_rate": rate,
        "test_elbo": bound.elbo,
        "test_reconstruction": bound.reconstruction,
        "test_kl": bound.kl,
        "test_sharpness": sharpness(model, images.test.x),
    }
    note = f"Trained to the rate of vq-prior-{dataset}, {rate:.1f} nats (course_build.recipes.vqvae.at_rate). "
    recipes.ship(name, model, images, measured, dtype=torch.float16, note=note + ROUNDED + CLOCK)


def of_networks(settings: dict) -> dict:
    """How the convolutional networks are trained, with words in the cells or with Gaussians."""
    epochs = settings["epochs"]
    schedule = training.Cosine(2e-3, epochs, warmup=epochs / 40)
    return {"epochs": epochs, "batch_size": settings["batch_size"], "lr": schedule}


def at_rate(model: nn.Module, x: Tensor, *, generator: torch.Generator, rate: float) -> dict[str, Tensor]:
    """−log p(x | z) + |mean KL over the batch − rate|: the best reconstruction at that rate (Burgess et al. 2018).

    With a weight of 1 on the distance the optimum lies at the rate itself, wherever a nat more of KL would buy less
    than a nat of reconstruction.
    """
    terms = losses.elbo_terms(model, x, generator=generator)
    return terms | {"loss": (terms["kl"].mean() - rate).abs() - terms["reconstruction"]}


def words(model: models.VQVAE, x: Tensor) -> Tensor:
    """The code of every image, int64, shape (n, s, s)."""
    with torch.no_grad():
        return torch.cat([model.encode(block) for block in x.split(2000)])


def errors(model: nn.Module, images: data.Dataset) -> dict[str, float]:
    """Squared error on the test and on the training images."""
    return {
        f"{split}_squared_error": metrics.reconstruction_error(model, getattr(images, split).x).mean
        for split in ("test", "train")
    }


def sharpness(model: nn.Module, x: Tensor) -> float:
    """Mean over the reconstructions of x."""
    with torch.no_grad():
        return float(torch.cat([metrics.sharpness(model.reconstruct(block)) for block in x.split(2000)]).mean())


def cost(fresh: nn.Module, x: Tensor, arguments: dict) -> dict[str, float]:
    """Epochs, numbers learned (a codebook of averages included) and processor minutes of a run with such a model."""
    codebook = sum(one.numel() for name, one in fresh.named_buffers() if name.endswith("codebook"))
    return {
        "epochs": arguments["epochs"],
        "parameters": recipes.parameters(fresh) + codebook,
        "training_cpu_minutes": recipes.cpu_minutes(fresh, x, **arguments),
    }


RECIPES = {
    f"{prefix}-{dataset}": partial(recipe, dataset=dataset)
    for dataset in SETTINGS
    for prefix, recipe in {"vqvae": vqvae, "vq-prior": prior, "vae-grid": twin}.items()
}
