"""Collects what the functions of the exercise equal-say return."""

from __future__ import annotations

from exercises._collector import Collector


def trials(given):
    """The widths and powers to be tried."""
    return list(zip(given["d"].tolist(), given["power"].tolist(), strict=True))


def collect_search(answer, given):
    """Collect the precision of each trial."""
    sets = [given[name] for name in ("stored_x", "stored_y", "query_x", "query_y")]
    return {"precision": [float(answer(*sets, d, p, int(given["k"]))) for d, p in trials(given)]}


def collect_rehearsal(answer, given):
    """Collect the precision of each trial."""
    sets = [given[name] for name in ("stored_x", "stored_y")]
    return {"precision": [float(answer(*sets, d, p, int(given["k"]))) for d, p in trials(given)]}


COLLECTORS = (
    Collector("search", "search", collect_search),
    Collector("rehearsal", "rehearsal", collect_rehearsal),
)
