"""A page gets both pictures of a figure that exists twice, and nothing else of it changes."""

import base64
import hashlib
import io
import json
import re

import pytest
from PIL import Image

from course_build.sphinx import dark_figures
from course_lib.dark import KEY


def png(color: str, size=(4, 2)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "png")
    return file.getvalue()


def figure(light: bytes, dark: bytes) -> dict:
    """The output of a cell that drew for both pages."""
    one, other = (base64.b64encode(picture).decode() for picture in (light, dark))
    return {"data": {"image/png": one}, "metadata": {"image/png": {KEY: other}}}


@pytest.fixture
def made(tmp_path):
    """A site with a figure of a chapter, one of an exercise and one that exists once; and what they were made from."""
    light, name = png("white"), hashlib.sha256(png("white")).hexdigest()
    images = tmp_path / "site" / "_images"
    images.mkdir(parents=True)
    for file, picture in ((f"{name}.png", light), ("half.png", light), ("once.png", light)):
        (images / file).write_bytes(picture)
    outputs = [
        figure(light, png("black", (4, 3))),
        figure(png("red"), png("black")),
        {"data": {"image/png": base64.b64encode(png("blue")).decode()}, "metadata": {}},
        {"name": "stdout", "text": "no picture"},
    ]
    executed = tmp_path / "cache" / "executed" / "0" / "base.ipynb"
    executed.parent.mkdir(parents=True)
    executed.write_text(json.dumps({"cells": [{"source": "text"}, {"outputs": outputs}]}), encoding="utf-8")
    exercises = tmp_path / "pictures"
    exercises.mkdir()
    (exercises / "half.png").write_bytes(light)
    (exercises / "half-dark.png").write_bytes(png("black"))
    page = tmp_path / "site" / "book" / "page.html"
    page.parent.mkdir()
    page.write_text(
        f'<p>before</p><figure><img alt="Grey &gt; white." src="../_images/{name}.png" /><figcaption>c</figcaption>'
        '</figure><img alt="Half." class="wide" loading="lazy" src="../_images/half.png" style="width: 50%" />'
        '<img alt="Once." src="../_images/once.png" />',
        encoding="utf-8",
    )
    dark_figures.pair(tmp_path / "site", tmp_path / "cache", exercises)
    return name, images, page.read_text(encoding="utf-8")


def test_a_chapters_figure_becomes_two(made):
    name, images, page = made
    pair = (
        '<figure><img class="on-light-page" alt="Grey &gt; white." '
        f'src="../_images/{name}.png" width="4" height="2" loading="lazy" />'
        '<img class="on-dark-page dark-light" alt="Grey &gt; white." '
        f'src="../_images/{name}-dark.png" width="4" height="3" loading="lazy" /><figcaption>'
    )
    assert pair in page
    assert (images / f"{name}-dark.png").read_bytes() == png("black", (4, 3))


def test_an_exercises_picture_becomes_two_with_its_own_attributes(made):
    _, images, page = made
    tags = re.findall(r"<img [^>]*half[^>]*>", page)
    assert len(tags) == 2
    for tag in tags:
        assert tag.count("loading=") == tag.count("class=") == 1
        assert 'style="width: 50%"' in tag
    assert 'class="on-light-page wide"' in tags[0]
    assert 'class="on-dark-page dark-light wide"' in tags[1]
    assert (images / "half-dark.png").is_file()


def test_what_exists_once_stays_as_it_is(made):
    """A picture of the cache that no page shows is no file of the site either."""
    _, images, page = made
    assert '<img alt="Once." src="../_images/once.png" />' in page
    assert page.startswith("<p>before</p>")
    assert len(list(images.iterdir())) == 5
