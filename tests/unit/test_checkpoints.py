"""Checkpoints come back bit by bit; whatever is truncated, altered or foreign is refused and nothing good is lost."""

import importlib.metadata
import math
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from course_lib import _storage, checkpoints, models
from course_lib.checkpoints import CorruptFileError

ABOUT = {"dataset": "none", "command": "pytest", "metrics": {"loss": 0.25}}
MODELS = {
    "Autoencoder": lambda seed=0: models.Autoencoder(2, input_dim=6, hidden=(5, 4), likelihood="bernoulli", seed=seed),
    "VAE": lambda seed=0: models.VAE(
        3, input_dim=6, hidden=[4], likelihood="gaussian", noise_variance=0.125, seed=seed
    ),
    "LinearAutoencoder": lambda seed=0: models.LinearAutoencoder(6, 2, seed=seed),
    "LinearVAE": lambda seed=0: models.LinearVAE(6, 2, noise_variance=0.25, learn_noise=False, seed=seed),
    "Classifier": lambda seed=0: models.Classifier(input_dim=6, hidden=(5,), classes=3, activation="gelu", seed=seed),
    "ConvVAE": lambda seed=0: models.ConvVAE(2, side=8, channels=(4, 4), seed=seed),
    "GridVAE": lambda seed=0: models.GridVAE(2, input_dim=64, hidden=(4, 4), seed=seed),
    "VQVAE": lambda seed=0: models.VQVAE(5, code_dim=2, input_dim=64, hidden=(4, 4), seed=seed),
    "GridPrior": lambda seed=0: models.GridPrior(5, side=2, width=4, embedding=3, seed=seed),
    "Diffusion": lambda seed=0: models.Diffusion(6, width=4, depth=1, steps=10, seed=seed),
}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


def vae(seed=0):
    return MODELS["VAE"](seed)


def answer(model, x):
    if isinstance(model, models.Diffusion):
        return model.predict_start(x, torch.full((len(x),), 7))
    if isinstance(model, models.GridPrior):
        return model.logits((model.num_embeddings * x).long().reshape(-1, model.side, model.side))
    return model.logits(x) if isinstance(model, models.Classifier) else model.reconstruct(x)


def bits(model):
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


@pytest.fixture
def saved(tmp_path):
    """The path of a VAE's checkpoint."""
    return checkpoints.save(vae(seed=3), tmp_path / "vae", **ABOUT)


def test_every_architecture_of_the_course_is_tried_here():
    assert MODELS.keys() == checkpoints.ARCHITECTURES.keys()


@every_model
def test_a_model_comes_back_bit_by_bit_ready_for_use(tmp_path, make):
    model = make(seed=3).train()
    path = checkpoints.save(model, tmp_path / "model", **ABOUT)
    again = checkpoints.load(path)
    assert type(again) is type(model)
    assert again.config == model.config
    assert bits(again) == bits(model) != bits(make(seed=0))
    assert not again.training
    x = torch.rand(5, getattr(model, "input_dim", 4 if isinstance(model, models.GridPrior) else 6))
    assert torch.equal(answer(again, x), answer(model.eval(), x))
    into = make(seed=0)
    assert checkpoints.load(path, into=into) is into
    assert bits(into) == bits(model)


def test_a_name_with_a_dot_is_kept_whole(tmp_path):
    paths = [checkpoints.save(vae(), tmp_path / f"beta-{beta}", **ABOUT) for beta in (0.5, 0.25)]
    assert [path.name for path in paths] == ["beta-0.5.safetensors", "beta-0.25.safetensors"]
    assert checkpoints.save(vae(), paths[0], **ABOUT) == paths[0]
    assert len(list(tmp_path.iterdir())) == 2
    assert bits(checkpoints.load(str(paths[1]))) == bits(vae())


@every_model
def test_half_precision_takes_half_the_space_and_comes_back_as_the_rounded_model_in_float32(tmp_path, make):
    model = make(seed=3)
    before = bits(model)
    path = checkpoints.save(model, tmp_path / "model", dtype=torch.float16, **ABOUT)
    assert bits(model) == before  # the caller's model is not rounded
    stored = load_file(path)
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert sum(value.nbytes for value in stored.values()) * 2 == sum(len(value) for value in before.values())
    assert checkpoints.manifest(path)["dtype"] == "float16"
    again = checkpoints.load(path)
    assert {value.dtype for value in again.state_dict().values()} == {torch.float32}
    assert bits(again) == bits(model.half().float()) != before


