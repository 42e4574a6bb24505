"""The same VAE under several weights of its KL: a curve, and what every point on it draws."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import notation, plots
from course_lib.results.beta_sweep import BetaSweep
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real

PIXELS = 784
_NAMES = {0.125: "⅛", 0.25: "¼", 0.5: "½"}


class RateDistortion(CourseWidget):
    """Choose β; see where that model lies between rate and distortion, how it redraws digits, and what it invents.

    Make one with `RateDistortion.from_sweep`. `beta` follows the reader, and setting it in Python moves the figure.

    Attributes
    ----------
    beta : float
        The weight whose model is shown, one of `betas`.
    betas, rates, distortions, active, dimensions, originals, reconstructions, samples
        What is drawn; see the head of `js/rate-distortion.mjs`.
    """

    module = "rate-distortion"
    shared: ClassVar = ("beta",)

    betas = traitlets.List(Real()).tag(sync=True)
    rates = traitlets.List(Real()).tag(sync=True)
    distortions = traitlets.List(Real()).tag(sync=True)
    active = traitlets.List(traitlets.Int()).tag(sync=True)
    dimensions = traitlets.Int(10).tag(sync=True)
    originals = traitlets.Bytes().tag(sync=True)
    reconstructions = traitlets.Bytes().tag(sync=True)
    samples = traitlets.Bytes().tag(sync=True)
    beta = Real(1.0).tag(sync=True)

    @classmethod
    def from_sweep(cls, sweep: BetaSweep, *, dimensions: int = 10, **traits) -> RateDistortion:
        """The figure of a sweep.

        Parameters
        ----------
        sweep : BetaSweep
            Such as `results.beta_sweep.load("mnist")`.
        dimensions : int
            Of the models' codes.
        **traits
            `name`, `beta`.
        """
        return cls(
            betas=sweep.beta.tolist(),
            rates=sweep.rate.tolist(),
            distortions=sweep.distortion.tolist(),
            active=sweep.active_units.tolist(),
            dimensions=dimensions,
            originals=_bytes(sweep.x),
            reconstructions=_bytes(sweep.reconstructions),
            samples=_bytes(sweep.samples),
            **traits,
        )

    def __init__(self, **traits):
        super().__init__(**traits)
        m, images = len(self.betas), len(self.originals)
        sizes = {"rates": self.rates, "distortions": self.distortions, "active": self.active}
        if wrong := {key: len(value) for key, value in sizes.items() if len(value) != m}:
            raise ValueError(f"got {m} betas and {wrong}, expected one of each a model: use from_sweep")
        if not images or images % PIXELS or len(self.reconstructions) != m * images or len(self.samples) % (m * PIXELS):
            raise ValueError(
                f"got {images}, {len(self.reconstructions)} and {len(self.samples)} bytes of pictures for {m} models, "
                f"expected whole images of {PIXELS} bytes, as many for every model: use from_sweep"
            )

    @traitlets.validate("betas")
    def _rising_weights(self, proposal):
        values = proposal["value"]
        if not values or values[0] <= 0 or sorted(set(values)) != values:
            raise traitlets.TraitError(f"got betas = {values}, expected rising numbers above 0: sort the models")
        return values

    @traitlets.validate("beta")
    def _one_of_the_weights(self, proposal):
        if self.betas and proposal["value"] not in self.betas:
            known = ", ".join(f"{beta:g}" for beta in self.betas)
            raise traitlets.TraitError(
                f"got beta = {proposal['value']:g}, expected one of {known}: choose one of these"
            )
        return proposal["value"]

    def still(self) -> Figure:
        """The curve, and the pictures of three models: the smallest β, the one shown, the largest."""
        m = len(self.betas)
        shown = sorted({0, self.betas.index(self.beta), m - 1})
        figure = plt.figure(figsize=(8.2, 4.4), layout="constrained")
        curve, *panels = figure.subplot_mosaic(
            [["curve", "originals"], *(["curve", f"model {i}"] for i in shown)],
            width_ratios=(1, 1.1),
            height_ratios=(1, *(2 for _ in shown)),
        ).values()
        self._draw_curve(curve)
        originals = _images(self.originals)
        _draw_images(panels[0], originals, "test images")
        redrawn, drawn = _images(self.reconstructions).view(m, -1, PIXELS), _images(self.samples).view(m, -1, PIXELS)
        for ax, i in zip(panels[1:], shown, strict=True):
            _draw_images(
                ax,
                torch.cat([redrawn[i], drawn[i][: len(redrawn[i])]]),
                f"β = {_name(self.betas[i])}: redrawn, and new ones",
            )
        return figure

    def _draw_curve(self, ax: Axes) -> None:
        ax.plot(self.rates, self.distortions, "-o", color=notation.color("z"), markerfacecolor="white")
        for beta, *place in zip(self.betas, self.rates, self.distortions, strict=True):
            ax.annotate(_name(beta), place, xytext=(5, 5), textcoords="offset points")
        best = max(range(len(self.betas)), key=lambda i: -self.rates[i] - self.distortions[i])
        place = (self.rates[best], self.distortions[best])
        ax.axline(place, slope=-1, color="black", linestyle="--", linewidth=1, label="best ELBO: D + R the same")
        ax.set(xlabel="rate R: KL (nats)", ylabel="distortion D: −log p(x|z) (nats)", title="the numbers are β")
        ax.set(ylim=(0.97 * min(self.distortions), 1.03 * max(self.distortions)))
        ax.legend(fontsize=9)

    def describe(self) -> str:
        """What the still shows."""
        ends = [f"{self.rates[i]:.1f} and {self.distortions[i]:.1f} nats at β = {self.betas[i]:g}" for i in (0, -1)]
        return (
            f"Left: distortion falls as rate rises, from {ends[1]} to {ends[0]}; rate is named first. Right: test "
            "digits, and for a small, a middle and a large β their reconstructions and samples. With the small β the "
            "reconstructions are the most faithful, but some samples are no digits; with a very large one all pictures "
            "are nearly the same."
        )


def _bytes(x: Tensor) -> bytes:
    return (x * 255).round().to(torch.uint8).numpy().tobytes()


def _images(content: bytes) -> Tensor:
    return torch.from_numpy(np.frombuffer(content, dtype=np.uint8).copy()).float().view(-1, PIXELS) / 255


def _name(beta: float) -> str:
    return _NAMES.get(beta, f"{beta:g}")


def _draw_images(ax: Axes, x: Tensor, title: str) -> None:
    plots.images(x, columns=8, ax=ax)
    ax.set_title(title, fontsize=10, loc="left")
