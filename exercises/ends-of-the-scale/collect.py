"""Collects what the functions of the exercise ends-of-the-scale return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_chance(answer, given):
    """Collect one number."""
    return {"chance": answer(given["counts"].clone())}


def collect_best(answer, given):
    """Collect one number."""
    return {"best": answer(given["counts"].clone(), int(given["k"]))}


COLLECTORS = (
    Collector("chance", "chance", collect_chance),
    Collector("best", "best", collect_best),
)