def test_without_a_dtype_the_manifest_names_none_and_a_weight_too_large_is_refused(saved):
    assert "dtype" not in checkpoints.manifest(saved)
    model, before = vae(), saved.read_bytes()
    with torch.no_grad():
        model.decoder[0].bias[1] = 1e5
    with pytest.raises(ValueError, match=r"got decoder\.0\.bias with values up to 1e\+05, too large for torch.float16"):
        checkpoints.save(model, saved, dtype=torch.float16, **ABOUT)
    assert saved.read_bytes() == before


def test_the_manifest_says_what_it_is_and_how_it_was_made(saved):
    about = checkpoints.manifest(saved)
    assert about["architecture"] == "VAE"
    assert about["config"] == vae().config
    assert {name: about[name] for name in ABOUT} == ABOUT
    assert about["versions"]["torch"] == importlib.metadata.version("torch")  # without the "+cu130" of some builds
    assert about["versions"].keys() == {"python", "torch", "safetensors"}
    assert "note" not in about


def test_a_note_is_part_of_the_manifest(tmp_path):
    assert checkpoints.manifest(checkpoints.save(vae(), tmp_path / "vae", note="why", **ABOUT))["note"] == "why"


def refused(path, error, message, into=None):
    into = into or vae(seed=8)
    before = bits(into)
    with pytest.raises(error, match=message):
        checkpoints.load(path, into=into)
    assert bits(into) == before


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_truncated_weights_are_refused(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    refused(saved, CorruptFileError, r"vae\.safetensors is truncated or no safetensors file")


@pytest.mark.parametrize("at", [3, 40, 200, -1, -30])
def test_one_flipped_byte_is_noticed_in_the_weights_and_in_the_manifest(saved, at):
    content = bytearray(saved.read_bytes())
    content[at] ^= 1
    saved.write_bytes(content)
    refused(saved, CorruptFileError, r"vae\.safetensors is (altered|truncated)")


def test_foreign_files_are_refused(saved):
    good = saved.read_bytes()
    for name, write in {
        "text": lambda path: path.write_text("<html>not found</html>"),
        "torch": lambda path: torch.save(vae().state_dict(), path),
        "other safetensors": lambda path: save_file(vae(seed=1).state_dict(), path),
    }.items():
        write(saved)
        assert saved.read_bytes() != good, name
        refused(saved, CorruptFileError, r"vae\.safetensors is (truncated or no|altered, or not)")


def with_manifest(saved, **changes):
    """The same weights under another manifest, as somebody would write it who knows our format."""
    weights, about = _storage.load(saved)
    _storage.save(saved, weights, about | changes)


class Malicious:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("raw", [True, False], ids=["pickle", "torch.save"])
def test_a_pickle_is_never_executed(saved, tmp_path, raw):
    trap = Malicious(tmp_path / "executed")
    if raw:
        saved.write_bytes(pickle.dumps(trap))
    else:
        torch.save({"weight": trap}, saved)
    refused(saved, CorruptFileError, r"vae\.safetensors is truncated or no safetensors file")
    assert not trap.path.exists()
    pickle.loads(pickle.dumps(trap))  # the trap works
    assert trap.path.exists()


@pytest.mark.parametrize("architecture", ["GAN", None, 3])
def test_a_manifest_that_does_not_describe_a_model_of_the_course_is_refused(saved, architecture):
    with_manifest(saved, architecture=architecture)
    refused(saved, CorruptFileError, r"vae\.safetensors holds no model of this course: .* LinearVAE, Classifier")


@pytest.mark.parametrize("config", [{}, {"latent_dim": 0}, {"latent_dim": 2, "depth": 9}])
def test_a_manifest_with_an_impossible_configuration_is_refused(saved, config):
    with_manifest(saved, config=config)
    with pytest.raises(CorruptFileError, match=r"vae\.safetensors describes no VAE"):
        checkpoints.load(saved)


def test_the_manifest_of_another_architecture_is_refused(saved):
    with_manifest(saved, architecture="Autoencoder", config={"latent_dim": 2, "input_dim": 6, "hidden": [4]})
    with pytest.raises(ValueError, match=r"got the weights of .*, expected those of Autoencoder\(latent_dim=2"):
        checkpoints.load(saved)


@pytest.mark.parametrize(
    "into",
    [
        lambda: models.VAE(2, input_dim=6, hidden=[4], likelihood="gaussian", noise_variance=0.125),
        lambda: models.VAE(3, input_dim=6, hidden=[4, 4], likelihood="gaussian", noise_variance=0.125),
        lambda: models.VAE(3, input_dim=7, hidden=[4], likelihood="gaussian", noise_variance=0.125),
        lambda: models.VAE(3, input_dim=6, hidden=[4], likelihood="bernoulli"),
        lambda: models.VAE(3, input_dim=6, hidden=[4], likelihood="gaussian", noise_variance=0.25),
        lambda: models.VAE(3, input_dim=6, hidden=[4], likelihood="gaussian", noise_variance=0.125, activation="gelu"),
        lambda: vae().double(),
        MODELS["Autoencoder"],
        MODELS["LinearVAE"],
        lambda: nn.Linear(3, 2),
    ],
)
def test_a_model_of_another_architecture_configuration_or_dtype_is_not_filled(saved, into):
    model = into()
    expected = rf"got the weights of VAE\(latent_dim=3.*expected those of {type(model).__name__}\("
    refused(saved, ValueError, expected, into=model)


@every_model
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_model_of_another_dtype_comes_back_in_it(tmp_path, make, dtype):
    model = make(seed=3).to(dtype)
    again = checkpoints.load(checkpoints.save(model, tmp_path / "model", **ABOUT))
    for name, value in model.state_dict().items():
        assert again.state_dict()[name].dtype == value.dtype
        assert torch.equal(again.state_dict()[name], value)


@pytest.mark.parametrize("dtype", [torch.int8, torch.bool, torch.complex64])
def test_a_dtype_that_holds_no_real_numbers_is_refused(saved, dtype):
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=f"got dtype={dtype}, expected one of real numbers"):
        checkpoints.save(vae(), saved, dtype=dtype, **ABOUT)
    assert saved.read_bytes() == before


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(ValueError, match="got checkpoint name 'vae-3d', expected one of ae-2d-digits-28, ae-2d-mnist"):
        checkpoints.load("vae-3d")


