"""Numbers that a figure shows, and numbers that count what it shows."""

from __future__ import annotations

import math

import traitlets


class Real(traitlets.CFloat):
    """A finite number between `min` and `max`; traitlets' own bounds let NaN through."""

    def validate(self, obj, value):
        """The value as a float; TraitError that names the trait otherwise."""
        number = super().validate(obj, value)
        if not math.isfinite(number):
            raise traitlets.TraitError(f"got {self.name} = {number}, expected a finite number")
        return number


def one_of(proposal, things) -> int:
    """The proposed place of one of the things, for `@traitlets.validate`; TraitError if there are not so many."""
    name, value = proposal["trait"].name, proposal["value"]
    if things and not 0 <= value < len(things):
        raise traitlets.TraitError(f"got {name} = {value}, expected a number from 0 to {len(things) - 1}")
    return value
