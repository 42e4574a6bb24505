"""From the units of the data to those of the model, and back.

Every feature has its own offset but all share one factor: the squared error of the scaled data is then that of the
data times a constant, so that the model minimises what `score` measures and what PCA minimises.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Scaling(NamedTuple):
    """The affine map x ↦ (x − offset) / scale.

    Attributes
    ----------
    offset : ndarray
        Shape (D,), in the units of the data.
    scale : float
        Above 0; the same for all features.
    """

    offset: np.ndarray
    scale: float

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Data in the model's units: (n, D) → (n, D)."""
        return (x - self.offset) / self.scale

    def undo(self, x: np.ndarray) -> np.ndarray:
        """Inverse of `apply`: (n, D) → (n, D)."""
        return x * self.scale + self.offset


def for_sigmoid(x: np.ndarray, likelihood: str) -> Scaling:
    """Into [0, 1], where a sigmoid can reach it: each minimum becomes 0, the maximum of the widest feature 1.

    For "bernoulli" nothing is scaled: only what is a probability by itself can be read as one.
    """
    widest = _widest_range(x)
    if likelihood == "bernoulli":
        return Scaling(np.zeros(x.shape[1], x.dtype), 1.0)
    return Scaling(x.min(axis=0), widest)


def to_unit_variance(x: np.ndarray) -> Scaling:
    """Each feature's mean becomes 0 and the mean of the features' variances 1."""
    # Divided first: the square of a range may be more than the dtype holds, or less.
    widest = _widest_range(x)
    relative = float(np.sqrt((x / widest).var(axis=0, dtype=np.float64).mean()))
    return Scaling(x.mean(axis=0, dtype=np.float64).astype(x.dtype), widest * relative)


def _widest_range(x: np.ndarray) -> float:
    widest = float(np.ptp(x, axis=0).max())
    if widest == 0:
        raise ValueError(
            f"got X whose {x.shape[1]} features are all constant over {len(x)} samples, "
            "expected at least one that varies: there is nothing to encode"
        )
    return widest
