"""Collects what the functions of the exercise does-one-know return."""

from __future__ import annotations

from exercises._collector import Collector, plain


def collect_table(answer, given):
    """Collect the information of the one table."""
    return {"information": plain(answer(given["counts"]), "information")}


def collect_gap(answer, given):
    """Collect the gap of the one factor."""
    return {"gap": plain(answer(given["tables"]), "gap")}


COLLECTORS = (
    Collector("information", "information", collect_table),
    Collector("gap", "gap", collect_gap),
)
