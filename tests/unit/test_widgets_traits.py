"""Every number that a figure shows is finite, and every place is one of those that there are."""

from __future__ import annotations

import math

import pytest
import traitlets

from course_lib import data, models, widgets
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real

FIGURES = [kind for kind in vars(widgets).values() if isinstance(kind, type) and issubclass(kind, CourseWidget)]


def test_no_figure_takes_a_number_of_another_kind():
    """A trait of floats that is no `Real` would show NaN."""
    for figure in FIGURES:
        for name, trait in figure.class_traits(sync=True).items():
            kind = trait._trait if isinstance(trait, traitlets.List) else trait
            if isinstance(kind, traitlets.Float) and (figure, name) not in FROM_PYTHON:
                assert isinstance(kind, Real), f"{figure.__name__}.{name}"


# Measured in Python, and never set by a reader.
FROM_PYTHON = {
    (widgets.FactorSliders, "reach"),
    (widgets.PCAComponents, "train_error"),
    (widgets.PCAComponents, "test_error"),
}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1, 1.1, "much"])
def test_a_number_is_finite_and_between_its_bounds(value):
    class Holder(traitlets.HasTraits):
        share = Real(0.5, min=0, max=1)
        shares = traitlets.List(Real(min=0, max=1))

    holder = Holder(shares=[0, 1])
    with pytest.raises(traitlets.TraitError, match="share"):
        holder.share = value
    with pytest.raises(traitlets.TraitError, match="shares"):
        holder.shares = [0.5, value]
    assert (holder.share, holder.shares) == (0.5, [0, 1])


@pytest.mark.parametrize("figure", [widgets.LatentExplorer, widgets.ManifoldGrid])
def test_a_plane_is_one_of_those_shown(figure):
    points = data.load("digits-28").test
    made = figure.from_models(ae=models.Autoencoder(2, hidden=(4,)), vae=models.VAE(2, hidden=(4,)), points=points)
    made.plane = 1
    for wrong in (2, 99, -1):
        with pytest.raises(traitlets.TraitError, match="plane"):
            made.plane = wrong
    assert made.plane == 1
    with pytest.raises(traitlets.TraitError, match="plane"):
        figure.from_models(vae=models.VAE(2, hidden=(4,)), points=points, plane=1)
