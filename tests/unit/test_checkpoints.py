"""Checkpoints come back bit by bit; whatever is truncated, altered or foreign is refused and nothing good is lost."""

import json
import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from course_lib import checkpoints, models
from course_lib.checkpoints import BadFile

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
        return model.logits((model.codes * x).long().reshape(-1, model.side, model.side))
    return model.logits(x) if isinstance(model, models.Classifier) else model.reconstruct(x)


def bits(model):
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}


@pytest.fixture
def saved(tmp_path):
    """The path of a VAE's weights; its manifest lies beside it."""
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
    x = torch.rand(5, getattr(model, "input_dim", 6))
    assert torch.equal(answer(again, x), answer(model.eval(), x))
    into = make(seed=0)
    assert checkpoints.load(path, into=into) is into
    assert bits(into) == bits(model)


def test_a_name_with_a_dot_is_kept_whole(tmp_path):
    paths = [checkpoints.save(vae(), tmp_path / f"beta-{beta}", **ABOUT) for beta in (0.5, 0.25)]
    assert [path.name for path in paths] == ["beta-0.5.safetensors", "beta-0.25.safetensors"]
    assert checkpoints.save(vae(), paths[0], **ABOUT) == paths[0]
    assert len(list(tmp_path.iterdir())) == 4
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


@pytest.mark.parametrize("kind", ["Autoencoder", "VAE"])
def test_a_manifest_from_before_there_was_a_choice_of_activation_means_relu(tmp_path, kind):
    model = MODELS[kind](seed=3)
    path = checkpoints.save(model, tmp_path / "model", **ABOUT)
    config = {name: value for name, value in model.config.items() if name != "activation"}
    assert len(config) == len(model.config) - 1
    with_manifest(path, config=config)
    again = checkpoints.load(path)
    assert again.config["activation"] == "relu"
    x = torch.rand(5, 6)
    assert torch.equal(again.reconstruct(x), model.reconstruct(x))


def test_the_manifest_says_what_it_is_and_how_it_was_made(saved):
    about = checkpoints.manifest(saved)
    assert about["architecture"] == "VAE"
    assert about["config"] == vae().config
    assert {name: about[name] for name in ABOUT} == ABOUT
    assert about["versions"]["torch"] == torch.__version__
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
    refused(saved, BadFile, r"got vae.safetensors with SHA-256 .*, expected .*truncated or altered")


@pytest.mark.parametrize("at", [3, 40, -1, -30])
def test_one_flipped_byte_is_noticed(saved, at):
    content = bytearray(saved.read_bytes())
    content[at] ^= 1
    saved.write_bytes(content)
    refused(saved, BadFile, "truncated or altered")


def test_foreign_files_are_refused(saved):
    good = saved.read_bytes()
    for name, write in {
        "text": lambda path: path.write_text("<html>not found</html>"),
        "torch": lambda path: torch.save(vae().state_dict(), path),
        "other safetensors": lambda path: save_file(vae(seed=1).state_dict(), path),
    }.items():
        write(saved)
        assert saved.read_bytes() != good, name
        refused(saved, BadFile, "truncated or altered")


def with_manifest(saved, **changes):
    """Rewrite the manifest, with the digest of whatever lies there as weights."""
    about = json.loads(saved.with_suffix(".json").read_text())
    about["sha256"] = checkpoints._storage.sha256(saved.read_bytes())
    saved.with_suffix(".json").write_text(json.dumps(about | changes))


