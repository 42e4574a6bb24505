"""The straight-line model, in which log p(x) is known: the ELBO of any Gaussian q, and the gap."""

from __future__ import annotations

import math
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch.distributions import Normal, kl_divergence

from course_lib import notation
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real

XS = (-2.5, 2.5)
MEANS = (-2.0, 2.0)
STDS = (0.05, 1.5)


class TheBound(CourseWidget):
    """Drag q = N(μ, σ²) over the true posterior of z ~ N(0, 1), x | z ~ N(wz, s²); ELBO and gap add up to log p(x).

    Attributes
    ----------
    w : float
        Weight of the decoder.
    s2 : float
        Variance s² of the noise on x.
    x : float
        What was observed, from −2.5 to 2.5.
    mean, std : float
        μ of q, from −2 to 2, and σ of q, from 0.05 to 1.5.

    Raises
    ------
    TraitError
        If a value is outside of its range, or if the posterior of some x would lie where q cannot go.
    """

    module = "the-bound"
    shared: ClassVar = ("mean", "std", "x")

    w = Real(1.7).tag(sync=True)
    s2 = Real(0.5).tag(sync=True)
    x = Real(1.3, min=XS[0], max=XS[1]).tag(sync=True)
    mean = Real(0.4, min=MEANS[0], max=MEANS[1]).tag(sync=True)
    std = Real(math.sqrt(0.3), min=STDS[0], max=STDS[1]).tag(sync=True)

    @traitlets.validate("w", "s2")
    def _reachable(self, proposal):
        w, s2 = ({"w": self.w, "s2": self.s2} | {proposal["trait"].name: proposal["value"]}).values()
        if s2 <= 0:
            raise traitlets.TraitError(f"got s2 {s2:g}, expected a variance above 0")
        farthest, std = XS[1] * abs(w) / (w**2 + s2), (s2 / (w**2 + s2)) ** 0.5
        if not (farthest <= MEANS[1] and std >= STDS[0]):
            raise traitlets.TraitError(
                f"got w {w:g} and s2 {s2:g}, whose posterior reaches mean {farthest:.2f} with standard deviation "
                f"{std:.3f}; expected at most {MEANS[1]:g} and at least {STDS[0]:g}: choose another w or s2"
            )
        return proposal["value"]

    def _bill(self, q: Normal) -> dict[str, float]:
        posterior = self._posterior()
        square = (self.x - self.w * q.mean) ** 2 + self.w**2 * q.variance
        fit = -0.5 * (math.log(2 * math.pi * self.s2) + square / self.s2)
        price, gap = kl_divergence(q, _normal(0, 1)), kl_divergence(q, posterior)
        return {"reconstruction": float(fit), "elbo": float(fit - price), "evidence": float(fit - price + gap)}

    def _posterior(self) -> Normal:
        total = self.w**2 + self.s2
        return _normal(self.w * self.x / total, math.sqrt(self.s2 / total))

    def still(self) -> Figure:
        """Three q, the prior, the one of the state and the posterior; below each, what its ELBO leaves out."""
        posterior = self._posterior()
        cases = {
            "q = the prior": _normal(0, 1),
            f"q = N({self.mean:g}, {self.std:.2f}²)": _normal(self.mean, self.std),
            "q = the posterior": posterior,
        }
        figure, axes = plt.subplots(2, 3, figsize=(7.4, 4.4), sharex="row", sharey="row")
        z = torch.linspace(-2.5, 2.5, 401, dtype=torch.float64)
        for (title, q), upper, lower in zip(cases.items(), *axes, strict=True):
            upper.plot(z, q.log_prob(z).exp(), color=notation.color("encoder"), linewidth=3, label="q")
            upper.plot(z, posterior.log_prob(z).exp(), "--", color=notation.color("z"), label="p(z | x)")
            upper.set(title=title, xlabel="z")
            _draw_bill(lower, self._bill(q))
        evidence = self._bill(posterior)["evidence"]
        axes[1, 0].set_xlim(1.06 * min(self._bill(q)["elbo"] for q in cases.values()), 0)
        axes[1, 2].annotate(
            "log p(x)", (evidence, 2), (-8, 0), textcoords="offset points", ha="right", va="center", fontsize=10
        )
        axes[0, 0].set(ylabel="density")
        axes[0, 0].legend(fontsize=9, loc="upper left")
        return figure

    def describe(self) -> str:
        """What the still shows."""
        prior, chosen = self._bill(_normal(0, 1)), self._bill(_normal(self.mean, self.std))
        return (
            f"Three choices of q against the true posterior, and their ELBO as bars below the line of "
            f"log p(x) = {prior['evidence']:.2f}. With the prior as q the bar ends at {prior['elbo']:.2f}, with mean "
            f"{self.mean:g} and standard deviation {self.std:.2f} at {chosen['elbo']:.2f}; with the posterior it "
            "reaches the line."
        )


def _normal(mean: float, std: float) -> Normal:
    return Normal(*torch.tensor([mean, std], dtype=torch.float64))


def _draw_bill(ax, bill: dict[str, float]) -> None:
    fit, elbo, evidence = bill["reconstruction"], bill["elbo"], bill["evidence"]
    gap = abs(evidence - elbo)
    hatched = {"fill": False, "hatch": "////", "edgecolor": notation.color("z")}
    ax.barh(3, fit, color=notation.color("decoder"))
    ax.barh(2, elbo - fit, left=fit, color=notation.color("encoder"))
    ax.barh(1, elbo, color=notation.color("loss"))
    ax.barh(0, gap, left=elbo, **hatched)
    ax.axvline(evidence, linestyle="--", color=notation.color("x"))
    ax.set_yticks([3, 2, 1, 0], labels=["reconstruction", "− price", "= ELBO", "+ gap"])
    ax.set(xlabel="nats", title=f"gap {gap:.2f}")
