"""Collects what the functions of the exercise best-guess-in-noise return."""

from __future__ import annotations

from exercises._collector import Collector, plain


def _numbers(given):
    return tuple(float(given[key]) for key in ("abar", "m", "c"))


def collect_start(answer, given):
    """Collect the guesses."""
    return {"best_start": plain(answer(given["x_t"], *_numbers(given)), "best_start")}


def collect_error(answer, given):
    """Collect the error."""
    return {"least_error": plain(answer(*_numbers(given)), "least_error").item()}


def collect_score(answer, given):
    """Collect the slopes."""
    return {"score": plain(answer(given["x_t"], *_numbers(given)), "score")}


COLLECTORS = (
    Collector("start", "best_start", collect_start),
    Collector("error", "least_error", collect_error),
    Collector("score", "score", collect_score),
)
