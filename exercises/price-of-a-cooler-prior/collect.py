"""Collects what the functions of the exercise price-of-a-cooler-prior return."""

from __future__ import annotations

from course_lib import checkpoints
from exercises._collector import Collector

MODEL, JUDGE = "vae-10d-digits-28", "judge-digits-28"


def collecting(name):
    """A function that collects one of the two measures."""

    def collect(answer, given):
        vae, judge = checkpoints.load(MODEL), checkpoints.load(JUDGE)
        return {name: answer(vae, judge, given["eps"], float(given["temperature"]))}

    return collect


def collect_temperature(answer, given):
    """Collect the one number."""
    vae, judge = checkpoints.load(MODEL), checkpoints.load(JUDGE)
    return {"temperature": answer(vae, judge, given["eps"], float(given["classes"]))}


COLLECTORS = (
    Collector("sure", "sure", collecting("sure")),
    Collector("variety", "variety", collecting("variety")),
    Collector("inverse", "temperature_for", collect_temperature),
)
