"""Models under several weights of the KL: stored and verified, and what the shipped ones hold is true."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
import torch

from course_build.recipes import checkpoints as train_checkpoints
from course_build.recipes import common as recipes
from course_lib import data, metrics, models, training
from course_lib.results import _files
from course_lib.results import beta_sweep as sweeps

ABOUT = {"command": "make it", "settings": {"epochs": 3}, "note": "made up"}


def made_up() -> sweeps.BetaSweep:
    """Two models, one image, three samples; all pixels are multiples of 1/255."""
    numbers = [torch.tensor(pair, dtype=torch.float64) for pair in ((0.5, 2.0), (9.0, 4.0), (80.0, 90.0), (0.3, 0.4))]
    generator = torch.Generator().manual_seed(0)
    pictures = [torch.randint(256, size, generator=generator) / 255 for size in ((1, 784), (2, 1, 784), (2, 3, 784))]
    return sweeps.BetaSweep(*numbers, torch.tensor([10, 4]), *pictures)


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    return sweeps.save(made_up(), "toy", **ABOUT)


def test_a_sweep_comes_back_as_it_was(saved):
    for field in dataclasses.fields(sweeps.BetaSweep):
        torch.testing.assert_close(
            getattr(sweeps.load("toy"), field.name), getattr(made_up(), field.name), rtol=0, atol=0
        )
    assert sweeps.names() == ("toy",)


def test_the_manifest_says_what_it_is_and_how_it_was_made(saved):
    about = sweeps.manifest("toy")
    assert about.items() >= ({"dataset": "toy"} | ABOUT).items()
    assert about["sha256"] == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert about["versions"].keys() == {"python", "torch"}


def test_the_bound_has_no_weight_in_it():
    assert made_up().elbo.tolist() == [-89.0, -94.0]


def test_pixels_out_of_range_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    bright = dataclasses.replace(made_up(), samples=made_up().samples * 2)
    with pytest.raises(ValueError, match=r"got samples with values from .* expected pixels in \[0, 1\]"):
        sweeps.save(bright, "toy", **ABOUT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mnist", "digits-28"])
def test_the_shipped_sweep_is_small_and_its_models_are_where_their_weights_put_them(name):
    sweep, about = sweeps.load(name), sweeps.manifest(name)
    assert _files.path("rate-distortion", name).stat().st_size <= 180_000
    assert about["command"] == f"python -m course_build.recipes rate-distortion-{name}"
    assert tuple(sweep.beta.tolist()) == train_checkpoints.BETAS
    assert bool((sweep.rate.diff() < 0).all())
    assert bool((sweep.distortion.diff() > 0).all())
    for i, beta in enumerate(sweep.beta):  # no other model does much better at this one's own price
        cost = sweep.distortion + beta * sweep.rate
        assert cost[i] < cost.min() + 1
    assert sweep.beta[sweep.elbo.argmax()] == 1
    assert sweep.samples.shape == (9, 16, 784)


@pytest.mark.parametrize("name", ["mnist", "digits-28"])
def test_the_shipped_originals_are_test_images_of_different_digits(name, request):
    images = request.getfixturevalue("mnist") if name == "mnist" else data.load(name)
    distance, place = torch.cdist(sweeps.load(name).x, images.test.x, p=float("inf")).min(dim=1)
    assert distance.max() <= 0.5 / 255 + 1e-6
    assert len(images.test.y[place].unique()) == 8


@pytest.mark.slow
def test_the_tool_measures_the_models_that_it_trains(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(recipes.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(train_checkpoints, "BETAS", (0.5, 8.0))
    name = "rate-distortion-digits-28"
    monkeypatch.setattr(train_checkpoints, "SWEEPS", {name: 4})
    train_checkpoints.train(name)
    assert list(tmp_path.glob("*.safetensors")) == []  # finished runs leave no state behind
    sweep, images = sweeps.load("digits-28"), data.load("digits-28")
    model = models.VAE(10)
    weight = training.LinearWarmup(2, end=8.0)
    training.fit(model, images.train.x, epochs=4, seed=0, beta=weight, lr=training.Cosine(3e-3, 4, warmup=0.08))
    x = images.test.x
    assert float(sweep.rate[1]) == pytest.approx(float(metrics.kl_per_dimension(model, x).sum()), rel=1e-3)
    assert float(sweep.elbo[1]) == pytest.approx(metrics.elbo(model, x, samples=10, seed=1).elbo, abs=0.2)
    assert int(sweep.active_units[1]) == metrics.active_units(model, x)
    assert sweeps.manifest("digits-28")["settings"]["epochs"] == 4
    eps = torch.randn(8, 10, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        redrawn = model.decode(model.encode(sweep.x).sample(eps=eps))
    torch.testing.assert_close(sweep.reconstructions[1], redrawn, rtol=0, atol=0.01)
    assert (sweep.reconstructions[1] - sweep.reconstructions[0]).abs().max() > 0.1
