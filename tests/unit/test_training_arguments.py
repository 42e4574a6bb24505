"""What `training.fit` refuses before the first step, when it stops early, and when it shows a bar."""

import sys
import types

import pytest
import torch

from course_lib import losses, models, training
from course_lib.training._progress import progress_bar


def pixels(n=30, width=12, seed=0):
    return torch.rand(n, width, generator=torch.Generator().manual_seed(seed))


def small():
    return models.VAE(latent_dim=2, input_dim=12, hidden=(8,))


def with_nan(x):
    x[3, 5] = float("nan")
    return x


BAD = {
    "width": (pixels(width=11), {}, ValueError, "got x with 11 columns, expected 12"),
    "images": (pixels().reshape(30, 3, 4), {}, ValueError, r"x\.flatten\(1\)"),
    "one example": (pixels()[0], {}, ValueError, r"x\.reshape\(1, -1\)"),
    "bytes": ((pixels() * 255).to(torch.uint8), {}, TypeError, r"dtype uint8.*/ 255"),
    "0 to 255": (pixels() * 255, {}, ValueError, r"expected pixels in \[0, 1\]; divide by 255"),
    "below 0": (pixels() - 0.5, {}, ValueError, r"expected pixels in \[0, 1\]"),
    "NaN": (with_nan(pixels()), {}, ValueError, "NaN or infinity in 1 of the 30 rows of x"),
    "empty": (pixels()[:0], {}, ValueError, "expected at least one example"),
    "no tensor": ([[0.5] * 12], {}, TypeError, "got x of type list"),
    "validation width": (pixels(), {"validation": pixels(width=11)}, ValueError, "got validation with 11 columns"),
    "validation NaN": (pixels(), {"validation": with_nan(pixels())}, ValueError, "rows of validation"),
    "targets short": (
        pixels(),
        {"targets": pixels(29)},
        ValueError,
        r"got targets of shape \(29, 12\), expected 30 rows",
    ),
    "targets scalar": (
        pixels(),
        {"targets": torch.tensor(1)},
        ValueError,
        r"got targets of shape \(\), expected 30 rows",
    ),
    "targets list": (pixels(), {"targets": [1] * 30}, TypeError, "got targets of type list, expected a torch tensor"),
    "validation targets short": (
        pixels(),
        {"targets": pixels(), "validation": pixels(8), "validation_targets": pixels(7)},
        ValueError,
        "got validation_targets of shape .*, expected 8 rows: one for each row of validation",
    ),
    "validation targets missing": (
        pixels(),
        {"targets": pixels(), "validation": pixels(8)},
        ValueError,
        "got targets without validation_targets, expected both or none",
    ),
    "targets missing": (
        pixels(),
        {"validation": pixels(8), "validation_targets": pixels(8)},
        ValueError,
        "got validation_targets without targets, expected both or none",
    ),
    "validation missing": (
        pixels(),
        {"targets": pixels(), "validation_targets": pixels(8)},
        ValueError,
        "got validation_targets without validation, expected validation=",
    ),
    "no epochs": (pixels(), {"epochs": 0}, ValueError, "got epochs = 0"),
    "half an epoch": (pixels(), {"epochs": 1.5}, TypeError, "got epochs = 1.5"),
    "no batch": (pixels(), {"batch_size": 0}, ValueError, "got batch_size = 0"),
    "patience alone": (pixels(), {"patience": 3}, ValueError, "patience without validation data"),
    "no patience": (pixels(), {"patience": 0, "validation": pixels()}, ValueError, "got patience = 0"),
    "learning rate": (pixels(), {"lr": -1.0}, ValueError, r"-1\.0"),
    "weight decay": (pixels(), {"weight_decay": -1.0}, ValueError, "weight_decay"),
    "option": (pixels(), {"gamma": 1.0}, TypeError, "gamma"),
}


@pytest.mark.parametrize(("x", "arguments", "error", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_before_the_first_step(x, arguments, error, message):
    model = small()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(error, match=message):
        training.fit(model, x, **{"epochs": 1} | arguments)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_only_a_bernoulli_model_wants_pixels_between_0_and_1():
    training.fit(models.LinearAutoencoder(12, 2), 255 * pixels() - 100, epochs=1)
    with pytest.raises(ValueError, match=r"expected pixels in \[0, 1\]"):
        training.fit(small(), 255 * pixels() - 100, epochs=1)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        (lambda model, x, generator: {"loss": x.mean()}, r"'loss': \(\).*expected .* shape \(30,\)"),
        (lambda model, x, generator: {"loss": x}, r"'loss': \(30, 12\)"),
        (lambda model, x, generator: {"cost": x.sum(dim=1)}, "returns cost, expected 'loss' among terms"),
    ],
)
def test_an_objective_has_to_return_one_number_per_example(objective, message):
    with pytest.raises(ValueError, match=message):
        training.fit(small(), pixels(), epochs=1, objective=objective)


def replaying(script):
    """An objective whose validation loss follows a script, one number an epoch."""
    epochs = iter(script)

    def objective(model, x, *, generator):
        terms = losses.elbo_terms(model, x, generator=generator)
        if not torch.is_grad_enabled():
            terms["loss"] = torch.full_like(terms["loss"], next(epochs))
        return {"loss": terms["loss"]}

    return objective


@pytest.mark.parametrize(
    ("script", "patience", "best", "stop"),
    [
        ([5, 4, 3, 3.5, 3.25, 9, 9], 2, 3, 5),
        ([5, 4, 4, 4, 4, 4], 3, 2, 5),  # equal is not better
        ([5, 6, 4, 6, 3, 6, 6], 2, 5, 7),
        ([1, 2, 3], 1, 1, 2),
        ([7, 6, 5, 4, 3, 2], 2, 6, 6),  # never stalls: the best is the last
    ],
)
def test_early_stopping_stops_when_it_should_and_goes_back_to_the_best_weights(script, patience, best, stop):
    model, x = small(), pixels()
    objective = replaying(script)
    history = training.fit(model, x, epochs=len(script), validation=x, objective=objective, patience=patience, lr=0.01)
    assert history.validation["loss"] == script[:stop]
    reference = small()  # nothing that fit draws depends on the validation
    training.fit(reference, x, epochs=best, validation=x, objective=replaying(script), lr=0.01)
    for name, value in reference.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    assert not model.training


def test_the_bar_is_quiet_where_nobody_looks_and_shown_on_demand(capfd):
    training.fit(small(), pixels(), epochs=2)
    assert capfd.readouterr() == ("", "")
    training.fit(small(), pixels(), epochs=2, progress=True)
    assert "2/2" in capfd.readouterr().err
    training.fit(small(), pixels(), epochs=2, progress=False)
    assert capfd.readouterr() == ("", "")


class _ZMQInteractiveShell:
    pass


_ZMQInteractiveShell.__name__ = "ZMQInteractiveShell"


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("notebook", [False, True])
@pytest.mark.parametrize("disabled", [False, True])
def test_a_terminal_and_a_notebook_get_a_bar_unless_the_environment_forbids_it(
    monkeypatch, capsys, terminal, notebook, disabled
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    shell = _ZMQInteractiveShell() if notebook else None
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    if disabled:
        monkeypatch.setenv("TQDM_DISABLE", "1")
    else:
        monkeypatch.delenv("TQDM_DISABLE", raising=False)
    with progress_bar(3, 0, None) as bar:
        assert bar.disable == (disabled or not (terminal or notebook))
