"""Fixed noise that rides along as μ and σ move, and the two gradient estimators it gives."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import gradients, notation
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real

MEAN_REACH = 2
STD_RANGE = (0.1, 1.2)
MAX_DRAWS = 2000
ON_PAPER = 2000  # draws of the still


class Reparameterization(CourseWidget):
    """Move μ and σ of z = μ + σε for f(z) = (z − a)², and draw: pathwise and score-function estimates of ∂E f/∂μ.

    `mean`, `std` and `draws` follow the reader, and moving them from Python moves the figure. The noise is always the
    same, so that the estimates of all draws move as well.

    Attributes
    ----------
    a : float
        Where f has its minimum.
    mean : float
        μ, at most 2 away from `a`.
    std : float
        σ, from 0.1 to 1.2.
    draws : int
        How many draws have been made, 1 to 2000.
    seed : int
        Of the noise.
    """

    module = "reparameterization"
    shared: ClassVar = ("mean", "std", "draws")

    a = Real(0.0).tag(sync=True)
    mean = Real(1.0).tag(sync=True)
    std = Real(0.7, min=STD_RANGE[0], max=STD_RANGE[1]).tag(sync=True)
    draws = traitlets.Int(24, min=1, max=MAX_DRAWS).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)

    @traitlets.validate("a", "mean")
    def _a_reachable_mean(self, proposal):
        value, name = proposal["value"], proposal["trait"].name
        other = self.a if name == "mean" else self.mean
        if abs(value - other) > MEAN_REACH:
            raise traitlets.TraitError(
                f"got {name} = {value:g} with {'a' if name == 'mean' else 'mean'} = {other:g}, expected them at most "
                f"{MEAN_REACH} apart: the figure shows z near the minimum a; give both at once or move one of them"
            )
        return value

    def estimates(self, eps: Tensor) -> dict[str, Tensor]:
        """Both estimates of ∂E f/∂μ for each draw.

        Parameters
        ----------
        eps : Tensor
            Noise, float, shape (n,).

        Returns
        -------
        dict
            "pathwise" and "score function", each of shape (n,).
        """
        settings = (self.mean, self.std, eps[:, None])
        path = gradients.pathwise(lambda z: 2 * (z - self.a), *settings)
        score = gradients.score_function(lambda z: (z - self.a).square().sum(dim=1), *settings)
        return {"pathwise": path.mean[:, 0], "score function": score.mean[:, 0]}

    def variances(self) -> dict[str, float]:
        """Variance of one estimate of either kind, in closed form."""
        d2, v = (self.mean - self.a) ** 2, self.std**2
        return {"pathwise": 4 * v, "score function": d2**2 / v + 14 * d2 + 15 * v}

    def still(self) -> Figure:
        """Twenty-four draws with their slopes, and the histograms of 2,000 estimates of either kind on one axis."""
        eps = torch.randn(ON_PAPER, generator=torch.Generator().manual_seed(self.seed), dtype=torch.float64)
        figure = plt.figure(figsize=(7.6, 3.6), layout="constrained")
        panels = figure.subplot_mosaic([["ride", "pathwise"], ["ride", "score function"]])
        self._draw_ride(panels["ride"], eps[:24])
        exact, variances = 2 * (self.mean - self.a), self.variances()
        half = 3 * variances["score function"] ** 0.5
        for (name, values), key in zip(self.estimates(eps).items(), ("z", "loss"), strict=True):
            ax = panels[name]
            ax.hist(values, bins=61, range=(exact - half, exact + half), color=notation.color(key))
            ax.axvline(exact, color="black", linestyle="--", linewidth=1)
            ax.set_title(f"{name}: variance {variances[name]:.2f}", fontsize=10, color=notation.color(key), loc="left")
            ax.set_yticks([])
        panels["score function"].set_xlabel(f"∂E f/∂μ from one draw; exact {exact:g}")
        return figure

    def _draw_ride(self, ax: Axes, eps: Tensor) -> None:
        z = self.mean + self.std * eps
        f, line = (z - self.a) ** 2, torch.linspace(-4, 4, 200) + self.a
        ax.plot(line, (line - self.a) ** 2, color="black", linewidth=1.2)
        noise, code = notation.color("noise"), notation.color("z")
        for start, end in zip(eps.tolist(), z.tolist(), strict=True):
            ax.plot([self.a + start, end], [-6, -2], color=noise, linewidth=0.5)
        ax.plot(self.a + eps, torch.full_like(eps, -6), "o", color=noise, markersize=4)
        ax.plot(z, torch.full_like(z, -2), "o", color=code, markersize=4)
        ax.quiver(z, f, 0.32 * (z - self.a), 0 * z, color=code, angles="xy", scale_units="xy", scale=1, width=0.006)
        ax.set(xlim=(self.a - 3.5, self.a + 3.5), ylim=(-7.5, 9), xlabel="z", yticks=(-6, -2, 0, 4, 8))
        ax.set_yticklabels(("ε", "z = μ + σε", "f = 0", "4", "8"))

    def describe(self) -> str:
        """What the still shows."""
        path, score = self.variances().values()
        return (
            f"Left: dots of noise on a line are carried to z, with μ = {self.mean:g} and σ = {self.std:g}; from each z "
            f"goes an arrow, the longer the steeper f(z) = (z − {self.a:g})² is there. Right: histograms of 2,000 "
            f"estimates of the derivative of the mean of f. Around {2 * (self.mean - self.a):g} the pathwise ones are "
            f"narrow, variance {path:.2f}, those of the score function wide, variance {score:.2f}."
        )
