"""What several figures ask of a number that is given to them."""

from __future__ import annotations

import math

import traitlets


def within(proposal, interval: tuple[float, float]) -> float:
    """The proposed value of a trait if it lies in the interval, for use in `@traitlets.validate`.

    Raises
    ------
    TraitError
        Otherwise; the message says what was given and what the figure can show.
    """
    low, high = interval
    name, value = proposal["trait"].name, proposal["value"]
    if not (math.isfinite(value) and low <= value <= high):
        raise traitlets.TraitError(
            f"got {name} {value:g}, expected {low:g} to {high:g}: the figure shows nothing beyond"
        )
    return value