class Malicious:
    """Unpickling it writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("raw", [True, False], ids=["pickle", "torch.save"])
def test_a_pickle_is_never_executed_even_with_a_matching_digest(saved, tmp_path, raw):
    trap = Malicious(tmp_path / "executed")
    if raw:
        saved.write_bytes(pickle.dumps(trap))
    else:
        torch.save({"weight": trap}, saved)
    with_manifest(saved)
    refused(saved, BadFile, "vae.safetensors is no safetensors file")
    assert not trap.path.exists()
    pickle.loads(pickle.dumps(trap))  # the trap works
    assert trap.path.exists()


def test_weights_without_a_manifest_are_refused(saved):
    saved.with_suffix(".json").unlink()
    refused(saved, BadFile, "got vae.safetensors without its manifest vae.json; copy both files")


@pytest.mark.parametrize(
    "text",
    ["", "{", "3", "null", "[]", '["architecture", "config", "sha256"]', "{}", "\xff", '{"architecture": "VAE"}'],
)
def test_garbage_instead_of_a_manifest_is_refused(saved, text):
    saved.with_suffix(".json").write_bytes(text.encode("latin-1"))
    refused(saved, BadFile, r"vae\.json is no manifest")


@pytest.mark.parametrize(
    "changes",
    [{"architecture": "GAN"}, {"architecture": ["VAE"]}, {"architecture": None}, {"config": 3}, {"sha256": 3}],
)
def test_a_manifest_that_does_not_describe_a_model_of_the_course_is_refused(saved, changes):
    with_manifest(saved, **changes)
    refused(saved, BadFile, r"vae\.json is no manifest of this course: expected .* LinearVAE, Classifier")


@pytest.mark.parametrize("config", [{}, {"latent_dim": 0}, {"latent_dim": 2, "depth": 9}])
def test_a_manifest_with_an_impossible_configuration_is_refused(saved, config):
    with_manifest(saved, config=config)
    with pytest.raises(BadFile, match=r"vae\.json describes no VAE"):
        checkpoints.load(saved)


def test_the_manifest_of_another_architecture_is_refused(saved):
    with_manifest(saved, architecture="Autoencoder", config={"latent_dim": 2, "input_dim": 6, "hidden": [4]})
    with pytest.raises(ValueError, match=r"got the weights of .*, expected those of Autoencoder\(latent_dim=2"):
        checkpoints.load(saved)


@pytest.mark.parametrize(
    "into",
    [
        lambda: models.VAE(2, input_dim=6, hidden=[4]),
        lambda: models.VAE(3, input_dim=6, hidden=[4, 4]),
        lambda: models.VAE(3, input_dim=7, hidden=[4]),
        MODELS["Autoencoder"],
        MODELS["LinearVAE"],
        lambda: nn.Linear(3, 2),
    ],
)
def test_another_architecture_is_not_filled(saved, into):
    model = into()
    expected = rf"got the weights of VAE\(latent_dim=3.*expected those of {type(model).__name__}\("
    refused(saved, ValueError, expected, into=model)


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
@pytest.mark.parametrize("at", [1, 2], ids=["weights", "manifest"])
@pytest.mark.parametrize("old", [True, False], ids=["over an old one", "new"])
def test_a_save_that_fails_loses_nothing_and_leaves_nothing(saved, monkeypatch, function, at, old):
    if not old:
        shutil.rmtree(saved.parent)
        saved.parent.mkdir()
    before = {path.name: path.read_bytes() for path in saved.parent.iterdir()}
    works, calls = getattr(os, function), []

    def fail_once(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError("the disk is full")
        return works(*arguments)

    monkeypatch.setattr(os, function, fail_once)
    with pytest.raises(OSError, match="the disk is full"):
        checkpoints.save(vae(seed=4), saved, **ABOUT)
    assert {path.name: path.read_bytes() for path in saved.parent.iterdir()} == before
    assert len(before) == (2 if old else 0)


def test_metrics_that_json_cannot_hold_are_refused_before_anything_is_written(saved):
    before = saved.read_bytes()
    with pytest.raises(TypeError, match="Tensor"):
        checkpoints.save(vae(seed=4), saved, **ABOUT | {"metrics": {"loss": torch.tensor(1.0)}})
    assert saved.read_bytes() == before
    assert bits(checkpoints.load(saved)) == bits(vae(seed=3))


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match=r"can't write vae\.safetensors: .*file is no folder that can be written"):
        checkpoints.save(vae(), tmp_path / "file" / "vae", **ABOUT)
    assert (tmp_path / "file").read_text() == "mine"
