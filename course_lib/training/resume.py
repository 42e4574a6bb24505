"""The state of a training run, and how it survives an interruption."""

from __future__ import annotations

import math
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType

import torch
from torch import Tensor, nn

from course_lib import _storage
from course_lib.training.history import History


class TrainingState:
    """Everything that an epoch changes: weights, Adam's averages, the generator, the history, the best weights.

    Parameters
    ----------
    model, optimizer, generator
        The parts of the run; restored in place if there is a file to resume from.
    settings : dict
        What must be the same for a run to be continued.
    data : dict[str, Tensor or None]
        Training and validation data by name; different ones can't continue the run.
    epochs : int
        How many are asked for.
    patience : int, optional
        Epochs without a better validation loss after which the run has stalled.
    path : path, optional
        Where the state is kept after each epoch.

    Raises
    ------
    _storage.CorruptFileError
        If the file is damaged.
    ValueError
        If it belongs to a run with other settings; the message names them.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        generator: torch.Generator,
        settings: dict,
        data: dict[str, Tensor | None],
        epochs: int,
        patience: int | None,
        path: str | Path | None,
    ):
        self.model, self.optimizer, self.generator = model, optimizer, generator
        self.history = History()
        self.best: dict[str, Tensor] = {}
        self.best_epoch = 0
        self._patience = patience
        self._path = None if path is None else Path(path)
        self._finished = self._copy()
        if self._path is None:
            return
        self._identity = {name: _describe(value) for name, value in {"model": model, **settings, **data}.items()}
        if self._path.exists():
            self._resume()
        if self.history.epochs > epochs:
            raise ValueError(
                f"got epochs = {epochs}, expected at least the {self.history.epochs} that {self._path} has already; "
                "ask for more, or delete it first"
            )

    def finish_epoch(self, train: dict[str, float], validation: dict[str, float], seconds: float) -> None:
        """Note an epoch's means, keep the weights if they are the best so far, and write the file."""
        self.history.append(train, validation, seconds)
        self._finished = self._copy()
        losses = self.history.validation.get("loss", [])
        if self._patience and losses[-1] < min(losses[:-1], default=math.inf):
            self.best = self._finished
            self.best_epoch = self.history.epochs
        if self._path is not None:
            _storage.save(self._path, *self._state())

    @contextmanager
    def last_good_weights(self) -> Generator[None]:
        """Whatever goes wrong inside, the model has the weights of the last finished epoch afterwards."""
        try:
            yield
        except BaseException:
            self.model.load_state_dict(self._finished)
            raise

    def stalled(self) -> bool:
        """Whether the validation loss has not improved for `patience` epochs."""
        return self._patience is not None and self.history.epochs - self.best_epoch >= self._patience

    def restore_best(self) -> None:
        """With early stopping, go back to the weights of the best validation loss."""
        if self.best:
            self.model.load_state_dict(self.best)

    def _copy(self) -> dict[str, Tensor]:
        return {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    def _state(self) -> tuple[dict[str, Tensor], dict]:
        state = self.optimizer.state_dict()["state"]
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in self.best.items()}
        tensors |= {f"adam.{i}.{name}": value for i, slots in state.items() for name, value in slots.items()}
        tensors["generator"] = self.generator.get_state()
        about = {"identity": self._identity, "best_epoch": self.best_epoch, "history": vars(self.history)}
        return tensors, about

    def _resume(self) -> None:
        assert self._path is not None
        tensors, about = _storage.load(self._path)
        if about["identity"] != self._identity:
            theirs = about["identity"]
            differ = [f"{k} (there {theirs.get(k)}, here {v})" for k, v in self._identity.items() if theirs.get(k) != v]
            raise ValueError(f"{self._path} belongs to another run, it differs in {'; '.join(differ)}; delete it first")
        self.history, self.best_epoch = History(**about["history"]), about["best_epoch"]
        self.generator.set_state(tensors.pop("generator"))
        self.model.load_state_dict(_under("model.", tensors))
        self._finished = self._copy()
        self.best = _under("best.", tensors)
        slots: dict[int, dict[str, Tensor]] = {}
        for key, value in _under("adam.", tensors).items():
            index, name = key.split(".")
            slots.setdefault(int(index), {})[name] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": slots})


def _describe(value) -> str:
    """The same text in another process if it is the same value: no addresses, no object that has changed."""
    if isinstance(value, Tensor):
        return f"{tuple(value.shape)} with SHA-256 {_storage.sha256(value.cpu().contiguous().numpy())[:12]}"
    if isinstance(value, FunctionType):
        return f"{value.__module__}.{value.__qualname__} with SHA-256 {_storage.sha256(_code(value).encode())[:12]}"
    if isinstance(value, nn.Module):
        return f"{type(value).__name__} {getattr(value, 'config', '')}"
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))  # where a function lies is no part of what it is


def _code(function: FunctionType) -> str:
    """What a function does and what it holds: two lambdas have one name."""
    code = function.__code__
    cells = (cell.cell_contents for cell in function.__closure__ or ())
    held = [value for value in cells if isinstance(value, int | float | str | None)]  # others may change as it runs
    parts = (code.co_code.hex(), code.co_names, code.co_consts, function.__defaults__, function.__kwdefaults__, held)
    return re.sub(r" at 0x[0-9a-fA-F]+|, line \d+", "", repr(parts))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
