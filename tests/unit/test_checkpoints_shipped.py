"""The weights that come with the course: they load, are small, and are as good as their manifests say."""

import pytest
import torch

from course_build.recipes import checkpoints as train_checkpoints
from course_build.recipes import common as recipes
from course_build.recipes import shapes as train_shapes
from course_lib import checkpoints, data, losses, metrics, training
from course_lib.results import _files, seeds

pytestmark = pytest.mark.slow  # what is shipped is measured again

NAMES = (
    "ae-2d-digits-28",
    "ae-2d-mnist",
    "ae-30d-mnist",
    "vae-10d-digits-28",
    "vae-10d-mnist",
    "vae-20d-mnist",
    "vae-2d-digits-28",
    "vae-2d-mnist",
)
JUDGES = ("judge-digits-28", "judge-mnist")
every_name = pytest.mark.parametrize("name", NAMES)
HIDDEN = {"2d": [256, 128], "10d": [256, 128], "20d": [500, 500], "30d": [1000, 500, 250]}


def test_the_shipped_checkpoints_are_those_that_the_tool_makes():
    assert {*NAMES, *JUDGES} <= {*checkpoints.names()}  # tests of the others stand beside those of their chapters
    results = {path.stem for path in _files.SHIPPED.iterdir() if not path.stem.startswith(f"{seeds.KIND}-")}
    assert sorted({*checkpoints.names()} | results) == sorted(train_checkpoints.NAMES)
    assert {path.name for path in checkpoints.SHIPPED.iterdir()} == {f"{n}.safetensors" for n in checkpoints.names()}


def test_the_package_stays_small():
    sizes = [path.stat().st_size for folder in (checkpoints, _files) for path in folder.SHIPPED.iterdir()]
    assert sum(sizes) < 25e6
    assert max(sizes) < 6e6


@every_name
def test_each_loads_and_its_manifest_is_complete(name):
    model, about = checkpoints.load(name), checkpoints.manifest(name)
    kind, size, dataset = name.split("-", 2)
    assert type(model).__name__ == {"ae": "Autoencoder", "vae": "VAE"}[kind]
    assert model.config["latent_dim"] == int(size.removesuffix("d"))
    assert model.config["hidden"] == HIDDEN[size]
    assert about["command"] == f"python -m course_build.recipes {name}"
    assert about["dataset"] == dataset
    assert about["versions"].keys() == {"python", "torch", "safetensors"}
    assert len(about["sha256"]) == 64
    measured = {"test_elbo", "test_log_likelihood"} if size == "20d" else {"test_squared_error", "train_squared_error"}
    assert {"epochs"} | measured <= about["metrics"].keys()
    assert all(value.isfinite().all() for value in model.state_dict().values())


@pytest.fixture
def images(name, request):
    return request.getfixturevalue("mnist") if name.endswith("mnist") else data.load("digits-28")


@pytest.mark.parametrize("name", [name for name in NAMES if "20d" not in name])
def test_the_squared_errors_are_those_of_the_manifest(name, images):
    model, about = checkpoints.load(name), checkpoints.manifest(name)["metrics"]
    for split in ("train", "test"):
        x = getattr(images, split).x
        with torch.no_grad():
            total = sum((block - model.reconstruct(block)).double().square().sum() for block in x.split(5000))
        assert total / len(x) == pytest.approx(about[f"{split}_squared_error"], abs=0.01)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("vae") and "20d" not in name])
def test_the_bound_is_that_of_the_manifest_within_its_monte_carlo_error(name, images):
    vae, about, x = checkpoints.load(name), checkpoints.manifest(name)["metrics"], images.test.x
    with torch.no_grad():
        draws = [losses.elbo(vae, x, generator=torch.Generator().manual_seed(seed)) for seed in range(101, 105)]
    reconstruction = torch.stack([draw.reconstruction for draw in draws]).double()
    # Four draws per example show the noise of one; the manifest's own estimate averages ten.
    noise = float(reconstruction.var(dim=0).mean().sqrt()) / len(x) ** 0.5
    error = 5 * noise * (1 / len(draws) + 1 / 10) ** 0.5
    assert error < 1
    assert float(reconstruction.mean()) == pytest.approx(about["test_reconstruction"], abs=error)
    assert float(draws[0].kl.double().mean()) == pytest.approx(about["test_kl"], abs=0.01)
    assert about["test_elbo"] == pytest.approx(about["test_reconstruction"] - about["test_kl"], abs=2e-4)


def test_the_models_on_mnist_are_good_enough(mnist):
    ae, deep, vae = (checkpoints.load(f"{kind}-mnist") for kind in ("ae-2d", "ae-30d", "vae-2d"))
    assert metrics.reconstruction_error(ae, mnist.test.x).mean <= 28.5
    error = metrics.reconstruction_error(deep, mnist.test.x)
    assert error.mean + 4 * error.standard_error < 3.00  # Hinton & Salakhutdinov (2006)
    assert metrics.elbo(vae, mnist.test.x).elbo >= -142


