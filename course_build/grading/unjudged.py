"""In the sandbox this is `exercises/__init__.py`: where a student's code runs, nothing knows what is right.

A cell that asks it goes on, whatever it asks for: what stands in the same cell must not be lost.
"""

from __future__ import annotations

import secrets
from collections import defaultdict

from exercises._collect import collect_part, names

__all__ = ["Report", "Wrong", "check", "collect_part", "fresh_seed", "names", "require"]


class Wrong(AssertionError):
    """Never raised here."""


class _Anything(tuple):
    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return True


class Report:
    """A report that says nothing, for an exercise."""

    def __init__(self, exercise: str):
        self.exercise, self.right, self.findings = exercise, _Anything(), defaultdict(list)

    def __repr__(self) -> str:
        """Say who judges."""
        return f"{self.exercise}: not judged here; the grader does that, outside of the sandbox"


def check(exercise: str, **answers: object) -> Report:
    """Say nothing about the answers, whatever they are."""
    return Report(exercise)


def require(exercise: str, part: str, **answers: object) -> None:
    """Refuse nothing."""


def fresh_seed() -> int:
    """A seed, as ever."""
    return secrets.randbits(32)


def __getattr__(name: str):
    """For all else, a function that takes anything and gives nothing back."""
    if name.startswith("_"):
        raise AttributeError(name)
    return lambda *_, **__: None
