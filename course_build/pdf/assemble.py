"""The whole book as one page of HTML: a title page, the contents, then every chapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from course_build.pdf.chapter import read_chapter
from course_build.pdf.contents import Entry

STYLE = Path(__file__).with_name("paper.css")
STYLESHEET = 'link[rel~="stylesheet"]:not([media="print"])'


@dataclass(frozen=True)
class Imprint:
    """What stands on the title page; all of it plain text."""

    title: str
    subtitle: str
    author: str
    copyright: str
    edition: str
    made: str
    abstract: str


def compose(
    site: Path, entries: list[Entry], imprint: Imprint, numbers: Mapping[str, int], address: str | None = None
) -> str:
    """The book as HTML whose links to pictures and styles are relative to the site's root.

    Parameters
    ----------
    site : Path
        The folder of the built pages.
    entries : list of Entry
        The pages to print, in order.
    imprint : Imprint
        What stands on the title page.
    numbers : mapping of str to int
        The page each chapter begins on, by key, as printed; where a key is missing the contents leave room.
    address : str, optional
        Where the site is published.

    Returns
    -------
    str
        The page; it holds no script.
    """
    pages = {entry.name: entry for entry in entries}
    chapters = {entry.key: read_chapter(site, entry, pages, address) for entry in entries}
    titles = {key: chapter.h1.get_text().strip() for key, chapter in chapters.items()}
    styles = "".join(f'<link rel="stylesheet" href="{name}">\n' for name in _stylesheets(site, entries))
    # Each chapter has pages of its own name, whose foot says which chapter it is.
    feet = "".join(
        f"@page {_page_name(key)} {{ @bottom-left {{ content: {_css(titles[key])}; }} }}\n" for key in titles
    )
    body = [_title_page(imprint), _contents(entries, titles, numbers)]
    for entry in entries:
        chapter = chapters[entry.key]
        eyebrow = f"Chapter {entry.number}" if entry.number else entry.part
        if eyebrow:
            line = Tag(name="p", attrs={"class": "eyebrow"})
            line.string = eyebrow
            chapter.insert(0, line)
        chapter["style"] = f"page: {_page_name(entry.key)}"
        body.append(chapter.decode(formatter="minimal"))
    return (
        f'<!DOCTYPE html>\n<html lang="en" data-theme="light" data-mode="light">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(imprint.title)}</title>\n{styles}"
        f"<style>\n{STYLE.read_text(encoding='utf-8')}\n{feet}</style>\n</head>\n<body>\n{''.join(body)}\n</body>\n</html>\n"
    )


def _stylesheets(site: Path, entries: list[Entry]) -> list[str]:
    """Those of all pages, in the pages' order, relative to the site's root; not what prints a single page."""
    found = {}
    for entry in entries:
        head = (site / f"{entry.name}.html").read_text(encoding="utf-8").partition("</head>")[0]
        sheets = BeautifulSoup(head, "html.parser").select(STYLESHEET)
        found |= dict.fromkeys(re.sub(r"^(\.\./)+|\?.*", "", sheet["href"]) for sheet in sheets)
    # The sheet of the figures is on some pages only; the course's own have the last word.
    return sorted(found, key=lambda name: name.endswith(("course.css", "quiz.css", "symbols.css", "icons.css")))


def _title_page(imprint: Imprint) -> str:
    return (
        '<header class="title-page">\n'
        f'<p class="title">{escape(imprint.title)}</p>\n<p class="subtitle">{escape(imprint.subtitle)}</p>\n'
        '<img src="_static/latent-plane.png" alt="A square of handwritten digits that turn into one another, '
        'decoded from a regular grid of two-number codes">\n'
        f'<p class="author">{escape(imprint.author)}</p>\n'
        f"<p>{escape(imprint.edition)}</p>\n<p>{escape(imprint.made)}</p>\n<p>{escape(imprint.copyright)}</p>\n</header>\n"
    )


def _contents(entries: list[Entry], titles: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    lines = ['<nav class="volume-contents">\n<h1 id="contents">Contents</h1>\n']
    for part, members in groupby(entries, key=lambda entry: entry.part):
        lines.append(f"<p>{escape(part)}</p>\n" if part else "")
        lines.append("<ol>\n")
        for entry in members:
            page = numbers.get(entry.key, "")
            lines.append(
                f'<li><a href="#{entry.key}"><span class="number">{entry.number}</span>'
                f'<span class="name">{escape(titles[entry.key])}</span><span class="page">{page}</span></a></li>\n'
            )
        lines.append("</ol>\n")
    return "".join([*lines, "</nav>\n"])


def _page_name(key: str) -> str:
    return f"page-{key}"


def _css(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
