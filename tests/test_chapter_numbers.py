"""The numbers that lists of pages show are those by which the text calls the chapters."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chapter_numbers import number, numbered, with_numbers

BOOK = Path(__file__).resolve().parents[1] / "book"
LIST = (
    '<li class="toctree-l1"><a class="reference internal" href="../notation.html">One symbol</a></li>'
    '<li class="toctree-l1"><a class="reference internal" href="../part1/03b-pretraining.html">In 2006</a></li>'
    '<li class="toctree-l1 current active"><a class="current reference internal" href="#">A search</a></li>'
)


def test_chapters_are_numbered_and_other_pages_are_not():
    """By the name of the file; the current page, which its own list links to "#", too."""
    shown = re.findall(r">([^<]+)</a>", with_numbers(LIST, "04-codes.html"))
    assert shown == ["One symbol", "3b · In 2006", "4 · A search"]
    assert numbered("book/part1/03b-pretraining", "In 2006") == "3b · In 2006"


def test_a_second_build_adds_no_second_number():
    """A page that has not changed is not written again."""
    once = with_numbers(LIST, "04-codes.html")
    assert with_numbers(once, "04-codes.html") == once


def test_links_in_the_text_stay_as_they_are():
    """Only lists are numbered."""
    text = '<p><a class="reference internal" href="../part1/02-pca.html">PCA</a></p>'
    assert with_numbers(text, "04-codes.html") == text


@pytest.mark.parametrize("path", sorted(BOOK.rglob("*.md")), ids=lambda path: path.stem)
def test_a_reference_by_number_leads_to_that_chapter(path):
    """`[chapter 9](ch-vae)` is right only if the label stands in the file whose name begins with 09."""
    label_line = re.compile(r"^\(([\w-]+)\)=", re.MULTILINE)
    pages = {
        label: page for page in BOOK.rglob("*.md") for label in label_line.findall(page.read_text(encoding="utf-8"))
    }
    text = path.read_text(encoding="utf-8")
    called = re.findall(r"\[(?:[^\]]*\b[Cc]hapters?\s+)?(\d+b?)\]\((\w[\w-]+)\)", text)
    called += re.findall(r"\{ref\}`[Cc]hapter (\d+b?) <([\w-]+)>`", text)
    wrong = [(said, label) for said, label in called if number(pages[label].stem) != said and said != "2006"]
    assert wrong == []
