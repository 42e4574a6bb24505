"""The notebooks beside the built pages: each page's own, with its numbers, and links that lead to something."""

from __future__ import annotations

import copy
import re
from functools import cache
from urllib.parse import unquote

import nbformat
import pytest
from bs4 import BeautifulSoup

from course_build.exercises.source import read_all
from course_build.notebooks import chapters as made
from course_build.notebooks.labels import ROOT, read_labels, read_page
from course_build.repository import Origin

SITE = ROOT / "_build" / "html"
CHAPTERS = made.chapters()
NUMBER = r"−?\d+\.\d+(?!\.)"
ADDRESS = "https://ada.github.io/bottleneck/"
# Where there is no built book, the fixture `site` skips aloud, and fails on CI.
pytestmark = pytest.mark.usefixtures("site")


@cache
def page(name: str) -> BeautifulSoup:
    """A page of the site."""
    return BeautifulSoup((SITE / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def notebook(name: str):
    """The notebook of a chapter, as it is published."""
    return nbformat.read(SITE / "notebooks" / made.file_name(name), 4)


def text(name: str) -> str:
    """The Markdown of a chapter's notebook."""
    return "\n\n".join(cell.source for cell in notebook(name).cells if cell.cell_type == "markdown")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_page_offers_its_notebook(name):
    """To download, not to look at; the file is there and is the page's."""
    link = page(name).select_one("a.btn-download-notebook")
    assert link.has_attr("download")
    assert (SITE / name).parent.joinpath(link["href"]).resolve() == SITE / "notebooks" / made.file_name(name)
    book = notebook(name)
    nbformat.validate(book)
    number, title = re.fullmatch(r"(?:(\w+)\. )?(.*)#", page(name).select_one("article h1").get_text()).groups()
    place = f"Chapter {number} of" if number else "From"
    assert book.cells[0].source.startswith(f"# {title}\n\n*{place} ")


def test_nothing_else_is_in_the_folder():
    """One notebook a chapter, one an exercise."""
    chapters = {made.file_name(name) for name in CHAPTERS}
    exercises = {f"exercises/{exercise.id}.ipynb" for exercise in read_all()}
    found = {path.relative_to(SITE / "notebooks").as_posix() for path in (SITE / "notebooks").rglob("*.*")}
    assert found == chapters | exercises


@pytest.mark.parametrize("name", CHAPTERS)
def test_numbers_are_the_pages(name):
    """Formulas, figures and exercises are numbered as on the page, and no number of the run is missing."""
    shown = page(name)
    of_page = {re.search(r"\d+", number.get_text())[0] for number in shown.select("div.math > .eqno")}
    own = re.sub(r"(?ms)^\(\d+\):\n\n\$\$.*?^\$\$$", "", text(name))  # what is quoted belongs to other pages
    assert set(re.findall(r"\\tag\{(\d+)\}", own)) == of_page
    captions = {re.search(r"\d+", number.get_text())[0] for number in shown.select("figcaption .caption-number")}
    assert set(re.findall(r"\*\*Fig\. (\d+)\*\*", own)) == captions
    exercises = [number.get_text().split()[-1] for number in shown.select(".exercise .caption-number")]
    assert re.findall(r"\*\*Exercise (\d+): ", own) == exercises
    assert ("glue:" in own) is False


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_the_run_gave_stands_in_the_text(name):
    """Sentence by sentence: every decimal number of the page's paragraphs is in the notebook, with its sign."""
    paragraphs = [copy.copy(paragraph) for paragraph in page(name).select("article section > p")]
    exercises = {p.get_text() for p in page(name).select(".exercise p, .solution p")}  # with notebooks of their own
    shown = [paragraph for paragraph in paragraphs if paragraph.get_text() not in exercises]
    for other in [tag for paragraph in shown for tag in paragraph.select(".math, code, a.reference")]:
        other.extract()
    numbers = {number for paragraph in shown for number in re.findall(NUMBER, paragraph.get_text())}
    assert {number for number in numbers if number not in text(name)} == set()


@pytest.mark.parametrize("name", CHAPTERS)
def test_links_into_the_book_lead_somewhere(name):
    """A notebook of a published book: each link's page is in the site, and the place on it too."""

    class Any(dict):
        def __contains__(self, key):
            return True

        def __missing__(self, key):
            return "1.0"

    course = made.course(Origin(None, ADDRESS), read_labels(), read_all())
    cells = made.notebook(name, read_page(ROOT, name), Any(), course).cells
    sources = [cell.source for cell in cells if cell.cell_type == "markdown"]
    links = {link for source in sources for link in re.findall(re.escape(ADDRESS) + r"([^)\s]*)\)", source)}
    assert len(links) > 5
    for link in links:
        path, _, anchor = link.partition("#")
        assert (SITE / path).exists(), link
        assert not anchor or page(path.removesuffix(".html")).find(id=anchor), link


def test_launch_links_are_on_all_chapters_or_on_none():
    """Whatever was known when the book was built: complete, or absent; never one that leads nowhere."""
    found = {}
    for name in CHAPTERS:
        links = page(name).select("a[class*='btn-launch-'], a[class*='btn-source-']")
        found[name] = [link.get_text(strip=True) for link in links]
        for link in links:
            assert re.match(
                r"https://(github\.com|mybinder\.org/v2/gh|colab\.research\.google\.com/github)/", link["href"]
            )
            address = unquote(unquote(link["href"]))  # Binder's holds another one
            if target := re.search(r"/([^/]+\.ipynb)$", address):
                assert (SITE / "notebooks" / target[1]).is_file()
            elif target := re.search(r"/(book/.+\.md)$", address):
                assert (ROOT / target[1]).is_file()
    sets = {tuple(sorted(texts)) for texts in found.values()}
    everything = ("Edit this page", "Open in Binder", "Open in Colab", "Report a mistake")
    assert sets in ({()}, {everything})
