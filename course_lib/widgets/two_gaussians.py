"""One Gaussian against the prior: the KL in both directions, and its three terms."""

from __future__ import annotations

import math
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure

from course_lib import notation
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real

MEANS = (-2.0, 2.0)
STDS = (0.05, 2.5)
DIRECTIONS = ("qp", "pq")


class TwoGaussians(CourseWidget):
    """Drag q = N(μ, σ²) over p = N(0, 1): KL(q‖p) as the sum of its three terms, and KL(p‖q) beside it.

    Attributes
    ----------
    mean : float
        μ, from −2 to 2.
    std : float
        σ, from 0.05 to 2.5.
    direction : {"qp", "pq"}
        Whose integrand is drawn below the curves: q·log(q/p) or p·log(p/q).
    """

    module = "two-gaussians"
    shared: ClassVar = ("mean", "std", "direction")

    mean = Real(1.5, min=MEANS[0], max=MEANS[1]).tag(sync=True)
    std = Real(0.5, min=STDS[0], max=STDS[1]).tag(sync=True)
    direction = traitlets.Enum(DIRECTIONS, "qp").tag(sync=True)

    def still(self) -> Figure:
        """The cloud and the prior, and what each width costs in either direction."""
        figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.2))
        z = torch.linspace(-4, 4, 801)
        for mean, std, style, key, label in (
            (self.mean, self.std, "-", "encoder", f"q = N({self.mean:g}, {self.std:g}²)"),
            (0.0, 1.0, "--", "z", "p = N(0, 1)"),
        ):
            density = torch.distributions.Normal(mean, std).log_prob(z).exp()
            left.plot(z, density, style, color=notation.color(key), label=label)
        left.set(xlabel="z", ylabel="density", ylim=(0, 1.45 * max(0.4, 0.4 / self.std)))
        sigma = torch.logspace(math.log10(STDS[0]), math.log10(STDS[1]), 400)
        forward = 0.5 * (self.mean**2 + sigma**2 - 1) - sigma.log()
        backward = 0.5 * ((1 + self.mean**2) / sigma**2 - 1) + sigma.log()
        best = (1 + self.mean**2) ** 0.5
        for curve, style, label in ((forward, "-", "KL(q‖p)"), (backward, ":", "KL(p‖q)")):
            right.semilogx(sigma, curve, style, color=notation.color("loss"), label=label)
        right.plot([1, best], [self.mean**2 / 2, math.log(best)], "o", color=notation.color("loss"))
        right.set(xlabel=f"standard deviation σ of q, at μ = {self.mean:g}", ylabel="nats", ylim=(0, 5))
        right.set_xticks([0.1, 0.5, 1, 2], labels=["0.1", "0.5", "1", "2"])
        right.minorticks_off()
        for ax in (left, right):
            ax.legend(fontsize=9, loc="upper left" if ax is left else "upper right")
        return figure

    def describe(self) -> str:
        """What the still shows."""
        return (
            f"Left, the bell of q with mean {self.mean:g} and standard deviation {self.std:g}, and the bell of the "
            f"prior. Right, two curves over the standard deviation: KL(q‖p) is lowest at 1, "
            f"KL(p‖q) at {(1 + self.mean**2) ** 0.5:.2f}, and climbs far more steeply for a narrow q."
        )
