"""Every figure of the book for the dark page: it can be read there, and pictures in it are what they were."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from bs4 import BeautifulSoup, SoupStrainer
from matplotlib.colors import to_rgb
from PIL import Image

from course_lib import contrast, notation
from course_lib.dark import KEY

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
# Where there is no built book, the fixture `site` skips aloud, and fails on CI.
pytestmark = pytest.mark.usefixtures("site")


def pixels(content: bytes) -> np.ndarray:
    """Red, green and blue in [0, 1], shape (height, width, 3)."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB")) / 255


def figures() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Each figure that a chapter shows, for the light and for the dark page, as it was before it became small."""
    for path in (BOOK.parent / ".jupyter_cache").rglob("base.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                if dark := output.get("metadata", {}).get("image/png", {}).get(KEY):
                    yield tuple(pixels(base64.b64decode(picture)) for picture in (output["data"]["image/png"], dark))


def test_every_figure_is_there_twice():
    """In each page: what is drawn for the light page stands before what is drawn for the dark one; both files exist."""
    pages = [path for path in (BOOK / "book").rglob("*.html") if "_static" not in path.parts]
    shown = 0
    for path in pages:
        images = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser", parse_only=SoupStrainer("img"))
        tags = images.select('img[src*="_images/"]')
        for light, dark in zip(tags[::2], tags[1::2], strict=True):
            assert "on-light-page" in light["class"], f"{path.name}: {light} is drawn for one page only"
            assert "on-dark-page" in dark["class"]
            assert light["alt"] == dark["alt"]
            for tag in (light, dark):
                assert tag["loading"] == "lazy"
                with Image.open(path.parent / tag["src"]) as image:
                    assert (tag["width"], tag["height"]) == (str(image.width), str(image.height))
            shown += 1
    assert shown > 50


def test_dark_figures_can_be_read():
    """Where a pixel differs, ink has become light on dark and white the page; the rest are pictures."""
    page = np.array(to_rgb(notation.DARK_PAGE))
    compared = 0
    for light, dark in figures():
        assert (np.abs(dark[[0, 0, -1, -1], [0, -1, 0, -1]] - page) < 0.002).all()
        assert light.shape == dark.shape
        strong = contrast.ratio(light, to_rgb("white")) > 7
        changed = np.abs(light - dark).max(axis=-1) > 0.02
        on_page = contrast.ratio(dark, page)[strong & changed]
        # Of a stroke as thin as a pixel the edges are blends.
        if on_page.size:
            assert np.quantile(on_page, 0.1) > 4
        paper = (light > 0.998).all(axis=-1) & changed
        assert (np.abs(dark[paper] - page) < 0.002).mean() > 0.95
        compared += 1
    assert compared > 40


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_asks_for_the_figures_of_its_mode_alone(visit, scheme):
    """Also when a reader has seen all of it."""
    seen = visit("book/part1/pca.html", scheme=scheme)
    other = {"light": "dark", "dark": "light"}[scheme]
    drawn = seen.page.locator(f"article img.on-{scheme}-page:not(.cw-still)")  # a still goes when its figure lives
    for image in drawn.all():
        image.evaluate("image => image.closest('details')?.setAttribute('open', '')")
        image.scroll_into_view_if_needed()
    assert seen.page.locator(f"img.on-{other}-page:visible").count() == 0
    seen.page.wait_for_load_state("networkidle")
    asked = {urlsplit(url).path for url in seen.requests}
    ours = {urlsplit(src).path for src in drawn.evaluate_all("l => l.map((image) => image.src)")}
    theirs = seen.page.locator(f"img.on-{other}-page").evaluate_all("l => l.map((image) => image.src)")
    assert len(ours) >= 5
    assert ours <= asked
    assert {urlsplit(src).path for src in theirs} & asked == set()


def test_paper_is_light(visit):
    """Whoever prints a dark page gets the figures for white paper."""
    page = visit("book/part1/pca.html", scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(
        "article .cell_output > img.on-light-page:visible, article figure img.on-light-page:visible"
    ).count()
    assert page.locator("img.on-dark-page:visible").count() == 0
