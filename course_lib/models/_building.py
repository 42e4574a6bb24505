"""What every model needs while it is built: checked sizes, a record of its settings, first weights under a seed."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import fields

import torch

from course_lib import _validate

LIKELIHOODS = ("bernoulli", "gaussian")
_GLOBAL_STATE = threading.RLock()  # of torch's generator, which all threads share


def check_sizes(model, *names: str) -> None:
    """Make each of these fields of a model an int, or a list of ints, of at least 1; TypeError or ValueError else."""
    for name in names:
        value, check = getattr(model, name), _validate.positive_int
        setattr(
            model, name, [check(size, name) for size in value] if isinstance(value, Iterable) else check(value, name)
        )


def settings(model) -> dict:
    """The fields of a model that is a dataclass, without its seed: what builds the same model again. JSON values."""
    return {field.name: getattr(model, field.name) for field in fields(model) if field.name != "seed"}


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Run a block under its own seed and leave torch's global random state as it was.

    Layers draw their first weights from the global state; inside this block a model depends on `seed` alone, and
    building one disturbs nothing else.
    """
    number = _validate.seed(seed)
    with _GLOBAL_STATE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(number)
        yield
