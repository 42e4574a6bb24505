"""Copies of the book to take away, in its site: the PDF and the zip, and the links to those that are there.

Both are made from the built pages, so no page can know of them when it is built. A page that names them holds a pair of
comments; the links between these are written when a copy is put into the site.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

PDF, ZIP = "through-the-bottleneck.pdf", "through-the-bottleneck-site.zip"
NAMES = {PDF: "the book as a PDF", ZIP: "this site as a zip, to read without a network"}
PLACE = re.compile(r"(<!-- copies -->).*?(<!-- end of copies -->)", re.DOTALL)


def read_facts(site: Path) -> dict:
    """What the build says of itself in `book/health.json`.

    Raises
    ------
    FileNotFoundError
        If the site has not been built.
    """
    health = site / "book" / "health.json"
    if not health.is_file():
        raise FileNotFoundError(f"got no built book in {site}, expected {health}; run make book")
    return json.loads(health.read_text(encoding="utf-8"))


def publish(copy: Path, site: Path) -> None:
    """Put a copy into the site and link to it wherever pages name copies."""
    shutil.copyfile(copy, site / copy.name)
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if PLACE.search(page):
            path.write_text(linked(page, site, path), encoding="utf-8")


def linked(page: str, site: Path, path: Path) -> str:
    """A page of the site that links to the copies which lie in it, and to no others."""
    up = "../" * (len(path.relative_to(site).parts) - 1)
    links = [
        f'<a href="{up}{name}">{what}</a> ({(site / name).stat().st_size / 1e6:.0f} MB)'
        for name, what in NAMES.items()
        if (site / name).is_file()
    ]
    line = f"<p>To take away: {', '.join(links)}.</p>" if links else ""
    return PLACE.sub(rf"\1{line}\2", page)


def unlinked(page: str) -> str:
    """The page without such links: as it was built."""
    return PLACE.sub(r"\1\2", page)
