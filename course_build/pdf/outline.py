"""The PDF's outline, made of the headings themselves: Chromium's own repeats what it paints twice, and drops blanks."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from pypdf import PdfReader, PdfWriter
from pypdf.generic import Destination, Fit, IndirectObject


class Heading(NamedTuple):
    """What it says, how deep it is, from 1, and the anchor that is its place in the PDF."""

    title: str
    level: int
    anchor: str


def places(document: PdfReader | PdfWriter) -> dict[str, Destination]:
    """Where each anchor is that a link leads to; Chromium writes it as a name, escaped as in an address."""
    named = document.named_destinations.items()
    return {
        unquote(name.removeprefix("/")): place
        for name, place in named
        if document.get_destination_page_number(place) is not None
    }


def add_outline(writer: PdfWriter, headings: list[Heading]) -> None:
    """One entry a heading, below the last one that is less deep, to the heading's page and height.

    Chromium leaves the page's margin out of the height: a reader sees the heading so far below the window's upper edge.

    Raises
    ------
    ValueError
        If the PDF does not say where a heading is.
    """
    found = places(writer)
    if lost := [heading.title for heading in headings if heading.anchor not in found]:
        raise ValueError(
            f"got no place in the PDF for {lost}, expected one for each heading; show it on paper, under an own id"
        )
    above: list[tuple[int, IndirectObject]] = []  # the entries around the next one, with their levels
    for title, level, anchor in headings:
        while above and above[-1][0] >= level:
            above.pop()
        place = found[anchor]
        fit = Fit.xyz(left=place.left, top=place.top)
        parent = above[-1][1] if above else None
        above.append((level, writer.add_outline_item(title=title, page_number=place.page, parent=parent, fit=fit)))
