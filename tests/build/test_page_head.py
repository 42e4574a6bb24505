"""What a page says about itself, read back with the parser of the standard library."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from docutils.core import publish_doctree

from course_build.sphinx.page_head import describe, tags
from course_build.sphinx.widget_pages import open_with


class Metas(HTMLParser):
    """The meta elements of a piece of HTML, by name."""

    def __init__(self, text: str):
        super().__init__()
        self.content = {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        """Keep one."""
        found = dict(attributes)
        self.content[found.get("name") or found.get("property")] = found["content"]


def made(**changes) -> dict[str, str]:
    """The elements of a page of a published site, with changes."""
    page = {"title": "PCA is an autoencoder", "description": 'Two "old" methods & one problem <solved>.'}
    page |= {"site_name": "The book", "url": "https://a.org/b/pca.html", "root": "https://a.org/b/", "kind": "article"}
    return Metas(tags(**page | changes)).content


def test_what_is_said_comes_through_as_it_was():
    """Quotes, ampersands and brackets are text."""
    assert made()["description"] == made()["og:description"] == 'Two "old" methods & one problem <solved>.'
    assert made()["og:title"] == "PCA is an autoencoder"


def test_picture_has_an_absolute_address_or_is_absent():
    """Who shares a page fetches its picture from elsewhere."""
    assert made()["og:image"] == "https://a.org/b/_static/preview.png"
    assert made()["og:url"] == "https://a.org/b/pca.html"
    assert made()["twitter:card"] == "summary_large_image"
    unknown = made(url=None, root=None)
    assert not {"og:image", "og:image:alt", "og:url"} & set(unknown)
    assert unknown["twitter:card"] == "summary"


def test_page_without_a_sentence_has_no_empty_one():
    """An empty description is worse than none: search engines then choose a piece of the text."""
    assert not {"description", "og:description"} & set(made(description=""))


def test_description_is_the_front_matter_else_the_first_paragraph():
    """On one line, whatever the source was wrapped at."""
    doctree = publish_doctree("Title\n=====\n\nThe first\nparagraph.\n\nThe second.")
    assert describe({}, doctree) == "The first paragraph."
    assert describe({"description": "Said\nbetter."}, doctree) == "Said better."
    assert describe({}, None) == ""


FIGURE = (
    '<div class="cw-figure" data-widget="latent-explorer"><img class="cw-still" src="a.png" loading="lazy">'
    '<script type="application/json">{"buffers": [{"path": [], "data": "k1"}, {"path": [], "data": "k1"}]}'
    "</script></div>"
)


@pytest.mark.parametrize(("before", "asked"), [("", True), ("<h2>Later</h2>", False)])
def test_only_the_figure_a_page_opens_with_is_asked_for_at_once(before, asked):
    """Its module and each piece of data once; a figure further down waits for its reader."""
    page = f"<head>\n  </head><h2>menu</h2><article><h1>T</h1>{before}{FIGURE}<h2>End</h2>{FIGURE}</article>"
    opened = open_with(page, "../")
    links = [
        f'rel="preload" as="script" href="../_static/widgets/{name}.js"' for name in ("latent-explorer", "data/k1")
    ]
    assert [opened.count(link) for link in links] == [int(asked)] * 2
