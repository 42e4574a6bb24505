"""Collects what the functions of the exercise another-die return."""

from __future__ import annotations

from exercises._collector import Collector


def wave(a, z):
    """A smooth f of z, whose shape a learner does not know: NumPy or torch."""
    return a[0] * z**3 + a[1] * z + a[2] / (1 + z**2)


def wave_slope(a, z):
    """Its derivative."""
    return 3 * a[0] * z**2 + a[1] - 2 * a[2] * z / (1 + z**2) ** 2


def collect_path(answer, given):
    """Collect the estimate of each draw."""
    a = given["a"]
    return {"path": answer(lambda z: wave_slope(a, z), float(given["rate"]), given["eps"])}


def collect_score(answer, given):
    """Collect the estimate of each draw."""
    a, rate = given["a"], float(given["rate"])
    return {"score": answer(lambda z: wave(a, z), rate, given["eps"] / rate)}


def collect_ratio(answer, given):
    """Collect the one number."""
    return {"ratio": answer()}


COLLECTORS = (
    Collector("path", "path", collect_path),
    Collector("score", "score", collect_score),
    Collector("ratio", "ratio", collect_ratio),
)
