"""A figure for the dark page: what is drawn on the page has other colours, pictures and what lies on them have not."""

import base64
import io
from types import SimpleNamespace
from unittest.mock import Mock

import IPython
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.text import Text
from PIL import Image

from course_lib import contrast, dark, notation, plots
from tests.wcag import contrast as ratio
from tests.wcag import luminance


@pytest.fixture(autouse=True)
def close_figures():
    with plt.rc_context():
        yield
    plt.close("all")


def everything():
    """A figure with all kinds of artists; no picture."""
    plots.style()
    figure, (left, right) = plt.subplots(1, 2)
    left.plot([0, 1, 2], "o--", color=notation.color("z"), label="a line")
    left.axhline(0.5, color="0.8")
    left.bar([0, 1], [1, 2], color=notation.color("x"), edgecolor="white", hatch="//", alpha=0.5)
    left.fill_between([0, 2], [1, 1], color="0.8")
    left.annotate("here", (1, 1), (0.2, 1.5), arrowprops={"arrowstyle": "->"}, bbox={"facecolor": "white"})
    left.grid()
    left.legend(frameon=True)
    left.set(title="title", xlabel="$z_1$", ylabel="nats")
    right.scatter(np.arange(10), np.arange(10), c=plots.DIGIT_COLORS, alpha=0.6, linewidths=0)
    right.contour(np.outer(np.arange(4), np.arange(4)))
    right.text(0.1, 0.2, "pale", color="0.7", transform=right.transAxes)
    right.add_patch(plt.Circle((3, 3), 1, fill=False, edgecolor="grey"))
    return figure


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)


def drawn(figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, facecolor=figure.get_facecolor())
    return file.getvalue()


def colors(figure) -> list:
    """Every colour of every artist, in the order in which matplotlib names them."""
    found = []
    for artist in figure.findobj():
        for name in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            if hasattr(artist, f"get_{name}"):
                value = getattr(artist, f"get_{name}")()
                found.append(np.array(value if isinstance(value, np.ndarray) else to_rgba(value)))
        if hasattr(artist, "get_cmap"):
            found.append(artist.get_cmap()(np.linspace(0, 1, 9)))
    return found


def test_all_text_can_be_read():
    """At 4.5 : 1, also what was too pale on the white page."""
    figure = everything()
    with dark.on_dark_page(figure):
        texts = [text for text in figure.findobj(Text) if text.get_text()]
        assert len(texts) > 20
        for text in texts:
            assert ratio(to_hex(text.get_color()), notation.DARK_PAGE) > 4.45, text
        boxes = [text.get_bbox_patch() for text in texts if text.get_bbox_patch()]
        assert [to_hex(box.get_facecolor()) for box in boxes] == [notation.DARK_PAGE]


def test_lines_and_dots_can_be_seen():
    """At 3 : 1 and 4.5 : 1; a symbol has its own colour of the dark page, a grid stays a hint."""
    figure = everything()
    left, right = figure.axes
    with dark.on_dark_page(figure):
        for line in left.lines:
            assert ratio(to_hex(line.get_color()), notation.DARK_PAGE) > 2.97
        assert to_hex(left.lines[0].get_color()) == notation.color("z", dark=True)
        assert to_hex(left.lines[0].get_markerfacecolor()) == notation.color("z", dark=True)
        for color in right.collections[0].get_facecolor():
            assert ratio(to_hex(color), notation.DARK_PAGE) > 4.45
            assert color[3] == pytest.approx(0.6)
        grid = left.xaxis.get_gridlines()[0].get_color()
        assert 1.2 < ratio(to_hex(grid), notation.DARK_PAGE) < 1.6
        for spine in left.spines.values():
            assert to_hex(spine.get_edgecolor()) == contrast.DARK_TEXT


def test_nothing_of_the_white_page_is_left():
    """No pixel is brighter than the page's text, and most are the page."""
    shown = pixels(dark.both(everything())[1])
    page = np.array(to_rgb(notation.DARK_PAGE)) * 255
    assert contrast.luminance(shown / 255).max() < luminance(contrast.DARK_TEXT) + 0.01
    assert (np.abs(shown - page).max(axis=-1) < 1).mean() > 0.5
    assert (shown[[0, 0, -1, -1], [0, -1, 0, -1]] == page.round()).all()


def test_the_figure_is_itself_again_afterwards():
    figure = everything()
    figure.draw_without_rendering()
    before = colors(figure)
    dark.both(figure)
    after = colors(figure)
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(old, new)


def test_the_figure_is_itself_again_after_an_error():
    figure = everything()
    with pytest.raises(ZeroDivisionError), dark.on_dark_page(figure):
        raise ZeroDivisionError
    assert to_hex(figure.get_facecolor()) == "#ffffff"


