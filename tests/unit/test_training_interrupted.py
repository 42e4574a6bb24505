"""However a training ends, the model is left on its device, in evaluation mode, with weights that are whole."""

import threading

import numpy as np
import pytest
import torch
from torch.backends import mkldnn

from course_lib import losses, models, training

X = torch.rand(40, 12, generator=torch.Generator().manual_seed(0))


def small(**more):
    return models.VAE(2, input_dim=12, hidden=(8,), **more)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, RuntimeError])
def test_an_interrupted_run_leaves_the_weights_of_the_last_whole_epoch(error):
    calls = []

    def objective(model, x, *, generator):
        calls.append(x)
        if len(calls) == 7:  # the third batch of the second epoch
            raise error
        return losses.elbo_terms(model, x, generator=generator)

    model, whole = small(), small()
    with pytest.raises(error):
        training.fit(model, X, epochs=3, batch_size=10, objective=objective)
    training.fit(whole, X, epochs=1, batch_size=10)
    assert not model.training
    assert all(torch.equal(weight, whole.state_dict()[name]) for name, weight in model.state_dict().items())


def test_a_rate_too_high_is_called_divergence_and_costs_nothing():
    """Not a fault of the data."""
    model = small()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(training.Diverged, match=r"in epoch \d+, batch \d+; .*lower the learning rate"):
        training.fit(model, X, epochs=6, lr=1e20, batch_size=10)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_divergence_is_named_also_where_the_objective_notices_first():
    """As distributions do that refuse what is no number, in words about their arguments."""

    def objective(model, x, *, generator):
        q = model.encode(x)
        normal = torch.distributions.Normal(q.mean, 1.0, validate_args=True)
        return {"loss": normal.rsample().square().sum(dim=1)}

    with pytest.raises(training.Diverged, match="the model's weights became NaN or infinite in epoch 1;") as caught:
        training.fit(small(), X, epochs=2, lr=1e39, batch_size=10, objective=objective)
    assert isinstance(caught.value.__cause__, ValueError)


def test_validation_data_travel_once(monkeypatch):
    moved = []
    to = training._examples.Examples.to
    monkeypatch.setattr(
        training._examples.Examples, "to", lambda self, device: (moved.append(len(self)), to(self, device))[1]
    )
    training.fit(small(), X, epochs=4, validation=X[:8])
    assert sorted(moved) == [8, 40]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation": X.double()}, TypeError, "got validation of dtype float64, expected float32"),
        ({"device": "gpu"}, ValueError, "got device = 'gpu', expected one of this machine"),
        ({"device": "meta"}, ValueError, "got device = 'meta'"),
        ({"objective": "elbo"}, TypeError, "got objective = 'elbo', expected a function"),
        ({"seed": 1.5}, TypeError, "got seed = 1.5, expected an integer"),
        ({"seed": -1}, ValueError, "got seed = -1, expected an integer"),
        ({"beta": -1.0}, ValueError, "got beta = -1.0, expected a weight of the KL of at least 0"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_trained(options, error, message):
    model = small()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    with pytest.raises(error, match=message):
        training.fit(model, X, epochs=1, **options)
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_numbers_of_numpy_are_numbers():
    plain = training.fit(small(), X, epochs=2, batch_size=16, seed=3)
    numpy = training.fit(small(seed=np.int64(0)), X, epochs=np.int32(2), batch_size=np.int64(16), seed=np.uint8(3))
    assert plain == numpy


def test_pixels_may_leave_the_unit_range_by_rounding_alone():
    x = X.clone()
    x[0, 0], x[1, 1] = 1 + 1e-7, -1e-7
    training.fit(small(), x, epochs=1)
    x[0, 0] = 1 + 1e-4
    with pytest.raises(ValueError, match=r"expected pixels in \[0, 1\]"):
        training.fit(small(), x, epochs=1)


@pytest.mark.parametrize("model", [models.Autoencoder(2, input_dim=12), small(likelihood="gaussian")])
def test_what_a_sigmoid_cannot_draw_is_refused(model):
    with pytest.raises(ValueError, match=r"divide by 255"):
        training.fit(model, X * 255, epochs=1)


def test_two_lambdas_are_two_objectives(tmp_path):
    path = tmp_path / "run"
    training.fit(small(), X, epochs=1, objective=lambda m, x, generator: {"loss": m.encode(x).kl()}, resume_from=path)
    with pytest.raises(ValueError, match="it differs in objective"):
        training.fit(
            small(), X, epochs=2, objective=lambda m, x, generator: {"loss": 2 * m.encode(x).kl()}, resume_from=path
        )


def test_fewer_epochs_than_a_file_has_are_refused(tmp_path):
    training.fit(small(), X, epochs=3, resume_from=tmp_path / "run")
    with pytest.raises(ValueError, match=r"got epochs = 2, expected at least the 3 that .*run has"):
        training.fit(small(), X, epochs=2, resume_from=tmp_path / "run")


def test_runs_at_once_leave_the_precision_as_it_was():
    before = mkldnn.matmul.fp32_precision
    first, last = threading.Event(), threading.Event()

    def objective(model, x, *, generator):
        first.set()
        last.wait(60)
        return losses.elbo_terms(model, x, generator=generator)

    slow = threading.Thread(target=lambda: training.fit(small(), X, epochs=1, objective=objective))
    slow.start()
    assert first.wait(60)
    overlapping = threading.Thread(target=lambda: training.fit(small(), X, epochs=1))
    overlapping.start()
    overlapping.join()
    last.set()
    slow.join()
    assert mkldnn.matmul.fp32_precision == before


def test_models_of_one_seed_are_equal_in_whatever_thread():
    made = []
    threads = [
        threading.Thread(target=lambda: made.extend(small(seed=5).state_dict()["encoder.0.weight"] for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 200
    assert all(torch.equal(weight, made[0]) for weight in made)


def test_a_half_precision_model_works_or_says_what_it_takes():
    model = small().bfloat16()
    assert model.encode(X.bfloat16()).mean.dtype == torch.bfloat16
    with pytest.raises(TypeError, match=r"got x of dtype float32, expected bfloat16; use x\.to\(torch\.bfloat16\)"):
        model.encode(X)
