"""Pictures: arrays in, axes out. Nothing is computed here that a reader would want to know about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from course_lib import _validate, contrast, dark, data, notation
from course_lib.latent import grid_codes as grid_codes

INK = contrast.LIGHT_TEXT
# matplotlib's ten, but the four palest darker: each has a contrast of 3 : 1 with the light and with the dark page.
DIGIT_COLORS = tuple(
    to_rgb(color)
    for color in (
        *("#1f77b4", "#d95f02", "#2ca02c", "#d62728", "#9467bd"),
        *("#8c564b", "#cf5bab", "#7f7f7f", "#8b8c10", "#0e93a0"),
    )
)


def style() -> None:
    """Set matplotlib up as all chapters have it: sharp, quiet, readable on a phone and, in the book, on a dark page."""
    dark.show_both()
    plt.rcParams.update(
        {
            "figure.figsize": (7.0, 3.6),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "font.size": 11,
            "axes.titlesize": 11,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": plt.cycler(color=[notation.color(key) for key in ("x", "z", "decoder", "mean")]),
            "grid.color": "#d8dee4",
            "lines.linewidth": 1.8,
            "legend.frameon": False,
            "image.cmap": "gray_r",
        }
    )


def images(x: Tensor, *, columns: int = 10, shape: tuple[int, int] = (28, 28), ax: Axes | None = None) -> Axes:
    """Show images as one grid, dark ink on white.

    Parameters
    ----------
    x : Tensor
        Pixel values, 0 white and 1 black, shape (n, H·W); values outside are shown as 0 or 1.
    columns : int
        Images a row.
    shape : (int, int)
        H and W.
    ax : Axes, optional
        Where to draw; the default makes a figure that fits.

    Returns
    -------
    Axes
    """
    x = _validate.data_matrix(x, width=shape[0] * shape[1])
    grid = data.image_grid(x.detach().reshape(-1, *shape), columns)
    if ax is None:
        width = 7.0
        _, ax = plt.subplots(figsize=(width, width * grid.shape[0] / grid.shape[1]))
    ax.imshow(grid.numpy(), vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    return ax


def image_rows(rows: Mapping[str, Tensor], *, shape: tuple[int, int] = (28, 28)) -> Figure:
    """Show one labelled row of images under the other, such as originals above their reconstructions.

    Parameters
    ----------
    rows : mapping
        Label → pixel values of shape (n, H·W), the same n for each.
    shape : (int, int)
        H and W.

    Returns
    -------
    Figure
    """
    columns = {len(x) for x in rows.values()}
    if len(columns) != 1:
        raise ValueError(f"got rows of {sorted(columns)} images, expected the same number in each")
    (columns,) = columns
    width = 7.0
    figure, axes = plt.subplots(len(rows), 1, figsize=(width, len(rows) * (width / columns + 0.28)), squeeze=False)
    for ax, (label, x) in zip(axes[:, 0], rows.items(), strict=True):
        images(x, columns=columns, shape=shape, ax=ax)
        ax.set_title(label, loc="left", pad=3)
    return figure


def digits_plane(z: Tensor, y: Tensor, *, ax: Axes | None = None, size: float = 3.0) -> Axes:
    """Scatter two-dimensional codes; each class has a colour and its digit written at its median.

    Parameters
    ----------
    z : Tensor
        Codes, shape (n, 2).
    y : Tensor
        int64 classes 0–9, shape (n,).
    ax : Axes, optional
    size : float
        Area of a dot in points².

    Returns
    -------
    Axes
        With equal scales, so that distances are what they look like.
    """
    z = _validate.data_matrix(z, width=2, name="z")
    if y.shape != z.shape[:1] or not 0 <= int(y.min()) <= int(y.max()) <= 9:
        raise ValueError(
            f"got y of shape {tuple(y.shape)}, from {y.min()} to {y.max()}, expected {len(z)} digits from 0 to 9"
        )
    ax = ax or plt.subplots(figsize=(5.2, 5.0))[1]
    points, classes = z.detach().numpy(), y.numpy()
    ax.scatter(*points.T, c=[DIGIT_COLORS[c] for c in classes], s=size, linewidths=0, alpha=0.6, rasterized=True)
    for digit in np.unique(classes):
        x, y = np.median(points[classes == digit], axis=0)
        box = {"boxstyle": "circle,pad=0.18", "facecolor": "white", "edgecolor": DIGIT_COLORS[digit], "linewidth": 2}
        ax.text(x, y, str(digit), ha="center", va="center", fontsize=12, fontweight="bold", bbox=box)
    ax.set_aspect("equal")
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    return ax


def plane_grid(
    x: Tensor, extent: Sequence[float], *, shape: tuple[int, int] = (28, 28), ax: Axes | None = None
) -> Axes:
    """Show decoded images where their codes lie in the plane.

    Parameters
    ----------
    x : Tensor
        Pixel values of r² images, shape (r², H·W), row by row from the *top* (largest z₂) to the bottom, as
        `grid_codes` and `latent.prior_grid` order their codes.
    extent : (float, float, float, float)
        left, right, bottom, top of the decoded region in code units.
    shape : (int, int)
        H and W.
    ax : Axes, optional

    Returns
    -------
    Axes
        With ticks in code units.
    """
    x = _validate.data_matrix(x, width=shape[0] * shape[1])
    extent = _validate.extent(extent)
    side = round(len(x) ** 0.5)
    if side**2 != len(x):
        raise ValueError(f"got {len(x)} images, expected a square number of them, one for each point of the grid")
    tiles = x.detach().reshape(side, side, *shape).permute(0, 2, 1, 3).reshape(side * shape[0], side * shape[1])
    ax = ax or plt.subplots(figsize=(5.4, 5.4))[1]
    ax.imshow(tiles.numpy(), vmin=0, vmax=1, extent=extent, interpolation="nearest", aspect="auto")
    ax.set(xlabel="$z_1$", ylabel="$z_2$")
    return ax


def history_curves(curves: Mapping[str, Sequence[float]], *, ylabel: str, ax: Axes | None = None) -> Axes:
    """Draw terms of a loss over epochs, each curve named at its end.

    Parameters
    ----------
    curves : mapping
        Label → one value an epoch, starting with the first epoch. Labels that contain "train" are dashed.
    ylabel : str
        With its unit, such as "ELBO (nats)".
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = ax or plt.subplots()[1]
    for label, values in curves.items():
        ax.plot(range(1, len(values) + 1), values, linestyle="--" if "train" in label else "-", label=label)
    ax.set(xlabel="epoch", ylabel=ylabel)
    ax.grid(axis="y")
    ax.legend()
    return ax
