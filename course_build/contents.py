"""The contents of the book, `_toc.yml`: which pages there are, in which order, and what number each chapter has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import yaml

from course_build.repository import ROOT

_NUMBERED = re.compile(r"\[([^\]\[#]*)#([^\]\[]*)\]\(([\w-]+)\)")
_PART = "Part "  # how the captions of those parts begin whose pages are chapters


def pages(root: Path = ROOT) -> list[str]:
    """Every page of the book, without its suffix, in the order of `_toc.yml`."""
    return list(_files(_contents(root)))


@cache
def chapter_numbers(root: Path = ROOT) -> dict[str, str]:
    """Page → "3", for every chapter; "3b" for an interlude after it, whose front matter says `interlude: true`."""
    numbers: dict[str, str] = {}
    last = 0
    for part in _contents(root).get("parts", ()):
        if part.get("caption", "").startswith(_PART):
            for page in _files(part):
                interlude = _front_matter(root / f"{page}.md").get("interlude", False)
                last += not interlude
                numbers[page] = f"{last}b" if interlude else f"{last}"
    return numbers


def chapter_number(page: str, root: Path = ROOT) -> str:
    """What the text calls a page, "3" or "3b"; "" for one that is no chapter."""
    return chapter_numbers(root).get(page, "")


def chapter_page(stem: str, root: Path = ROOT) -> str:
    """The page of the chapter whose file has that name, "vae" → "book/part2/vae"; ValueError if there is none."""
    found = [page for page in chapter_numbers(root) if page.rpartition("/")[2] == stem]
    if len(found) != 1:
        known = ", ".join(page.rpartition("/")[2] for page in chapter_numbers(root))
        raise ValueError(f"got chapter: {stem}, expected the name of a chapter's file: {known}")
    return found[0]


def with_numbers(text: str, pages_of: Mapping[str, str], root: Path = ROOT) -> str:
    """Replace the # in links such as `[chapter #](ch-vae)` by the number of the chapter in which the label stands.

    Parameters
    ----------
    text : str
        MyST Markdown.
    pages_of : mapping of str to str
        Label → the page it stands on.
    root : Path
        The folder of `_toc.yml`.
    """

    def numbered(match: re.Match) -> str:
        before, after, label = match.groups()
        number = chapter_number(pages_of.get(label, ""), root)
        return f"[{before}{number}{after}]({label})" if number else match[0]

    return _NUMBERED.sub(numbered, text)


def _contents(root: Path) -> dict:
    toc = root / "_toc.yml"
    return yaml.safe_load(toc.read_text(encoding="utf-8")) if toc.is_file() else {}


def _files(contents: object) -> Iterator[str]:
    if isinstance(contents, list):
        for item in contents:
            yield from _files(item)
    elif isinstance(contents, dict):
        yield from (contents[key] for key in ("root", "file") if key in contents)
        for key in ("parts", "chapters", "sections"):
            yield from _files(contents.get(key, []))


def _front_matter(path: Path) -> dict:
    found = re.match(r"---\n(.*?)\n---\n", path.read_text(encoding="utf-8"), re.DOTALL) if path.is_file() else None
    return yaml.safe_load(found[1]) if found else {}
