"""The diffusions that come with the course: complete, small, and as good as their manifests say."""

from __future__ import annotations

import math

import pytest
import torch

from course_build.recipes import diffusion as train_diffusion
from course_lib import checkpoints, data, losses, metrics, models

pytestmark = pytest.mark.slow  # what is shipped is measured again

PIXELS = ("diffusion-digits-28", "diffusion-mnist")
CODES = ("latent-diffusion-digits-28", "latent-diffusion-mnist")


@pytest.fixture
def images(name, request):
    return request.getfixturevalue("mnist") if name.endswith("mnist") else data.load("digits-28")


def test_the_recipes_make_what_is_shipped():
    assert tuple(sorted(train_diffusion.RECIPES)) == tuple(sorted(PIXELS + CODES))
    assert set(PIXELS + CODES) <= set(checkpoints.names())
    files = [path for name in PIXELS + CODES for path in checkpoints.SHIPPED.glob(f"{name}.*")]
    assert sum(path.stat().st_size for path in files) < 1.3e6


@pytest.mark.parametrize("name", PIXELS + CODES)
def test_each_loads_and_its_manifest_is_complete(name):
    model, about = checkpoints.load(name), checkpoints.manifest(name)
    measured = about["metrics"]
    assert type(model) is models.Diffusion
    assert about["command"] == f"python -m course_build.recipes {name}"
    assert about["dataset"] == ("mnist" if name.endswith("mnist") else "digits-28")
    assert about["dtype"] == "float16"
    assert measured["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert measured["training_cpu_minutes"] > 0
    per_dimension = measured["test_negative_elbo"] / model.input_dim / math.log(2)
    assert measured["test_bits_per_dimension"] == pytest.approx(per_dimension, abs=1e-3)
    assert all(value.isfinite().all() for value in model.state_dict().values())


@pytest.mark.parametrize("name", PIXELS)
def test_the_bound_on_pixels_is_that_of_the_manifest(name, images):
    """Other images and other noise, within both errors; and far from the eight bits of knowing nothing."""
    measured = checkpoints.manifest(name)["metrics"]
    x = images.test.sample(min(500, len(images.test)), seed=1).x
    found = metrics.diffusion_bound(checkpoints.load(name), x, rounds=6, seed=1)
    error = math.hypot(found.standard_error, measured["test_negative_elbo_standard_error"])
    assert found.total == pytest.approx(measured["test_negative_elbo"], abs=5 * error)
    assert found.total / 784 / math.log(2) < 4


@pytest.mark.parametrize("name", CODES)
def test_the_learned_prior_makes_codes_cheaper_as_the_manifest_says(name, images):
    measured, vae = checkpoints.manifest(name)["metrics"], checkpoints.load(f"vae-10d-{images.name}")
    with torch.no_grad():
        q = vae.encode(images.test.x)
    z = q.sample(torch.Generator().manual_seed(1))
    found = metrics.diffusion_bound(checkpoints.load(name), z, rounds=max(2, 20_000 // len(z)), seed=1)
    error = math.hypot(found.standard_error, measured["test_negative_elbo_standard_error"])
    assert found.total == pytest.approx(measured["test_negative_elbo"], abs=5 * error + 0.1)
    assert measured["vae_rate"] == pytest.approx(float(losses.gaussian_kl(q.mean, q.logvar).mean()), abs=1e-3)
    assert measured["test_rate"] < measured["vae_rate"]


@pytest.mark.parametrize("name", CODES)
def test_drawn_codes_convince_the_judge_more_often_than_the_priors(name, images):
    judge, vae = checkpoints.load(f"judge-{images.name}"), checkpoints.load(f"vae-10d-{images.name}")
    generator = torch.Generator().manual_seed(0)
    codes = {
        "learned": models.ddim(checkpoints.load(name), 1000, generator=generator),
        "prior": torch.randn(1000, 10, generator=generator),
    }
    with torch.no_grad():
        sure = {
            key: float((metrics.confidence(judge, vae.decode(z)).confidence > 0.9).double().mean())
            for key, z in codes.items()
        }
    assert sure["learned"] > sure["prior"] + 0.05
    assert sure["learned"] == pytest.approx(checkpoints.manifest(name)["metrics"]["ddim_sure"], abs=0.06)


def test_the_recipe_of_codes_trains_measures_and_leaves_no_state_behind(tmp_path, monkeypatch):
    shipped = checkpoints.SHIPPED
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(train_diffusion.recipes.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(train_diffusion, "CODES", {"latent-diffusion-digits-28": 2})
    monkeypatch.setattr(train_diffusion, "JUDGED", 4)
    (tmp_path / "weights").mkdir()
    for needed in ("vae-10d-digits-28", "judge-digits-28"):
        for path in shipped.glob(f"{needed}.*"):
            (tmp_path / "weights" / path.name).write_bytes(path.read_bytes())
    train_diffusion.codes("latent-diffusion-digits-28")
    about = checkpoints.manifest("latent-diffusion-digits-28")["metrics"]
    assert about["epochs"] == 2
    assert about["test_rate"] > 0
    assert {f"{way}_{what}" for way in ("ddpm", "ddim") for what in ("sure", "class_perplexity")} <= about.keys()
    assert not list(tmp_path.glob("*.safetensors"))
