"""Collects what the functions of the exercise cost-of-a-number return."""

from __future__ import annotations

from exercises._collector import Collector


def networks(given):
    """The widths of each network, a list of int from the input to the code."""
    return [[width for width in row if width] for row in given["widths"].tolist()]


def collect_all(answer, given):
    """Collect the number of parameters of each network."""
    return {"parameters": [answer(widths) for widths in networks(given)]}


def collect_one_more(answer, given):
    """Collect what a wider code adds to each network."""
    return {"one_more": [answer(widths) for widths in networks(given)]}


COLLECTORS = (
    Collector("all", "parameters", collect_all),
    Collector("one-more", "one_more", collect_one_more),
)
