"""Collects what the functions of the exercise empty-by-chance return."""

from __future__ import annotations

from exercises._collector import Collector


def collect_share(answer, given):
    """Collect the one share."""
    return {"share": answer(given["p"], int(given["n"]))}


def collect_codes(answer, given):
    """Collect a number of codes for each target."""
    return {"codes": [answer(int(k), float(s)) for k, s in zip(given["cells"], given["share"], strict=True)]}


COLLECTORS = (
    Collector("share", "empty_share", collect_share),
    Collector("codes", "codes_for", collect_codes),
)
