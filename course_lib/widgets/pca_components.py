"""The number of principal components against a redrawn image and its error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import _validate, losses, models, notation, plots
from course_lib.data import Dataset
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import one_of

MOST = 100  # numbers in the code: what the state has room for
PIXELS = 784
CHOSEN = 200  # the ten digits are the first of their kind among so many test images
STILL = (1, 4, 16, 64)


class PCAComponents(CourseWidget):
    """Widen a linear bottleneck number by number, and watch a test image form and its error fall.

    Make one with `PCAComponents.from_pca`. `d` (how many numbers) and `picture` (which test image) follow the reader.

    Attributes
    ----------
    d : int
        Numbers in the code, from 0 to K, at most 100.
    picture : int
        Which of `pictures` is shown.
    pictures, images, mean, axes, codes, train_error, test_error
        What is drawn; see the head of `js/pca-components.mjs`.
    """

    module = "pca-components"
    shared: ClassVar = ("picture", "d")

    pictures = traitlets.List(traitlets.Unicode(), minlen=1).tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    mean = traitlets.Bytes().tag(sync=True)
    axes = traitlets.Bytes().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    train_error = traitlets.List(traitlets.Float(), minlen=2).tag(sync=True)
    test_error = traitlets.List(traitlets.Float(), minlen=2).tag(sync=True)
    picture = traitlets.Int(0).tag(sync=True)
    d = traitlets.Int(0).tag(sync=True)

    @classmethod
    def from_pca(
        cls, pca: models.PCA, images: Dataset, *, extra: Mapping[str, Tensor] | None = None, **traits
    ) -> PCAComponents:
        """The figure of a fitted PCA and ten test images, one of each digit.

        Parameters
        ----------
        pca : PCA
            Fitted to images of 784 pixels. Its first 100 components are shipped, or as many as the data have.
        images : Dataset
            Whose test images measure the error; the ten digits are drawn from them at random, with a fixed seed.
        extra : mapping, optional
            Name → another image, shape (784,), values in [0, 1].
        **traits
            `name`, `d`, `picture`.

        Raises
        ------
        ValueError
            If the PCA or an image has another width than 784.
        """
        shown = images.test.sample(min(CHOSEN, len(images.test)), seed=0)
        digits = {str(digit): shown.x[shown.y == digit][0] for digit in shown.y.unique().tolist()}
        named = digits | dict(extra or {})
        x = _validate.data_matrix(torch.stack(list(named.values())), width=PIXELS, unit_range=True, name="extra")
        most = min(MOST, pca.n_components, int((pca.eigenvalues_ > 1e-6 * pca.eigenvalues_[0]).sum()))
        test_z = pca.encode(images.test.x)[:, :most]
        nothing = losses.squared_error(images.test.x, pca.mean_.expand_as(images.test.x)).double().mean()
        train_error = pca.eigenvalues_.double().flip(0).cumsum(0).flip(0)  # λ_{j+1} + … + λ_D, for j = 0, 1, …
        widget = cls(
            pictures=list(named),
            images=(255 * x).round().to(torch.uint8).numpy().tobytes(),
            mean=pca.mean_.numpy().astype("<f4").tobytes(),
            axes=_pack_axes(pca.components_[:most]),
            codes=pca.encode(x)[:, :most].contiguous().numpy().astype("<f4").tobytes(),
            train_error=train_error[: most + 1].tolist(),
            test_error=_errors(nothing, test_z.double().square().mean(dim=0)),
            **traits,
        )
        widget._pca, widget._x = pca, x
        return widget

    @traitlets.validate("picture")
    def _valid_picture(self, proposal):
        return one_of(proposal, self.pictures)

    @traitlets.validate("d")
    def _valid_d(self, proposal):
        return one_of(proposal, self.test_error)

    def still(self) -> Figure:
        """The image as it is redrawn from a few code sizes, what each leaves over, and the errors for every size."""
        x, codes, widths = self._x[self.picture], self._codes(), self._still_widths()
        figure = plt.figure(figsize=(7.2, 2.6))
        grid = figure.add_gridspec(2, len(widths) + 2, width_ratios=[*(1,) * (len(widths) + 1), 3.6])
        first = plots.images(x[None], ax=figure.add_subplot(grid[0, 0]))
        first.set_title("test image", fontsize=9)
        for i, d in enumerate(widths, start=1):
            x_hat = self._pca.mean_ + codes[self.picture, :d] @ self._pca.components_[:d]
            above, below = (figure.add_subplot(grid[row, i]) for row in (0, 1))
            plots.images(x_hat[None], ax=above)
            above.set_title(f"d = {d}", fontsize=9)
            below.imshow((x - x_hat).reshape(28, 28).numpy(), cmap="RdBu", vmin=-1, vmax=1, interpolation="nearest")
            below.set_axis_off()
            below.set_title("left over", fontsize=9)
        ax = figure.add_subplot(grid[:, -1])
        own = _errors(losses.squared_error(x[None], self._pca.mean_[None]).double(), codes[self.picture].double() ** 2)
        ax.plot(own, color=notation.color("z"), label="this image")
        ax.plot(self.test_error, "--", color=notation.color("loss"), label="mean, test")
        ax.plot(self.train_error, ":", color=notation.color("x"), label="mean, training")
        ax.scatter(widths, [own[d] for d in widths], color=notation.color("z"), zorder=3, s=22)
        ax.set(xlabel="numbers in the code, d", ylabel="squared error", ylim=(0, None))
        ax.legend(fontsize=8)
        return figure

    def describe(self) -> str:
        """What the still shows, with the errors at its widths."""
        widths = self._still_widths()
        errors = ", ".join(f"{self.test_error[d]:.1f} from {d}" for d in widths)
        return (
            f"The test image “{self.pictures[self.picture]}” redrawn from {', '.join(map(str, widths))} numbers. What "
            f"is left over fades, and the mean squared error of all test images falls: {errors} numbers."
        )

    def _codes(self) -> Tensor:
        return self._pca.encode(self._x)[:, : len(self.test_error) - 1]

    def _still_widths(self) -> list[int]:
        return [d for d in STILL if d < len(self.test_error)]


def _errors(nothing: Tensor, explained: Tensor) -> list[float]:
    """Squared error from 0, 1, …, K numbers; each explains its mean square, and nothing explains everything."""
    return torch.cat([nothing.reshape(1), nothing - explained.cumsum(0)]).clamp(min=0).tolist()


def _pack_axes(axes: Tensor) -> bytes:
    """Axes with one signed byte a pixel: a scale for each (float32), then the integers (int8), row by row."""
    scale, integers = _rounded_axes(axes)
    return scale.numpy().astype("<f4").tobytes() + integers.numpy().astype("i1").tobytes()


def _rounded_axes(axes: Tensor) -> tuple[Tensor, Tensor]:
    scale = axes.abs().amax(dim=1) / 127  # an axis has length 1, so that this is above 0
    return scale, (axes / scale[:, None]).round()