def with_picture():
    figure, ax = plt.subplots(figsize=(4, 2), dpi=100, layout="none")
    ax.set_position((0.25, 0.25, 0.5, 0.5))  # pixels 100 to 300, 50 to 150
    ax.imshow(np.random.default_rng(0).random((10, 20)), cmap="gray_r")
    ax.plot([5, 15], [3, 6], color="black")
    ax.text(10, 8, "on it", color="red")
    ax.set_title("beside it", color="black")
    return figure, ax


def test_pictures_and_what_lies_on_them_are_the_same_in_both():
    """Pixel by pixel inside the picture; outside of it the pages differ everywhere."""
    figure, ax = with_picture()
    light, night = (pixels(picture) for picture in dark.both(figure))
    inside = np.s_[52:148, 102:298]
    np.testing.assert_array_equal(light[inside], night[inside])
    assert (light[:40] != night[:40]).any(axis=-1).all()
    with dark.on_dark_page(figure):
        assert to_hex(ax.texts[0].get_color()) == "#ff0000"
        assert to_hex(ax.title.get_color()) == contrast.DARK_TEXT


def test_a_line_that_leaves_the_picture_belongs_to_the_page():
    figure, ax = with_picture()
    (line,) = ax.plot([-30, 50], [5, 5], color="black", clip_on=False)
    ax.set(xlim=(-0.5, 19.5))
    with dark.on_dark_page(figure):
        assert to_hex(line.get_color()) == contrast.DARK_TEXT
        assert to_hex(ax.lines[0].get_color()) == "#000000"


def test_filled_contours_and_meshes_are_pictures():
    figure, (left, right) = plt.subplots(1, 2)
    mesh = left.pcolormesh(np.eye(3))
    filled = right.contourf(np.eye(3))
    with dark.on_dark_page(figure):
        assert mesh.get_cmap().name == filled.get_cmap().name == plt.rcParams["image.cmap"]


def test_mapped_dots_and_their_bar_have_one_map():
    figure, ax = plt.subplots()
    dots = ax.scatter([0, 1, 2], [0, 1, 2], c=[0.0, 0.5, 1.0], cmap="viridis")
    bar = figure.colorbar(dots)
    with dark.on_dark_page(figure):
        for color in dots.get_cmap()(np.linspace(0, 1, 9)):
            assert ratio(to_hex(color), notation.DARK_PAGE) > 4.4
        assert bar.cmap is dots.get_cmap()
    assert bar.cmap.name == dots.get_cmap().name == "viridis"


def test_what_is_switched_off_stays_off():
    """Also where alpha is set, which matplotlib would give to any colour but none."""
    figure, ax = plt.subplots()
    (bar,) = ax.bar([0], [1], edgecolor="none", alpha=0.5)
    (line,) = ax.plot([0, 1], "o", markerfacecolor="none")
    with dark.on_dark_page(figure):
        assert bar.get_edgecolor()[3] == 0
        assert line.get_markerfacecolor() == "none"


@pytest.fixture
def shell(monkeypatch):
    """An IPython that formats figures as a notebook does."""
    formatter = DisplayFormatter()
    formatter.formatters["image/png"].for_type(plt.Figure, drawn)
    shell = SimpleNamespace(display_formatter=formatter, events=Mock())
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    return formatter


def test_the_book_gets_both_pictures(shell, monkeypatch):
    monkeypatch.setenv("COURSE_BOOK", "1")
    figure, _ = with_picture()
    plots.style()
    shown, metadata = shell.format(figure)
    assert to_hex(pixels(shown["image/png"])[0, 0] / 255) == "#ffffff"
    night = pixels(base64.b64decode(metadata["image/png"][dark.KEY]))
    assert to_hex(night[0, 0] / 255) == notation.DARK_PAGE
    assert to_hex(figure.get_facecolor()) == "#ffffff"


def test_a_notebook_gets_its_figure_only(shell, monkeypatch):
    monkeypatch.delenv("COURSE_BOOK", raising=False)
    plots.style()
    shown, metadata = shell.format(with_picture()[0])
    assert "image/png" in shown
    assert metadata == {}


def test_both_pictures_have_one_layout():
    """Where a second layout moves the rows: what is no blend is the same picture, or ink and paper of both pages."""
    plots.style()
    x = torch.rand(8, 784, generator=torch.Generator().manual_seed(0))
    figure = plots.image_rows({f"row {i}": x for i in range(7)})
    light, night = (pixels(picture) for picture in dark.both(figure, dpi=100, bbox_inches="tight"))
    assert light.shape == night.shape
    paper = (light == 255).all(axis=-1) & (night == (20, 24, 30)).all(axis=-1)
    ink = (light < 128).all(axis=-1) & (night > 128).all(axis=-1)
    same = (light == night).all(axis=-1)
    assert same.mean() > 0.5
    assert (~(paper | ink | same)).mean() < 0.02
