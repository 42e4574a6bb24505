"""Collects what the functions of the exercise bits-of-a-grid return."""

from __future__ import annotations

from exercises._collector import Collector


def collect(answer, given):
    """Collect the bits of each test grid."""
    return {"bits": answer(given["train"], given["test"], int(given["codes"]))}


COLLECTORS = (
    Collector("bits", "chain_bits", collect),
    Collector("unseen", "chain_bits", collect),
    Collector("uniform", "chain_bits", collect),
)
