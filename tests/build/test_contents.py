"""The numbers of chapters follow from the contents: a chapter comes in with one line, and every reference counts on."""

from __future__ import annotations

import re

import pytest

from course_build.contents import chapter_number, chapter_numbers, chapter_page, pages, with_numbers
from course_build.notebooks.labels import read_labels
from course_build.repository import ROOT

TOC = """format: jb-book
root: book/index
parts:
  - caption: Before you start
    chapters:
      - file: book/notation
  - caption: "Part I: one"
    chapters:
      - file: book/one
      - file: book/aside
  - caption: "Part II: two"
    chapters:
      - file: book/two
  - caption: At the end
    chapters:
      - file: book/glossary
"""


@pytest.fixture
def book(tmp_path):
    """A folder with contents and a page beside the numbered row."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "book" / "one.md").write_text("# One\n")
    (tmp_path / "book" / "aside.md").write_text("---\ninterlude: true\n---\n\n# Aside\n")
    return tmp_path


def test_chapters_are_counted_through_the_parts(book):
    assert chapter_numbers(book) == {"book/one": "1", "book/aside": "1b", "book/two": "2"}
    assert pages(book)[0] == "book/index"
    assert chapter_number("book/glossary", book) == ""


def test_a_new_chapter_is_one_line_and_its_own_file(book):
    toc = book / "_toc.yml"
    toc.write_text(
        toc.read_text().replace("      - file: book/one\n", "      - file: book/new\n      - file: book/one\n")
    )
    chapter_numbers.cache_clear()
    assert chapter_numbers(book) == {"book/new": "1", "book/one": "2", "book/aside": "2b", "book/two": "3"}


def test_references_take_the_number_of_the_chapter_in_which_their_label_stands(book):
    places = {"ch-two": "book/two", "sec-deep": "book/aside", "g": "book/glossary"}
    text = "[Chapter #](ch-two), [chapter\n#](sec-deep), [#](ch-two) and [C#](g), [#3](else), `x[0] # y`(ch-two)"
    expected = "[Chapter 2](ch-two), [chapter\n1b](sec-deep), [2](ch-two) and [C#](g), [#3](else), `x[0] # y`(ch-two)"
    assert with_numbers(text, places, book) == expected


def test_a_chapter_that_is_not_there_is_told_the_known_ones(book):
    assert chapter_page("two", book) == "book/two"
    with pytest.raises(ValueError, match="got chapter: three, expected the name of a chapter's file: one, aside, two"):
        chapter_page("three", book)


TYPED = re.compile(r"\[[^\]\[]*\b[Cc]hapters?\s+\d|(?<!\[)\b[Cc]hapters?\s+\d+\b|\[\d{1,2}b?\]\((ch|sec)-")
SOURCES = sorted([*(ROOT / "book").rglob("*.md"), *(ROOT / "exercises").glob("*/exercise.md")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_types_the_number_of_a_chapter(path):
    """It would be wrong as soon as a chapter is inserted before it."""
    assert [found[0] for found in TYPED.finditer(path.read_text(encoding="utf-8"))] == []


def test_no_file_is_named_by_a_number():
    assert [page for page in pages() if re.match(r"\d", page.rpartition("/")[2])] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_numbered_reference_leads_to_a_chapter(path):
    text = with_numbers(path.read_text(encoding="utf-8"), read_labels().pages)
    assert re.findall(r"\[[^\]\[#]*\b[Cc]hapters?\s+#[^\]\[]*\]\([^)]*\)", text) == []
