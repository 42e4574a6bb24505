"""The plane of two-number codes, decoded under the pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from course_lib import latent, plots
from course_lib.data import Split
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._planes import named_models, pack_plane, shown_points
from course_lib.widgets._traits import Real, one_of


class LatentExplorer(CourseWidget):
    """Move over a model's code plane; the decoder draws what is under the pointer, in the page.

    Make one with `LatentExplorer.from_models`. `z` (two numbers) and `plane` (which model) follow the reader, and
    moving them from Python moves the figure.

    Attributes
    ----------
    z : list of float
        The code that is decoded.
    plane : int
        Which of the models is shown.
    planes, labels, colors
        What is drawn; see the head of `js/latent-explorer.mjs`.
    """

    module = "latent-explorer"
    shared: ClassVar = ("plane", "z")

    planes = traitlets.List(traitlets.Dict()).tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    plane = traitlets.Int(0, min=0).tag(sync=True)
    z = traitlets.List(Real(), default_value=[0.0, 0.0], minlen=2, maxlen=2).tag(sync=True)

    @traitlets.validate("plane")
    def _is_one_of_the_planes(self, proposal) -> int:
        return one_of(proposal, self.planes)

    @classmethod
    def from_models(
        cls, models: Mapping | None = None, *, ae=None, vae=None, points: Split, **traits
    ) -> LatentExplorer:
        """The explorer of one or more models with a code of two numbers.

        Parameters
        ----------
        models : mapping, optional
            Name shown to the reader → `Autoencoder` or `VAE`. `ae=` and `vae=` are short for two usual names.
        points : Split
            Test images and their labels, such as `data.load("mnist").test`; 2,500 of them are shown.
        **traits
            `name`, `plane`, `z`.

        Raises
        ------
        ValueError
            If there is no model, or one with a code of another size.
        """
        named = named_models(models, ae, vae)
        shown = shown_points(points)
        widget = cls(
            planes=[pack_plane(name, model, shown.x) for name, model in named.items()],
            labels=shown.y.to(torch.uint8).numpy().tobytes(),
            colors=[to_hex(color) for color in plots.DIGIT_COLORS],
            **traits,
        )
        widget._models = named
        return widget

    def still(self) -> Figure:
        """Every model's plane as a grid of decoded codes, each on its own box."""
        figure, axes = plt.subplots(1, len(self.planes), figsize=(3.6 * len(self.planes), 3.8), squeeze=False)
        for ax, plane in zip(axes[0], self.planes, strict=True):
            with torch.no_grad():
                decoded = self._models[plane["name"]].decode(latent.grid_codes(tuple(plane["box"]), 12))
            plots.plane_grid(decoded, tuple(plane["box"]), ax=ax)
            ax.set(title=plane["name"], xlabel="z₁", ylabel="z₂", box_aspect=1)
        return figure

    def describe(self) -> str:
        """What the still shows."""
        names = " and of the ".join(plane["name"] for plane in self.planes)
        return f"The code plane of the {names}: a grid of decoded codes, digits that turn into one another."
