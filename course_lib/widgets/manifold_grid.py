"""A plane of codes laid out in cells, and any piece of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure

from course_lib import latent, plots
from course_lib.data import Split
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._planes import named_models, pack_plane, shown_points
from course_lib.widgets._traits import Real, one_of

SIDE = 20


class ManifoldGrid(CourseWidget):
    """Twenty by twenty decoded codes of a plane; a click shows the piece around a cell in twenty by twenty of its own.

    Make one with `ManifoldGrid.from_models`. The cells are equal shares of the prior, as `latent.prior_grid` lays them
    out, or equal steps of z over the box that holds 99 % of each coordinate of the model's codes.

    Attributes
    ----------
    planes
        What is drawn; see the head of `js/manifold-grid.mjs`.
    plane : int
        Which of the models is shown.
    spacing : {"shares", "steps"}
        What the cells have in common.
    window : list of float
        The piece that is shown, (left, right, bottom, top) in fractions of the whole.
    cell : list of int
        Column and row of the cell that is shown large, from 0, row 0 at the top.
    """

    module = "manifold-grid"
    shared: ClassVar = ("plane", "spacing", "window", "cell")

    planes = traitlets.List(traitlets.Dict()).tag(sync=True)
    plane = traitlets.Int(0, min=0).tag(sync=True)
    spacing = traitlets.Enum(["shares", "steps"], "shares").tag(sync=True)
    window = traitlets.List(Real(), [0.0, 1.0, 0.0, 1.0], minlen=4, maxlen=4).tag(sync=True)
    cell = traitlets.List(traitlets.CInt(), [SIDE // 2, SIDE // 2], minlen=2, maxlen=2).tag(sync=True)

    @traitlets.validate("window")
    def _window_has_an_inside(self, proposal) -> list[float]:
        left, right, bottom, top = proposal["value"]
        if not (0 <= left < right <= 1 and 0 <= bottom < top <= 1):
            raise traitlets.TraitError(
                f"got window = {proposal['value']}, expected 0 ≤ left < right ≤ 1 and 0 ≤ bottom < top ≤ 1; "
                "it counts in fractions of the whole, so that [0, 1, 0, 1] shows all"
            )
        return proposal["value"]

    @traitlets.validate("cell")
    def _cell_is_in_the_grid(self, proposal) -> list[int]:
        if not all(0 <= index < SIDE for index in proposal["value"]):
            raise traitlets.TraitError(
                f"got cell = {proposal['value']}, expected a column and a row from 0 to {SIDE - 1}; row 0 is at the top"
            )
        return proposal["value"]

    @traitlets.validate("plane")
    def _is_one_of_the_planes(self, proposal) -> int:
        return one_of(proposal, self.planes)

    @classmethod
    def from_models(cls, models: Mapping | None = None, *, ae=None, vae=None, points: Split, **traits) -> ManifoldGrid:
        """The grid of one or more models with a code of two numbers.

        Parameters
        ----------
        models : mapping, optional
            Name shown to the reader → `Autoencoder` or `VAE`. `ae=` and `vae=` are short for two usual names.
        points : Split
            Test images, such as `data.load("mnist").test`: their codes say how far equal steps have to reach.
        **traits
            `name`, `plane`, `spacing`, `window`, `cell`.

        Raises
        ------
        ValueError
            If there is no model, or one with a code of another size.
        """
        named = named_models(models, ae, vae)
        shown = shown_points(points)
        planes = [pack_plane(name, model, shown.x) for name, model in named.items()]
        widget = cls(planes=[{key: one[key] for key in ("name", "box", "decoder")} for one in planes], **traits)
        widget._models = list(named.values())
        return widget

    def still(self) -> Figure:
        """The chosen model's plane in equal shares of the prior; the ticks say where the codes lie."""
        marks = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0])
        places = torch.special.ndtr(marks).tolist()
        with torch.no_grad():
            decoded = self._models[self.plane].decode(latent.prior_grid(SIDE))
        figure, ax = plt.subplots(figsize=(4.4, 4.4))
        plots.plane_grid(decoded, (0, 1, 0, 1), ax=ax)
        labels = [f"{mark:.0f}".replace("-", "−") for mark in marks.tolist()]
        ax.set_xticks(places, labels=labels)
        ax.set_yticks(places, labels=labels)
        ax.set(xlabel="z₁", ylabel="z₂", box_aspect=1)
        return figure

    def describe(self) -> str:
        """What the still shows."""
        name = self.planes[self.plane]["name"]
        return (
            f"The plane of the {name} as twenty by twenty decoded digits without frames. Kinds of digit fill connected "
            "regions of different size; along their borders one turns into another through shapes that are neither. "
            "The ticks, from minus two to two, are wide apart in the middle and crowd at the edges."
        )
