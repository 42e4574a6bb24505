"""Collects what the functions of the exercise what-a-regular-grid-hides return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_shares(answer, given):
    """Collect the mass under each tile."""
    return {"shares": answer(float(given["reach"]), int(given["side"]))}


def collect_seen(answer, given):
    """Collect the one number."""
    return {"seen": answer(given["shares"])}


COLLECTORS = (
    Collector("shares", "shares", collect_shares),
    Collector("seen", "tiles_seen", collect_seen),
    Collector("empty", "tiles_seen", collect_seen),
)