def test_a_path_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"got the path .*none\.safetensors, expected an existing"):
        checkpoints.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("model", [nn.Linear(2, 2), type("VAE", (nn.Linear,), {})(2, 2)])
def test_another_class_is_not_saved_even_under_a_known_name(tmp_path, model):
    with pytest.raises(TypeError, match=f"got a {type(model).__name__}, expected one of Autoencoder, VAE"):
        checkpoints.save(model, tmp_path / "model", **ABOUT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("old", [True, False], ids=["over an old one", "new"])
def test_a_save_that_fails_loses_nothing_and_leaves_nothing(saved, monkeypatch, function, old):
    if not old:
        saved.unlink()
    before = {path.name: path.read_bytes() for path in saved.parent.iterdir()}

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match=r"can't write vae\.safetensors in .* \(No space left on device\)"):
        checkpoints.save(vae(seed=4), saved, **ABOUT)
    assert {path.name: path.read_bytes() for path in saved.parent.iterdir()} == before


@pytest.mark.parametrize("value", [math.nan, math.inf, torch.tensor(math.nan), np.float32("nan")])
def test_a_metric_that_is_not_finite_is_refused_before_anything_is_written(saved, value):
    before = saved.read_bytes()
    with pytest.raises(ValueError, match=r"got metric loss = .*(nan|inf).*, expected a finite number"):
        checkpoints.save(vae(seed=4), saved, **ABOUT | {"metrics": {"loss": value}})
    assert saved.read_bytes() == before


def test_metrics_may_be_numbers_of_other_libraries(saved):
    measured = {"a": torch.tensor(0.5), "b": np.float32(0.25), "c": np.int64(3), "d": 7}
    checkpoints.save(vae(), saved, **ABOUT | {"metrics": measured})
    assert checkpoints.manifest(saved)["metrics"] == {"a": 0.5, "b": 0.25, "c": 3, "d": 7}


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=r"can't write vae\.safetensors in .*file "):
        checkpoints.save(vae(), tmp_path / "file" / "vae", **ABOUT)
    assert (tmp_path / "file").read_text() == "mine"
