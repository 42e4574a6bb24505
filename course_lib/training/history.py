"""What a training run remembers: every named term, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class History:
    """Means per example of every term of the loss, one entry an epoch; in nats where the term is a log-likelihood.

    Attributes
    ----------
    train : dict[str, list[float]]
        Term → its mean over the epoch's batches, taken while the weights were still moving.
    validation : dict[str, list[float]]
        Term → its mean over the validation data after the epoch; empty without validation data.
    seconds : list[float]
        Wall time of each epoch; not part of equality.
    """

    train: dict[str, list[float]] = field(default_factory=dict)
    validation: dict[str, list[float]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list, compare=False)

    @property
    def epochs(self) -> int:
        """Number of finished epochs."""
        return len(self.seconds)

    def append(self, train: dict[str, float], validation: dict[str, float], seconds: float) -> None:
        """Add one epoch."""
        for curves, values in ((self.train, train), (self.validation, validation)):
            for name, value in values.items():
                curves.setdefault(name, []).append(value)
        self.seconds.append(seconds)
