"""An axis through a two-dimensional cloud, to turn by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import _validate, models, notation
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real, one_of

MAX_POINTS = 500


class PCAAxis(CourseWidget):
    """Turn a line through the mean of a cloud, and watch captured and lost variance share a constant total.

    Make one with `PCAAxis.from_points`. `angle` and `cloud` follow the reader.

    Attributes
    ----------
    clouds : list of dict
        `name` and `points`, a list of pairs, for each cloud.
    cloud : int
        Which of them is shown.
    angle : float
        Direction of the line in degrees, in [0, 180], counter-clockwise from the first coordinate.
    """

    module = "pca-axis"
    shared: ClassVar = ("cloud", "angle")

    clouds = traitlets.List(traitlets.Dict(), minlen=1).tag(sync=True)
    cloud = traitlets.Int(0).tag(sync=True)
    angle = Real(0.0, min=0, max=180).tag(sync=True)

    @classmethod
    def from_points(cls, clouds: Mapping[str, Tensor], **traits) -> PCAAxis:
        """The figure of one or more clouds.

        Parameters
        ----------
        clouds : mapping
            Name shown to the reader → points, shape (n, 2), with n from 2 to 500.
        **traits
            `name`, `cloud`, `angle`.

        Raises
        ------
        ValueError
            If a cloud has another shape, or all its points are one.
        """
        for name, x in clouds.items():
            _validate.data_matrix(x, width=2, name=name)
        return cls(clouds=[{"name": name, "points": x.double().tolist()} for name, x in clouds.items()], **traits)

    @traitlets.validate("clouds")
    def _valid_clouds(self, proposal):
        for cloud in proposal["value"]:
            points = cloud.get("points", [])
            if set(cloud) != {"name", "points"} or not 2 <= len(points) <= MAX_POINTS:
                raise traitlets.TraitError(
                    f"got a cloud with {sorted(cloud)} and {len(points)} points, expected name and points, "
                    f"2 to {MAX_POINTS} pairs; make the figure with PCAAxis.from_points"
                )
            if any(len(point) != 2 or not all(map(math.isfinite, point)) for point in points):
                raise traitlets.TraitError(f"got {points[:2]}… in {cloud['name']!r}, expected pairs of finite numbers")
            if all(point == points[0] for point in points):
                raise traitlets.TraitError(f"got one point {len(points)} times in {cloud['name']!r}, expected a cloud")
        return proposal["value"]

    @traitlets.validate("cloud")
    def _valid_cloud(self, proposal):
        return one_of(proposal, self.clouds)

    def still(self) -> Figure:
        """The cloud with the line as it stands, and captured and lost variance for every angle."""
        x = torch.tensor(self.clouds[self.cloud]["points"], dtype=torch.float64)
        centred = x - x.mean(dim=0)
        angles = torch.deg2rad(torch.linspace(0, 180, 181, dtype=torch.float64))
        captured = (centred @ torch.stack([angles.cos(), angles.sin()])).square().mean(dim=0)
        total = float(centred.square().sum(dim=1).mean())
        w = torch.tensor([math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))], dtype=x.dtype)
        feet = x.mean(dim=0) + (centred @ w)[:, None] * w

        figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3.3))
        mean = x.mean(dim=0)
        left.axline(tuple(mean), tuple(mean + w), color=notation.color("z"), label="the line along w")
        for pair in zip(x, feet, strict=True):
            left.plot(*torch.stack(pair).T, "--", color=notation.color("loss"), linewidth=1)
        left.scatter(*x.T, color=notation.color("x"), zorder=3, label="points x")
        left.scatter(*feet.T, color=notation.color("x_hat"), marker="s", s=18, zorder=3, label="reconstructions")
        reach = 1.25 * float(centred.norm(dim=1).max())
        box = [(m - reach, m + reach) for m in mean.tolist()]
        left.set(xlabel="$x_1$", ylabel="$x_2$", box_aspect=1, xlim=box[0], ylim=box[1])
        left.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8)
        degrees = angles.rad2deg()
        right.plot(degrees, captured, color=notation.color("z"), label="captured, E[z²]")
        right.plot(degrees, total - captured, "--", color=notation.color("loss"), label="lost, E‖x − x̂‖²")
        right.axvline(self.angle, color=notation.color("noise"), linewidth=1)
        right.set(xlabel="angle of w (degrees)", ylabel="variance", xticks=range(0, 181, 45), ylim=(0, 1.08 * total))
        right.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=8)
        return figure

    def describe(self) -> str:
        """What the still shows, with the angle of the first principal axis."""
        x = torch.tensor(self.clouds[self.cloud]["points"], dtype=torch.float64)
        pca = models.PCA(n_components=1).fit(x)
        first, second = pca.eigenvalues_.tolist()
        axis = pca.components_[0]
        best = (
            f"highest at {float(torch.atan2(axis[1], axis[0]).rad2deg()) % 180:.0f}°, the first principal axis"
            if first - second > 1e-6 * first
            else "the same in all directions"
        )
        return (
            f"Left, a cloud and a line through its mean at {self.angle:.0f}°, with dashed perpendiculars from each "
            f"point to the line. Right, captured and lost variance over the angle: their sum is {first + second:.2f} "
            f"everywhere, and what is captured is {best}."
        )
