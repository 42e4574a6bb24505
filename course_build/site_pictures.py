"""Draw the pictures that stand for the site elsewhere: the preview of a shared link, and the icon of a home screen.

    python -m course_build.site_pictures

writes `book/_static/preview.png` (1200 × 630) and `book/_static/touch-icon.png` (180 × 180). They are committed: who
shares a page sees the same picture whatever data the book was built on.
"""

from __future__ import annotations

import io

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from PIL import Image

from course_build.repository import ROOT
from course_lib import checkpoints, latent, notation, plots

STATIC = ROOT / "book" / "_static"
DPI = 100
ROWS = 18


def mark(ax: Axes) -> None:
    """The mark of the course, as in favicon.svg: two funnels that meet in a narrow waist."""
    ax.add_patch(Polygon([(3, 8), (28, 25), (28, 39), (3, 56)], color="#0b5cad", linewidth=0))
    ax.add_patch(Polygon([(61, 8), (36, 25), (36, 39), (61, 56)], color="#00808f", linewidth=0))
    ax.add_patch(Rectangle((29.5, 23), 5, 18, color="#d3372c", linewidth=0))
    ax.set(xlim=(0, 64), ylim=(0, 64), aspect="equal")
    ax.axis("off")


def preview() -> Figure:
    """The name of the course, and beside it the plane of the 2-D VAE at equally probable codes."""
    figure = plt.figure(figsize=(1200 / DPI, 630 / DPI), dpi=DPI, facecolor=notation.LIGHT_PAGE)
    with torch.no_grad():
        decoded = checkpoints.load("vae-2d-mnist").decode(latent.prior_grid(ROWS))
    plane = figure.add_axes((590 / 1200, 30 / 630, 570 / 1200, 570 / 630))
    plots.plane_grid(decoded, extent=(0, 1, 0, 1), ax=plane)
    plane.axis("off")
    mark(figure.add_axes((50 / 1200, 455 / 630, 130 / 1200, 130 / 630)))
    for text, y, size, weight in (
        ("Through the\nBottleneck", 400, 50, "bold"),
        ("Autoencoders,\nfrom PCA to the VAE", 215, 27, "normal"),
        ("an interactive course", 95, 21, "normal"),
    ):
        figure.text(60 / 1200, y / 630, text, size=size, weight=weight, va="top", color=plots.INK, linespacing=1.15)
    return figure


def touch_icon() -> Figure:
    """The mark on white, with the margin that a home screen's round corners need."""
    figure = plt.figure(figsize=(180 / DPI, 180 / DPI), dpi=DPI, facecolor="white")
    mark(figure.add_axes((0.12, 0.12, 0.76, 0.76)))
    return figure


def main() -> None:
    """Write both."""
    plots.style()
    plt.rcParams["figure.constrained_layout.use"] = False
    for name, figure in (("preview", preview()), ("touch-icon", touch_icon())):
        drawn = io.BytesIO()
        figure.savefig(drawn, dpi=DPI)
        plt.close(figure)
        # 128 colours are enough for greys and a mark, and a third of the weight; this method leaves no colour out.
        small = Image.open(drawn).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(STATIC / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
