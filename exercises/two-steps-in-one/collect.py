"""Collects what the functions of the exercise two-steps-in-one return."""

from __future__ import annotations

from exercises._collector import Collector, plain


def collect_jumps(answer, given):
    """Collect scale and variance of each jump."""
    jumps = [answer(given["beta"], int(s), int(t)) for s, t in zip(given["s"], given["t"], strict=True)]
    return {name: [plain(jump[k], name).item() for jump in jumps] for k, name in enumerate(("scale", "variance"))}


def collect_half(answer, given):
    """Collect the one time."""
    return {"half_time": plain(answer(given["beta"]), "half_time").item()}


COLLECTORS = (
    Collector("jump", "jump", collect_jumps),
    Collector("half-time", "half_time", collect_half),
)
