"""The page about the build says what `health.json` says, and both what is true."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

import pytest
from bs4 import BeautifulSoup

from course_build.pdf.__main__ import ROOT
from course_build.sphinx import health

BOOK = ROOT / "_build" / "html"
LIBRARY = ROOT / "course_lib"


@pytest.fixture(scope="module")
def facts(site):
    """What a program reads."""
    return json.loads((BOOK / "book" / "health.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tables(site):
    """What people read: the cells of each row, by the row's first cell."""
    page = BeautifulSoup((BOOK / "book" / "status.html").read_text(encoding="utf-8"), "html.parser")
    rows = [[cell.get_text().strip() for cell in row.find_all("td")] for row in page.article.find_all("tr")]
    return {row[0]: row[1:] for row in rows if row}


def test_every_chapter_stays_within_its_bounds(facts, tables):
    """Each executed page took under two minutes of two cores and 1.5 GB, and the page shows it."""
    executed = json.loads((BOOK.parent / "execution.json").read_text(encoding="utf-8"))
    assert facts["chapters"] == executed
    shown = list(tables.values())
    assert len(executed) > 10
    for name, cost in executed.items():
        assert 0 < cost["processor_seconds"] < health.MAX_SECONDS, name
        assert 0 < cost["peak_mb"] < health.MAX_MB, name
        assert [f"{cost['seconds']:,.1f}", f"{cost['processor_seconds']:,.1f}", f"{cost['peak_mb']:,.0f}"] in shown


def test_every_file_is_named_with_its_whole_digest(facts, tables):
    """The digest in the page is that of the file; pointing at it shows all of it."""
    shipped = {path.name: path for path in LIBRARY.rglob("*.safetensors")}
    assert {one["file"] for one in facts["weights"]} == shipped.keys()
    for name, path in shipped.items():
        content = path.read_bytes()
        digest, size, command = tables[name]
        assert (digest, size) == (hashlib.sha256(content).hexdigest(), f"{len(content):,}")
        assert command.startswith("python -m course_build.")
    page = (BOOK / "book" / "status.html").read_text(encoding="utf-8")
    assert all(f'title="{one["sha256"]}"' in page for one in facts["weights"] + facts["data"])
    assert [one["file"] in tables for one in facts["data"]] == [True] * (4 if facts["edition"] == "mnist" else 0)


def test_build_and_software_are_named(facts, tables):
    """When, on what, with what."""
    assert datetime.fromisoformat(facts["built"]).tzinfo
    for name, version in facts["software"].items():
        assert tables[name] == [version]
    assert tables["edition"] == [facts["edition_says"]]
    assert tables["cores"] == [facts["machine"]["cores"]]


def test_a_phone_shows_the_page_without_scrolling_sideways(visit):
    """Its tables scroll in their boxes."""
    page = visit("book/status.html", width=360).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".pst-scrollable-table-container").count() >= 3
