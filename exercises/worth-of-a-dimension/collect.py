"""Collects what the functions of the exercise worth-of-a-dimension return."""

from __future__ import annotations

from course_lib import checkpoints
from exercises._collector import Collector

MODEL, IMAGES = "vae-10d-digits-28", "digits-28"  # always there, without a download


def collect_price(answer, given):
    """Collect the price of each dimension."""
    return {"price": answer(checkpoints.load(MODEL), given["x"])}


def collect_worth(answer, given):
    """Collect what each dimension brings."""
    return {"worth": answer(checkpoints.load(MODEL), *(given[name] for name in ("x", "eps", "prior")))}


def collect_balance(answer, given):
    """Collect the one number."""
    return {"beta": answer(given["price"], given["worth"])}


COLLECTORS = (
    Collector("price", "price", collect_price),
    Collector("worth", "worth", collect_worth),
    Collector("break-even", "break_even", collect_balance),
)
