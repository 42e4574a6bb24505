"""Collects what the functions of the exercise bits-of-symmetry return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_any(answer, given):
    """Collect the bits for each size."""
    return {"bits": [answer(*size) for size in given["sizes"].tolist()]}


def collect_symmetric(answer, given):
    """Collect the bits for each size."""
    return {"bits": [answer(*size) for size in given["sizes"].tolist()]}


COLLECTORS = (
    Collector("any", "bits_any", collect_any),
    Collector("symmetric", "bits_symmetric", collect_symmetric),
)
