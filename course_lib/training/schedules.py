"""Numbers that change while a model trains: learning rates and the weight β of the KL.

A schedule is called with the time in epochs, a float that grows batch by batch, and answers with the value to use.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from course_lib import _validate

Schedule = Callable[[float], float]


@dataclass(frozen=True)
class Constant:
    """The same `value` at all times."""

    value: float

    def __call__(self, epoch: float) -> float:
        return self.value


@dataclass(frozen=True)
class LinearWarmup:
    """Rises in a straight line from `start` to `end` over the first `epochs`, then stays at `end`.

    As the weight of the KL this is KL annealing (Bowman et al. 2016); only `end = 1` ends on the ELBO.
    """

    epochs: float
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self):
        _validate.positive_number(self.epochs, "epochs")

    def __call__(self, epoch: float) -> float:
        return self.start + (self.end - self.start) * min(1.0, epoch / self.epochs)


@dataclass(frozen=True)
class Cyclical:
    """Warm-up again and again: in each `period` (epochs) rises from 0 to `end` over the share `rising`, then stays.

    References
    ----------
    Fu et al. (2019).
    """

    period: float
    rising: float = 0.5
    end: float = 1.0

    def __post_init__(self):
        _validate.positive_number(self.period, "period")
        if not 0 < self.rising <= 1:
            raise ValueError(f"got rising = {self.rising!r}, expected a share above 0 and at most 1")

    def __call__(self, epoch: float) -> float:
        return self.end * min(1.0, (epoch % self.period) / (self.rising * self.period))


@dataclass(frozen=True)
class Cosine:
    """Rises to `peak` over the first `warmup` epochs, then falls along half a cosine to 0 at `epochs`.

    The last third of such a run gains most: large steps find the region, small ones settle in it.
    """

    peak: float
    epochs: float
    warmup: float = 0.0

    def __post_init__(self):
        _validate.positive_number(self.peak, "peak")
        _validate.positive_number(self.epochs, "epochs")
        if not 0 <= self.warmup < self.epochs:
            raise ValueError(f"got warmup = {self.warmup!r}, expected at least 0 and below the {self.epochs!r} epochs")

    def __call__(self, epoch: float) -> float:
        if epoch < self.warmup:
            return self.peak * epoch / self.warmup
        done = (epoch - self.warmup) / (self.epochs - self.warmup)
        return self.peak * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def as_schedule(value: float | Schedule) -> Schedule:
    """A number becomes a `Constant`; a schedule stays what it is."""
    return value if callable(value) else Constant(float(value))  # ty: ignore[invalid-explicit-return]
