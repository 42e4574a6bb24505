"""The weights of chapter 13: as good as their manifests say, and small."""

from __future__ import annotations

import math

import pytest
import torch

from course_build.recipes import vqvae as train_vqvae
from course_lib import checkpoints, data, losses, metrics, training

pytestmark = pytest.mark.slow  # what is shipped is measured again

DATASETS = tuple(train_vqvae.SETTINGS)


@pytest.fixture(params=DATASETS)
def images(request):
    """Both editions."""
    return request.getfixturevalue("mnist") if request.param == "mnist" else data.load(request.param)


@pytest.mark.parametrize("name", train_vqvae.RECIPES)
def test_each_loads_and_its_manifest_is_complete(name):
    model, about = checkpoints.load(name), checkpoints.manifest(name)
    assert about["command"] == f"python -m course_build.recipes {name}"
    assert about["dtype"] == "float16"
    assert {"epochs", "parameters", "training_cpu_minutes"} <= about["metrics"].keys()
    learned = sum(weight.numel() for weight in model.parameters())
    if name.startswith("vqvae"):
        learned += model.quantiser.codebook.numel()
    assert about["metrics"]["parameters"] == learned


def test_they_take_less_than_a_megabyte():
    paths = [checkpoints.SHIPPED / f"{name}.safetensors" for name in train_vqvae.RECIPES]
    assert sum(path.stat().st_size for path in paths) < 1e6


def test_the_words_and_what_they_cost_are_those_of_the_manifests(images):
    """Squared error, both rates and the bound, from their definitions."""
    coder, prior = (checkpoints.load(f"{kind}-{images.name}") for kind in ("vqvae", "vq-prior"))
    about, of_prior = (checkpoints.manifest(f"{kind}-{images.name}")["metrics"] for kind in ("vqvae", "vq-prior"))
    x = images.test.x
    with torch.no_grad():
        words = torch.cat([coder.encode(block) for block in x.split(2000)])
        logits = torch.cat([coder.decode_logits(block) for block in words.split(2000)])
        rate = -torch.cat([prior.log_prob(block) for block in words.split(2000)]).double()
    reconstruction = (x * logits - torch.nn.functional.softplus(logits)).sum(dim=1).double()
    error = (x - torch.sigmoid(logits)).square().sum(dim=1).mean()
    assert float(error) == pytest.approx(about["test_squared_error"], abs=1e-3)
    assert float(reconstruction.mean()) == pytest.approx(about["test_reconstruction"], abs=0.01)
    assert float(rate.mean()) == pytest.approx(of_prior["test_rate"], abs=0.01)
    assert of_prior["test_rate_bits"] == pytest.approx(of_prior["test_rate"] / math.log(2), abs=1e-3)
    assert float((reconstruction - rate).mean()) == pytest.approx(of_prior["test_elbo"], abs=0.01)
    assert about["rate_uniform_prior_bits"] == pytest.approx(49 * math.log2(coder.num_embeddings))
    use = metrics.codebook_use(words, coder.num_embeddings)
    assert use.perplexity == pytest.approx(about["codebook_perplexity"], abs=1e-2)
    assert (use.dead, use.perplexity > coder.num_embeddings / 2) == (about["dead_codes"], True)
    assert of_prior["test_rate"] < 0.6 * about["rate_uniform_prior"]


def test_the_twin_is_at_the_rate_of_the_words_and_as_good_as_its_manifest_says(images):
    twin, about = (
        checkpoints.load(f"vae-grid-{images.name}"),
        checkpoints.manifest(f"vae-grid-{images.name}")["metrics"],
    )
    with torch.no_grad():
        q = twin.encode(images.test.x[:2000])
        bound = losses.elbo(twin, images.test.x[:2000], generator=torch.Generator().manual_seed(3))
    error = 5 * float(bound.elbo.double().std()) / 2000**0.5
    assert float(q.kl().mean()) == pytest.approx(about["test_kl"], abs=error)
    assert float(bound.reconstruction.mean()) == pytest.approx(about["test_reconstruction"], abs=error)
    rate = checkpoints.manifest(f"vq-prior-{images.name}")["metrics"]["test_rate"]
    assert about["test_kl"] == pytest.approx(rate, rel=0.05)


def test_a_run_of_the_tool_is_continued_and_measured(tmp_path, monkeypatch):
    """All three recipes on the bundled digits, small and short, the first of them interrupted."""
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    quick = {"model": {"hidden": (2, 3)}, "epochs": 2, "prior": {"width": 4}}
    quick |= {"prior_epochs": 1, "prior_batch_size": 256, "batch_size": 256}
    settings = train_vqvae.SETTINGS["digits-28"] | quick
    monkeypatch.setitem(train_vqvae.SETTINGS, "digits-28", settings)
    fit = training.fit

    def interrupted(model, x, **arguments):
        fit(model, x, **arguments | {"epochs": 1})
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_vqvae.RECIPES["vqvae-digits-28"]("vqvae-digits-28")
    monkeypatch.setattr(training, "fit", fit)
    for name in ("vqvae-digits-28", "vq-prior-digits-28", "vae-grid-digits-28"):
        train_vqvae.RECIPES[name](name)
        assert checkpoints.load(name)
    assert sorted(path.suffix for path in tmp_path.rglob("*.*")) == [".safetensors"] * 3
