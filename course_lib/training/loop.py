"""The training loop: one for every model, and it knows none of them. Each of its epochs is `train_epoch`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.training._divergence import check_epoch, check_means, check_weights
from course_lib.training._examples import Examples, check_validation_targets, checked
from course_lib.training._matmul_precision import fast_matmul
from course_lib.training._progress import progress_bar
from course_lib.training.epoch import Batch, Objective, train_epoch
from course_lib.training.history import History
from course_lib.training.resume import TrainingState
from course_lib.training.schedules import Schedule, as_schedule

_BLOCK = 2000  # examples at once where no gradients are kept


@fast_matmul()
def fit(
    model: nn.Module,
    x: Tensor,
    *,
    epochs: int,
    seed: int = 0,
    targets: Tensor | None = None,
    validation: Tensor | None = None,
    validation_targets: Tensor | None = None,
    batch_size: int = 256,
    lr: float | Schedule = 1e-3,
    weight_decay: float = 0.0,
    objective: Objective | None = None,
    patience: int | None = None,
    resume_from: str | Path | None = None,
    device: str = "auto",
    progress: bool | None = None,
    **options: float | Schedule,
) -> History:
    """Train a model with Adam on batches drawn by a seeded shuffle.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    x : Tensor
        Training data, float, shape (n, D), finite; in [0, 1] for a Bernoulli model.
    epochs : int
        Passes over the data.
    seed : int
        Of the shuffle and of the objective's noise. Same seed, machine and thread count: the same history.
    targets : Tensor, optional
        What belongs to each row of x, such as its class, shape (n, …), any dtype: the rows of a batch are handed to
        the objective as `target=`.
    validation : Tensor, optional
        Data to evaluate after each epoch, shape (m, D), with the same noise every time.
    validation_targets : Tensor, optional
        What belongs to its rows, shape (m, …); needed where both `targets` and `validation` are given.
    batch_size : int
        Examples per step; the last batch of an epoch may be smaller.
    lr : float or Schedule
        Learning rate, constant or a function of the epoch, such as `Cosine(1e-3, epochs)`.
    weight_decay : float
        Each step also shrinks every parameter by the factor 1 − lr · weight_decay, apart from Adam's averages (AdamW,
        Loshchilov & Hutter 2019); at least 0.
    objective : callable, optional
        `objective(model, x, generator=…, **options)` → terms by name, each of shape (n,), with "loss" among them;
        with `targets` it also gets `target=…`. The default is the model's own, `model.objective`.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs and go back to the best weights.
    resume_from : path, optional
        A file that is rewritten after each epoch. If it exists the run continues from it, with the same result as
        if it had never been interrupted.
    device : str
        "auto" takes a GPU if there is one; afterwards the model is back where it was, in evaluation mode.
    progress : bool, optional
        Show a bar; the default shows it on a terminal and in a notebook only.
    **options : float or Schedule
        Passed on to the objective, for instance `beta=LinearWarmup(5)`. Validation uses their final value.

    Returns
    -------
    History
        `history.train["loss"]`, `history.validation["loss"]`, … : one number an epoch, mean per example.

    Raises
    ------
    Diverged
        If a term or a weight stops being finite. After this, and after Ctrl-C or an error of the objective's, the model
        has the weights of the last whole epoch.
    ValueError, TypeError
        If the data or an argument are unusable; nothing has been trained then.
    """
    epochs, batch_size = _validate.positive_int(epochs, "epochs"), _validate.positive_int(batch_size, "batch_size")
    seed, objective = _validate.seed(seed), _callable(objective or getattr(model, "objective", None))
    data = checked(model, x, targets, ("x", "targets"), trained=True)
    check_validation_targets(targets, validation, validation_targets)
    held_out = None
    if validation is not None:
        held_out = checked(model, validation, validation_targets, ("validation", "validation_targets"))
    if patience is not None:
        patience = _validate.positive_int(patience, "patience")
        if validation is None:
            raise ValueError("got patience without validation data, expected validation=…: that is what it watches")
    rate, schedules = as_schedule(lr), {name: as_schedule(value) for name, value in options.items()}
    final = {name: schedule(epochs) for name, schedule in schedules.items()}

    home = next(model.parameters()).device
    there = _device(device)
    generator = torch.Generator(there).manual_seed(seed)
    settings = {"seed": seed, "batch_size": batch_size, "lr": rate, "objective": objective, "patience": patience}
    settings = {**settings, "weight_decay": weight_decay, **schedules}
    tensors = {"x": data.x, "targets": targets, "validation_targets": validation_targets}
    tensors["validation"] = None if held_out is None else held_out.x
    try:
        model.to(there).train()
        data, held_out = data.to(there), held_out and held_out.to(there)
        optimizer = torch.optim.AdamW(model.parameters(), lr=rate(0.0), weight_decay=weight_decay, fused=True)
        state = TrainingState(model, optimizer, generator, settings, tensors, epochs, patience, resume_from)
        with progress_bar(epochs, state.history.epochs, progress) as bar, state.last_good_weights():
            while state.history.epochs < epochs and not state.stalled():
                epoch, started = state.history.epochs, time.perf_counter()
                batches = _batches(data, batch_size, epoch, generator, optimizer, rate, schedules)
                try:
                    sums = train_epoch(model, batches, objective, optimizer, generator)
                except Exception as error:  # perhaps at weights that an earlier step of this epoch has destroyed
                    check_weights(model, epoch, cause=error)
                    raise
                by_batch = torch.stack(tuple(sums.values()), dim=1)
                check_epoch(model, list(sums), by_batch, epoch)
                means = dict(zip(sums, (by_batch.sum(dim=0) / len(data)).tolist(), strict=True))
                after = {} if held_out is None else _means(model, held_out, objective, seed, final)
                check_means(after, epoch, len(by_batch))
                state.finish_epoch(means, after, time.perf_counter() - started)
                bar.set_postfix({name: f"{value:.2f}" for name, value in (after or means).items()})
                bar.update()
        state.restore_best()
    finally:
        model.to(home).eval()
    return state.history


def _batches(
    data: Examples,
    batch_size: int,
    epoch: int,
    generator: torch.Generator,
    optimizer: torch.optim.Optimizer,
    lr: Schedule,
    options: dict[str, Schedule],
) -> Iterator[Batch]:
    """The shuffled batches of an epoch; before each, rate and options are set to what they are at that time."""
    order = torch.randperm(len(data), generator=generator, device=data.x.device)
    for batch, rows in enumerate(order.split(batch_size)):
        now = epoch + batch * batch_size / len(data)
        optimizer.param_groups[0]["lr"] = lr(now)
        x, target = data.batch(rows)
        yield x, target | {name: schedule(now) for name, schedule in options.items()}


@fast_matmul()
def evaluate(
    model: nn.Module,
    x: Tensor,
    objective: Objective | None = None,
    *,
    targets: Tensor | None = None,
    seed: int = 0,
    **options: float,
) -> dict[str, float]:
    """Mean of every term of the objective over x, without gradients and always with the same noise.

    Parameters
    ----------
    model, objective
        As in `fit`.
    x : Tensor
        Float, shape (n, D).
    targets : Tensor, optional
        What belongs to each row of x, as in `fit`.
    seed : int
        Of the noise.
    **options : float
        Passed on to the objective.

    Returns
    -------
    dict[str, float]
        Term → mean per example.
    """
    examples = checked(model, x, targets, ("x", "targets"))
    examples = examples.to(next(model.parameters()).device)
    return _means(
        model, examples, _callable(objective or getattr(model, "objective", None)), _validate.seed(seed), options
    )


def _means(model: nn.Module, data: Examples, objective: Objective, seed: int, options: dict) -> dict[str, float]:
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    totals: dict[str, float] = {}
    training = model.training
    model.eval()  # what a model does while it trains, such as moving averages, must not see these examples
    with torch.no_grad():
        for block, target in data.blocks(_BLOCK):
            for name, values in objective(model, block, generator=generator, **target, **options).items():
                totals[name] = totals.get(name, 0.0) + float(values.sum())
    model.train(training)
    return {name: total / len(data) for name, total in totals.items()}


def _callable(objective: Objective | None) -> Objective:
    if not callable(objective):
        raise TypeError(f"got objective = {objective!r}, expected a function such as losses.elbo_terms")
    return objective


def _device(name: str) -> torch.device:
    """The device of that name; ValueError unless a model can be trained there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        said = str(error).splitlines()[0]
        raise ValueError(f"got device = {name!r}, expected one of this machine, such as 'cpu' ({said})") from None
    return device
