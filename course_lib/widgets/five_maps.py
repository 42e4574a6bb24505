"""Five maps of the same digits side by side, linked: a group in one of them need not be one in the others."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import numpy as np
import torch
import traitlets
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from course_lib import plots
from course_lib.data import Split
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._maps import in_a_square, nearest_rows, pack_images, pack_twelve_bits, turned_like
from course_lib.widgets._traits import Real, one_of

SHOWN = 2000
COMPARED, GROUP = 5, 10  # neighbours that are drawn, and those that say how compact a group is
NAMES = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", "autoencoder": "autoencoder", "vae": "VAE"}
CHOSEN = {"perplexity": ("tsne", "pca", 30), "neighbours": ("umap", "spectral", 15)}  # method, start, what is usual


class FiveMaps(CourseWidget):
    """PCA, t-SNE, UMAP, an autoencoder and a VAE of the same held-out digits; what is brushed in one shows in all.

    Make one with `FiveMaps.from_maps`. `perplexity`, `neighbours`, `digit` and `brush` follow the reader, and moving
    them from Python moves the figure.

    Attributes
    ----------
    perplexity, neighbours : int
        Which of the maps of t-SNE and of UMAP are shown: one of their settings.
    digit : int
        The digit whose neighbours are shown, by its place among those of the figure.
    brush : list of float
        A rectangle [map, left, bottom, right, top]: the place of a map in `maps`, then fractions of its square. All
        that lie in it are selected in every map; in a rectangle without area, none.
    maps, points, pixels, labels, near, colors
        What is drawn; see the head of `js/five-maps.mjs`.
    """

    module = "five-maps"
    shared: ClassVar = ("brush", "digit", "neighbours", "perplexity")

    maps = traitlets.List(traitlets.Dict()).tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    pixels = traitlets.Bytes().tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    near = traitlets.Bytes().tag(sync=True)
    colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    perplexity = traitlets.Int(30).tag(sync=True)
    neighbours = traitlets.Int(15).tag(sync=True)
    digit = traitlets.Int(0, min=0).tag(sync=True)
    brush = traitlets.List(Real(), default_value=[0.0] * 5, minlen=5, maxlen=5).tag(sync=True)

    @traitlets.validate("perplexity", "neighbours")
    def _is_one_that_was_run(self, proposal) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        method, _, _ = CHOSEN[name]
        there = [one["setting"] for one in self.maps if one["method"] == method]
        if there and value not in there:
            listed = ", ".join(str(setting) for setting in there)
            raise traitlets.TraitError(f"got {name} {value}, expected one that was run: {listed}")
        return value

    @traitlets.validate("digit")
    def _is_one_of_the_digits(self, proposal) -> int:
        return one_of(proposal, self.labels)

    @traitlets.validate("brush")
    def _is_a_rectangle_in_a_map(self, proposal) -> list[float]:
        number, *edges = proposal["value"]
        if self.maps and number not in range(len(self.maps)):
            raise traitlets.TraitError(
                f"got a brush in map {number:g}, expected the place of one of the {len(self.maps)} maps, from 0 to "
                f"{len(self.maps) - 1}; `maps` says which is where"
            )
        left, bottom, right, top = edges
        if not (0 <= left <= right <= 1 and 0 <= bottom <= top <= 1):
            raise traitlets.TraitError(
                f"got the rectangle {edges}, expected [left, bottom, right, top] as rising fractions of the map's "
                "square, in [0, 1]"
            )
        return proposal["value"]

    @classmethod
    def from_maps(cls, maps, images: Split, *, most: int = SHOWN, **traits) -> FiveMaps:
        """The figure of precomputed maps.

        Parameters
        ----------
        maps : Maps
            Such as `results.maps.load("mnist")`; those of seed 0 are shown, t-SNE started from PCA and UMAP from
            its spectral embedding.
        images : Split
            The test images that the maps' `held_out_index` counts: `data.load("mnist").test`.
        most : int
            Show no more held-out images than this, the first of their random order.
        **traits
            `name`, `perplexity`, `neighbours`, `digit`, `brush`.

        Raises
        ------
        ValueError
            If the images are not those of the maps, or a method is missing.
        """
        index = maps.held_out_index[:most]
        if int(maps.held_out_index.max()) >= len(images):
            raise ValueError(
                f"got {len(images)} images for maps of image {int(maps.held_out_index.max())}, expected the test "
                f"images of {maps.dataset!r}: data.load({maps.dataset!r}).test"
            )
        if len(index) <= GROUP:
            raise ValueError(f"got {len(index)} held-out images, expected more than {GROUP}: each needs neighbours")
        shown = Split(images.x[index], images.y[index])
        near = nearest_rows(shown.x.numpy(), GROUP)
        places = list(_upright(maps, len(index)))
        usual = {
            trait: min((one.setting for one, _ in places if one.method == method), key=lambda s: abs(s - wanted))
            for trait, (method, _, wanted) in CHOSEN.items()
        }
        widget = cls(
            maps=[{"method": one.method, "name": NAMES[one.method], "setting": one.setting} for one, _ in places],
            points=pack_twelve_bits(np.stack([points for _, points in places])),
            pixels=pack_images(shown.x.numpy()),
            labels=shown.y.to(torch.uint8).numpy().tobytes(),
            near=near.tobytes(),
            colors=[to_hex(color) for color in plots.DIGIT_COLORS],
            **(usual | traits),
        )
        widget._drawn = shown, near, [points for _, points in places]
        return widget

    def still(self) -> Figure:
        """The five maps, in each of them lines from the chosen digit to its nearest in pixels; and those digits."""
        shown, near, places = self._drawn
        figure, axes = plt.subplots(2, 3, figsize=(8.4, 6.4))
        nearest = near[self.digit, :COMPARED]
        for ax, number in zip(axes.flat, self._shown_maps(), strict=False):
            points = places[number]
            plots.digits_plane(torch.tensor(points), shown.y, ax=ax, size=min(9.0, 4000 / len(points)))
            for name in ax.texts:
                name.set_fontsize(8)  # panels are small: a larger circle would hide a group
            ax.plot(
                *points[self._selected()].T, "o", color=plots.INK, fillstyle="none", markersize=3, markeredgewidth=0.5
            )
            for other in nearest:
                ax.plot(*points[[self.digit, other]].T, color=plots.INK, linewidth=1.2, marker="o", markersize=3)
            kept = len(set(nearest) & set(nearest_rows(points, COMPARED)[self.digit]))
            ax.set(title=_title(self.maps[number]), xlabel=f"keeps {kept} of {COMPARED}", ylabel="")
            ax.set(xticks=[], yticks=[], xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        plots.images(shown.x[[self.digit, *nearest.tolist()]], columns=3, ax=axes[1, 2])
        axes[1, 2].set_title(f"a {int(shown.y[self.digit])} and its {COMPARED} nearest")
        return figure

    def describe(self) -> str:
        """What the still shows."""
        names = ", ".join(_title(self.maps[number]) for number in self._shown_maps())
        selected = int(self._selected().sum())
        rings = f" Rings mark the {selected:,} digits that were selected in one of them." if selected else ""
        return (
            f"Maps of the same {len(self.labels):,} digits, side by side: {names}. Lines lead from a "
            f"{self.labels[self.digit]} to the {COMPARED} digits nearest to it in pixels, short where a map keeps them "
            f"together.{rings}"
        )

    def _shown_maps(self) -> list[int]:
        chosen = {"tsne": self.perplexity, "umap": self.neighbours}
        return [i for i, one in enumerate(self.maps) if one["setting"] == chosen.get(one["method"])]

    def _selected(self) -> np.ndarray:
        number, left, bottom, right, top = self.brush
        x, y = self._drawn[2][int(number)].T
        return (left <= x) & (x <= right) & (bottom <= y) & (y <= top) & (left < right) & (bottom < top)


def _title(one: dict) -> str:
    words = {"tsne": "perplexity {}", "umap": "{} neighbours"}.get(one["method"])
    return one["name"] + (f", {words.format(one['setting'])}" if words else "")


def _upright(maps, n: int):
    """The maps in the order of the figure with their first n held-out points in a square, settings rising.

    t-SNE and UMAP leave it to chance which way is up: each map is turned to its neighbour in the order of settings, the
    one of the largest setting to PCA, so that the slider moves what differs and nothing else.
    """
    starts = {method: start for method, start, _ in CHOSEN.values()}
    pca = None
    for method in NAMES:
        found = sorted(maps.select(method, init=starts.get(method), seed=0), key=lambda one: one.setting or 0)
        if not found:
            raise ValueError(f"got maps without {method!r} at seed 0, expected one of each: {', '.join(NAMES)}")
        points = [one.held_out[:n].numpy().astype(np.float64) for one in found]
        pca = points[0] if pca is None else pca
        if method in starts:
            for i in reversed(range(len(points))):
                points[i] = turned_like(points[i], points[i + 1] if i + 1 < len(points) else pca)
        yield from zip(found, (in_a_square(one) for one in points), strict=True)
