"""Collects what the functions of the exercise mixture-after-the-fact return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_nats(answer, given):
    """Collect the score."""
    return {"nats": answer(given["codes"], given["held_out"], int(given["components"]))}


def collect_choice(answer, given):
    """Collect the number of components."""
    return {"choice": answer(given["codes"], given["held_out"], given["candidates"].tolist())}


def collect_cost(answer, given):
    """Collect the cost."""
    numbers = float(given["alpha"]), float(given["scale"])
    return {"cost": answer(given["codes"], given["held_out"], *numbers)}


COLLECTORS = (
    Collector("score", "held_out_nats", collect_nats),
    Collector("choice", "choose", collect_choice),
    Collector("twist", "twist_cost", collect_cost),
)
