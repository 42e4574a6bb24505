"""A figure drawn for the white page, drawn once more for the dark one: same picture, other colours.

Text, axes, lines and areas take the colours of `contrast.on_dark`. Pictures keep theirs, and so does what is drawn
on a picture: it was chosen to be seen there.
"""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.colors import Colormap, ListedColormap, to_rgba_array
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from course_lib import contrast

KEY = "on_dark_page"  # of the metadata of image/png in the output of a cell: a picture that only the book looks for
LIGHT, DARK = "on-light-page", "on-dark-page dark-light"  # a picture's classes; course.css, and the theme lets it be
TEXT_LEAST, DOT_LEAST, LINE_LEAST = 4.5, 4.5, 3.0  # WCAG 2 AA; dots are small and often let the page shine through


@contextmanager
def on_dark_page(figure: Figure) -> Generator[Figure]:
    """Give a figure the colours of the dark page, and its own again at the end.

    It keeps the layout that it has then, because a second one may move things by a pixel: what is drawn afterwards, in
    its own colours, lies exactly under what is drawn now.
    """
    figure.draw_without_rendering()  # ticks are made by drawing, and what is where is known after it
    figure.set_layout_engine("none")
    # All are read before one is set: the edge of a marker may follow the colour of its line.
    properties = [
        (getattr(artist, f"set_{name}"), getattr(artist, f"get_{name}")(), least)
        for artist in _drawn_on_the_page(figure)
        for name, least in _colors_of(artist)
        if _is_seen(getattr(artist, f"get_{name}")())
    ]
    try:
        for change, color, least in properties:
            change(_exchanged(color, least))
        yield figure
    finally:
        for change, color, _ in properties:
            change(color)


def both(figure: Figure, **options) -> tuple[bytes, bytes]:
    """Draw a figure as PNG for the light and for the dark page; `options` are those of `Figure.savefig`."""
    with on_dark_page(figure):
        dark = _png(figure, options)
    return _png(figure, options), dark


def show_both() -> None:
    """While the book is executed, add to each figure that a cell shows the one for the dark page.

    It lies in the metadata of the figure's PNG, as base64 under `KEY`. A reader's notebook is left alone.
    """
    if not os.environ.get("COURSE_BOOK"):
        return
    from IPython import get_ipython  # here, because nothing else of the library needs it

    shell = get_ipython()
    if shell is None:
        return

    def bundle(figure: Figure) -> tuple[dict, dict]:
        with on_dark_page(figure):  # as IPython itself saves it: same resolution, same margins
            picture = _png(figure, {"dpi": figure.dpi, "bbox_inches": "tight"})
        return {}, {"image/png": {KEY: base64.b64encode(picture).decode()}}

    shell.display_formatter.mimebundle_formatter.for_type(Figure, bundle)


def _png(figure: Figure, options: dict) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", facecolor=figure.get_facecolor(), **options)
    return file.getvalue()


def _drawn_on_the_page(figure: Figure) -> list[Artist]:
    """All artists but pictures and what lies on them; with the boxes and arrows of texts, which no list names."""
    kept = set()
    for ax in figure.axes:
        pictures = [child for child in ax.get_children() if _is_picture(child)]
        boxes = [picture.get_window_extent().padded(1) for picture in pictures]
        on_top = [child for child in _contents(ax) if any(_within(child.get_window_extent(), box) for box in boxes)]
        kept.update(pictures, on_top)
    artists = [artist for artist in figure.findobj() if artist not in kept]
    for text in [artist for artist in artists if isinstance(artist, Text)]:
        parts = (text.get_bbox_patch(), getattr(text, "arrow_patch", None))
        artists += [part for part in parts if part is not None]
    return artists


def _is_picture(artist: Artist) -> bool:
    filled_contours = isinstance(artist, ContourSet) and artist.filled
    return isinstance(artist, AxesImage | QuadMesh) or filled_contours


def _contents(ax: Axes) -> list[Artist]:
    return [*ax.lines, *ax.patches, *ax.texts, *[one for one in ax.collections if not _is_picture(one)]]


def _within(inner: Bbox, outer: Bbox) -> bool:
    corners = np.array([inner.min, inner.max])
    return bool((corners >= outer.min).all() and (corners <= outer.max).all())


def _colors_of(artist: Artist) -> list[tuple[str, float]]:
    """The properties that hold an artist's colours, each with the least contrast that it may have."""
    if isinstance(artist, Text):
        return [("color", TEXT_LEAST)]
    if isinstance(artist, Line2D):
        least = LINE_LEAST if artist.axes and artist in artist.axes.lines else 1.0  # ticks and grid lines whisper
        return [(name, least) for name in ("color", "markeredgecolor", "markerfacecolor")]
    if isinstance(artist, Patch):
        return [("facecolor", 1.0), ("edgecolor", 1.0)]
    if isinstance(artist, Collection):
        least = DOT_LEAST if isinstance(artist, PathCollection) else 1.0
        names = ("facecolor", "edgecolor") if artist.get_array() is None else ("cmap",)
        return [(name, least) for name in names]
    return []


def _is_seen(color) -> bool:
    # Set anew, a colour that is switched off would get the alpha of its artist.
    return isinstance(color, Colormap) or bool(to_rgba_array(color)[:, 3].any())


def _exchanged(color, least: float):
    """A colour, an array of them or a colormap, each with its alpha, for the dark page."""
    if isinstance(color, Colormap):
        return ListedColormap(_exchanged(color(np.arange(color.N)), least), name=f"{color.name} on dark")
    rgba = to_rgba_array(color)
    rgba[:, :3] = contrast.on_dark(rgba[:, :3], least)
    return rgba if isinstance(color, np.ndarray) and color.ndim == 2 else tuple(rgba[0])
