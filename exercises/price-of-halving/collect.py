"""Collects what the functions of the exercise price-of-halving return."""

from __future__ import annotations

from exercises._collector import Collector, plain


def collect_prices(answer, given):
    """Collect the price at each width."""
    d = int(given["d"])
    return {"price": [plain(answer(float(std), d), "price").item() for std in given["std"]]}


def collect_width(answer, given):
    """Collect the one number."""
    return {"free_width": answer()}


COLLECTORS = (
    Collector("price", "price", collect_prices),
    Collector("free-width", "free_width", collect_width),
)
