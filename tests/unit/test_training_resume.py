"""An interrupted run that is continued equals one that never was, to the last bit; a foreign file is refused."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from course_lib import losses, models, training
from course_lib._storage import CorruptFileError

ROOT = Path(__file__).parents[2]
X = torch.rand(60, 12, generator=torch.Generator().manual_seed(0))
HELD_OUT = torch.rand(20, 12, generator=torch.Generator().manual_seed(1))
PLAIN = {"batch_size": 16, "lr": 2e-3}
EVERYTHING = {
    "batch_size": 16,
    "lr": training.Cosine(5e-3, 6, warmup=1),
    "validation": HELD_OUT,
    "patience": 3,
    "beta": training.LinearWarmup(4),
}


def small(seed=0, **arguments):
    return models.VAE(latent_dim=2, input_dim=12, hidden=(8,), seed=seed, **arguments)


class Interrupting:
    """The ELBO's terms, until Ctrl-C comes in at the given training batch."""

    def __init__(self, at=None):
        self.left = at

    def __call__(self, model, x, **options):
        if torch.is_grad_enabled() and self.left is not None:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
        return losses.elbo_terms(model, x, **options)


def state(path):
    """Everything in the file but the wall times: weights, best weights, Adam's averages, generator, history."""
    from course_lib._storage import unpack

    tensors, meta = unpack(path.read_bytes(), path.name)
    meta["history"].pop("seconds")
    return tensors, meta


def same_state(a, b):
    (tensors_a, meta_a), (tensors_b, meta_b) = state(a), state(b)
    assert meta_a == meta_b
    assert tensors_a.keys() == tensors_b.keys()
    for name, value in tensors_a.items():
        assert torch.equal(value, tensors_b[name]), name
    return tensors_a.keys()


@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING], ids=["plain", "everything"])
@pytest.mark.parametrize("at", [0, 3, 4, 5, 10])  # four batches an epoch: before, at the edges of and within an epoch
def test_a_run_interrupted_by_the_keyboard_continues_as_if_nothing_had_happened(tmp_path, settings, at):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    reference, model = small(), small()
    expected = training.fit(reference, X, epochs=5, resume_from=whole, objective=Interrupting(), **settings)
    with pytest.raises(KeyboardInterrupt):
        training.fit(model, X, epochs=5, resume_from=broken, objective=Interrupting(at), **settings)
    assert broken.exists() == (at >= 4)
    # Somebody else's weights: nothing but the file may matter, unless there is none yet.
    model = small(seed=9 if at >= 4 else 0)
    history = training.fit(model, X, epochs=5, resume_from=broken, objective=Interrupting(), **settings)
    assert history == expected
    for name, value in reference.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    names = same_state(whole, broken)
    assert {"adam.0.exp_avg", "adam.0.exp_avg_sq", "adam.0.step", "generator"} <= names
    # A further epoch, which would show a difference in Adam's averages or in the generator.
    for path in (whole, broken):
        training.fit(small(), X, epochs=6, resume_from=path, objective=Interrupting(), **settings)
    same_state(whole, broken)
    assert list(tmp_path.glob(".*")) == []


def test_a_finished_run_is_not_trained_further(tmp_path):
    first, again = small(), small(seed=5)
    history = training.fit(first, X, epochs=3, resume_from=tmp_path / "run", **PLAIN)
    assert training.fit(again, X, epochs=3, resume_from=tmp_path / "run", **PLAIN) == history
    assert all(torch.equal(first.state_dict()[name], value) for name, value in again.state_dict().items())


def test_a_stalled_run_goes_back_to_its_best_weights_again(tmp_path):
    arguments = {"epochs": 200, "validation": HELD_OUT, "patience": 2, "lr": 0.05, "resume_from": tmp_path / "run"}
    first, again = small(), small(seed=5)
    history = training.fit(first, X, **arguments)
    assert history.epochs < 200
    assert training.fit(again, X, **arguments) == history
    assert all(torch.equal(first.state_dict()[name], value) for name, value in again.state_dict().items())
    assert training.evaluate(again, HELD_OUT)["loss"] == min(history.validation["loss"])