def test_the_likelihood_of_black_and_white_digits_is_that_of_the_manifest(mnist):
    vae, about = checkpoints.load("vae-20d-mnist"), checkpoints.manifest("vae-20d-mnist")["metrics"]
    x = torch.bernoulli(mnist.test.x, generator=torch.Generator().manual_seed(0))
    bound = metrics.elbo(vae, x, seed=1)
    assert bound.elbo == pytest.approx(about["test_elbo"], abs=4 * about["test_elbo_standard_error"])
    assert bound.kl == pytest.approx(about["test_kl"], abs=0.01)
    assert metrics.active_units(vae, x) == about["active_units"]
    some = x[torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:400]]
    likelihood = metrics.log_likelihood(vae, some, samples=200, seed=1)
    assert likelihood.mean == pytest.approx(about["test_log_likelihood"], abs=4 * likelihood.standard_error)
    assert about["test_elbo"] + 2 < about["test_log_likelihood"]
    assert about["test_log_likelihood"] > -90


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("vae-10d")])
def test_every_dimension_of_the_models_for_sliders_is_in_use(name):
    assert checkpoints.manifest(name)["metrics"]["active_units"] == 10


@pytest.mark.parametrize("name", JUDGES)
def test_the_judges_know_digits_and_their_manifests_say_what_they_make_of_noise(name, images):
    judge, about = checkpoints.load(name), checkpoints.manifest(name)
    measured, x, y = about["metrics"], images.test.x, images.test.y
    assert about["command"] == f"python -m course_build.recipes {name}"
    assert about["dataset"] == name.removeprefix("judge-")
    assert about["dtype"] == "float16"
    assert {value.dtype for value in judge.state_dict().values()} == {torch.float32}
    with torch.no_grad():
        probabilities = judge.logits(x).softmax(dim=1)
    accuracy = float((probabilities.argmax(dim=1) == y).double().mean())
    assert accuracy == pytest.approx(measured["test_accuracy"], abs=1e-4)
    assert accuracy > 0.97
    assert float((probabilities.amax(dim=1) > 0.9).double().mean()) == pytest.approx(measured["sure_of_test"], abs=1e-3)
    noise = torch.rand(4000, 784, generator=torch.Generator().manual_seed(5))
    orders = torch.stack([torch.randperm(784, generator=torch.Generator().manual_seed(i)) for i in range(300)])
    pictures = {"uniform_noise": noise, "shuffled_pixels": x[:300].gather(1, orders)}
    for kind, shown in pictures.items():
        sure = float((metrics.confidence(judge, shown).confidence > 0.9).double().mean())
        error = 4 * (0.25 / len(shown)) ** 0.5
        assert sure == pytest.approx(measured[f"sure_of_{kind}"], abs=error)


@pytest.mark.parametrize("name", train_shapes.SHOWN)
def test_the_models_of_shapes_measure_what_their_manifests_say(name):
    """The recipe measures the rounded model, and the same seeds give the same numbers."""
    model, about = checkpoints.load(name), checkpoints.manifest(name)
    assert about["command"] == f"python -m course_build.recipes {name}"
    assert (about["dataset"], about["dtype"]) == ("shapes", "float16")
    found, said = train_shapes.measure(model, data.load("shapes")), about["metrics"]
    assert said["test_rate"] == pytest.approx(float(found["rate"]), abs=0.01)
    assert said["total_correlation"] == pytest.approx(float(found["total_correlation"]), abs=0.01)
    assert said["mig"] == pytest.approx(float(found["mig"].mean()), abs=0.02)
    assert said["active_units"] == found["active_units"]


def test_the_priced_model_of_digits_measures_what_its_manifest_says(mnist):
    """Its ELBO is below that of a model of β = 1, its rate too."""
    model, about = checkpoints.load("beta-vae-mnist"), checkpoints.manifest("beta-vae-mnist")["metrics"]
    bound = metrics.elbo(model, mnist.test.x, seed=1)
    assert bound.elbo == pytest.approx(about["test_elbo"], abs=4 * bound.standard_error)
    assert bound.kl == pytest.approx(about["test_kl"], abs=0.01)
    assert metrics.active_units(model, mnist.test.x) == about["active_units"]
    assert about["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert 0 < about["training_cpu_minutes"] < 10
    assert about["test_kl"] < checkpoints.manifest("vae-10d-mnist")["metrics"]["test_kl"]


@pytest.mark.parametrize("name", ["ae-2d-digits-28", "vae-2d-digits-28"])
def test_the_tool_trains_measures_and_continues_an_interrupted_run(name, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(recipes.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(train_checkpoints, "EPOCHS", {"digits-28": 3})
    fit = training.fit

    def interrupted(model, x, **arguments):
        fit(model, x, **arguments | {"epochs": 2})
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "fit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_checkpoints.train(name)
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1  # the state of the run, and no weights yet
    monkeypatch.setattr(training, "fit", fit)
    train_checkpoints.train(name)
    about, model = checkpoints.manifest(name), checkpoints.load(name)
    assert about["metrics"]["epochs"] == 3
    x = data.load("digits-28").test.x
    assert about["metrics"]["test_squared_error"] == pytest.approx(
        metrics.reconstruction_error(model, x).mean, abs=1e-3
    )
    weights = tmp_path / "weights" / f"{name}.safetensors"
    assert list(tmp_path.rglob("*.safetensors")) == [weights]  # a finished run leaves no state behind
