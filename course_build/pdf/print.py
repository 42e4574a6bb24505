"""Prints the composed book with Chromium, twice: the first print tells which page each chapter begins on."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from course_build.pdf.outline import Heading, places

FIT = Path(__file__).with_name("fit.js")
HEADINGS = Path(__file__).with_name("headings.js")
# The text's width on paper, 210 mm less the margins of paper.css, in CSS pixels.
TEXT_WIDTH = round((210 - 2 * 24) / 25.4 * 96)
MAX_SECONDS = 600  # a book of 400 pages takes one, a busy machine many


class Print(NamedTuple):
    """A PDF, and every heading in it, in order."""

    pdf: bytes
    headings: list[Heading]


class TooWide(RuntimeError):
    """Something would be cut off at the edge of the paper."""


def print_book(browser: Browser, compose: Callable[[dict[str, int]], str], draft: Path, keys: list[str]) -> Print:
    """The book as a PDF, with page numbers in its contents.

    Parameters
    ----------
    browser : Browser
        A Chromium.
    compose : callable
        The book as HTML, given the page of each key.
    draft : Path
        Where that HTML may lie while it is printed, so that its relative links hold; it is removed.
    keys : list of str
        Anchors whose pages the contents name.

    Returns
    -------
    Print
        The PDF, tagged and without an outline, and the headings to make one of.

    Raises
    ------
    TooWide
        If something does not fit on the paper, however small.
    RuntimeError
        If the numbers in the contents have moved the chapters.
    """
    first = _print(browser, compose({}), draft)
    numbers = page_numbers(first.pdf, keys)
    second = _print(browser, compose(numbers), draft)
    if (moved := page_numbers(second.pdf, keys)) != numbers:
        raise RuntimeError(f"got chapters on pages {moved}, expected {numbers} as in the first print")
    return second


def page_numbers(pdf: bytes, keys: list[str]) -> dict[str, int]:
    """The page, from 1, that each anchor is on."""
    reader = PdfReader(io.BytesIO(pdf))
    found = places(reader)
    if missing := [key for key in keys if key not in found]:
        raise RuntimeError(f"got no destination for {missing}, expected one for each chapter")
    return {key: reader.get_destination_page_number(found[key]) + 1 for key in keys}


def _print(browser: Browser, book: str, draft: Path) -> Print:
    draft.write_text(book, encoding="utf-8")
    page = browser.new_page(viewport={"width": TEXT_WIDTH, "height": 1000}, color_scheme="light")
    page.set_default_timeout(MAX_SECONDS * 1000)
    try:
        page.emulate_media(media="print", color_scheme="light")
        page.goto(draft.as_uri(), wait_until="load")
        page.evaluate("document.fonts.ready")
        _check(page)
        headings = [Heading(*one) for one in page.evaluate(HEADINGS.read_text(encoding="utf-8"))]
        pdf = page.pdf(prefer_css_page_size=True, print_background=True, outline=False, tagged=True)
        return Print(pdf, headings)
    finally:
        page.close()
        draft.unlink()


def _check(page: Page) -> None:
    if too_wide := page.evaluate(FIT.read_text(encoding="utf-8")):
        raise TooWide("got what is wider than the paper:\n" + "\n".join(too_wide))
    broken = page.evaluate("[...document.images].filter((one) => !one.naturalWidth).map((one) => one.src)")
    if broken:
        raise RuntimeError(f"got pictures that could not be read: {broken}")