def test_a_run_killed_by_the_system_continues_as_if_nothing_had_happened(tmp_path):
    path, epochs = tmp_path / "run", 100_000  # minutes, of which the kill comes in the first second
    code = f"""
import torch
from course_lib import models, training
torch.set_num_threads({torch.get_num_threads()})
x = torch.rand(60, 12, generator=torch.Generator().manual_seed(0))
model = models.VAE(latent_dim=2, input_dim=12, hidden=(8,))
training.fit(model, x, epochs={epochs}, batch_size=16, lr=2e-3, resume_from={str(path)!r})
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    while not path.exists() and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    assert process.wait() != 0, "it was done before the kill"
    done = len(state(path)[1]["history"]["train"]["loss"])  # the file is whole whenever the kill came
    assert 0 < done < epochs
    expected, model = small(), small(seed=5)
    history = training.fit(expected, X, epochs=done + 2, **PLAIN)
    assert training.fit(model, X, epochs=done + 2, resume_from=path, **PLAIN) == history
    assert all(torch.equal(expected.state_dict()[name], value) for name, value in model.state_dict().items())


DAMAGE = {
    "empty": lambda content: b"",
    "cut in half": lambda content: content[: len(content) // 2],
    "one byte short": lambda content: content[:-1],
    "one byte more": lambda content: content + b"\0",
    "flipped in a weight": lambda content: content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
    "flipped in the history": lambda content: content.replace(b"seconds", b"secondt"),
    "text": lambda content: b"not a run at all",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_and_nothing_is_changed(tmp_path, damage):
    path, model = tmp_path / "run", small()
    training.fit(small(), X, epochs=2, resume_from=path, **PLAIN)
    path.write_bytes(damage(path.read_bytes()))
    refused(path, model, CorruptFileError, f"{path.name} is .*delete it")


def refused(path, model, error, message, **changes):
    before, content = {name: value.clone() for name, value in model.state_dict().items()}, path.read_bytes()
    arguments = {"x": X, "epochs": 3, "resume_from": path} | PLAIN | changes
    with pytest.raises(error, match=message):
        training.fit(model, **arguments)
    assert path.read_bytes() == content
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def other_objective(model, x, **options):
    return losses.elbo_terms(model, x, **options)


OTHER = {
    "seed": {"seed": 1},
    "lr": {"lr": 1e-3},
    "batch_size": {"batch_size": 17},
    "beta": {"beta": 2.0},
    "objective": {"objective": other_objective},
    "x": {"x": X.flip(0)},  # the same numbers in another order
    "validation": {"validation": HELD_OUT},
}


@pytest.mark.parametrize(("name", "changes"), OTHER.items(), ids=OTHER)
def test_the_file_of_another_run_is_refused_and_the_difference_named(tmp_path, name, changes):
    path = tmp_path / "run"
    training.fit(small(), X, epochs=2, resume_from=path, **PLAIN)
    refused(path, small(seed=4), ValueError, f"belongs to another run, it differs in {name} .*delete it", **changes)


@pytest.mark.parametrize(
    "other",
    [
        lambda: small(likelihood="gaussian"),
        lambda: models.VAE(3, input_dim=12, hidden=(8,)),
        lambda: models.LinearVAE(12, 2),
        lambda: models.Autoencoder(2, input_dim=12, hidden=(8,)),
    ],
)
def test_the_file_of_another_model_is_refused(tmp_path, other):
    path = tmp_path / "run"
    training.fit(small(), X, epochs=2, resume_from=path, **PLAIN)
    refused(path, other(), ValueError, "belongs to another run, it differs in model")


def test_a_safetensors_file_that_is_no_run_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file(small().state_dict(), tmp_path / "run")
    refused(tmp_path / "run", small(seed=3), CorruptFileError, "run is altered, or not written by course_lib")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match=r"can't write run in .*file .* is it a folder that you may write to"):
        training.fit(small(), X, epochs=1, resume_from=tmp_path / "file" / "run")
    assert (tmp_path / "file").read_text() == "in the way"
