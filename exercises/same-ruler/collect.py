"""Collects what the functions of the exercise same-ruler return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_units(answer, given):
    """Collect the bounds in the new units."""
    return {"bound": answer(given["elbo"], given["factor"])}


def collect_bits(answer, given):
    """Collect the bits."""
    return {"bits": answer(given["elbo"], int(given["numbers"]))}


def collect_lead(answer, given):
    """Collect the leads."""
    return {"lead": answer(given["elbo_a"], given["bits_b"], int(given["numbers"]))}


COLLECTORS = (
    Collector("unit", "rescaled", collect_units),
    Collector("bits", "bits_per_number", collect_bits),
    Collector("lead", "lead", collect_lead),
)
