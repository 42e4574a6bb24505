"""The book on paper, looked into with pypdf: a few chapters of it, because the whole takes a minute."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections import Counter
from datetime import datetime
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from pypdf import PdfReader

from course_build.exercises.leaks import leaks
from course_build.exercises.source import read_all
from course_build.pdf.__main__ import ROOT, read_imprint
from course_build.pdf.assemble import compose
from course_build.pdf.contents import read_contents
from course_build.pdf.metadata import finish
from course_build.pdf.outline import places
from course_build.pdf.print import TooWide, print_book

pytestmark = pytest.mark.slow

BOOK = ROOT / "_build" / "html"
CHOSEN = ("notation", "pca", "teaching")  # tables, formulas and code and figures and exercises, the longest table
A4 = (595, 842)
FOOT = 60  # in points: what stands lower is the foot of a page
NEAR = 100  # Chromium puts the place of a heading too high by the page's margin, 62 points


@pytest.fixture(scope="module")
def entries():
    return [entry for entry in read_contents(ROOT / "_toc.yml") if entry.key in CHOSEN]


@pytest.fixture(scope="module")
def facts(site):
    return json.loads((BOOK / "book" / "health.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def html(entries, facts):
    """What is printed."""
    return BeautifulSoup(compose(BOOK, entries, read_imprint(facts), {}), "html.parser")


@pytest.fixture(scope="module")
def pdf(browser, entries, facts, tmp_path_factory):
    """The path of the print; its draft lies in the site, beside what it shows."""
    imprint = read_imprint(facts)
    keys = [entry.key for entry in entries]
    printed = print_book(browser, lambda numbers: compose(BOOK, entries, imprint, numbers), BOOK / "draft.html", keys)
    content, _ = finish(printed, imprint, datetime.fromisoformat(facts["built"]))
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def reader(pdf):
    return PdfReader(io.BytesIO(pdf.read_bytes()))


@pytest.fixture(scope="module")
def pieces(reader):
    """For each page its pieces of text, and where each begins, from the lower left corner."""
    return [pieces_of(page) for page in reader.pages]


@pytest.fixture(scope="module")
def texts(pieces):
    """The text of each page above its foot, without white space."""
    return [squeezed("".join(text for _, y, text in page if y > FOOT)) for page in pieces]


def pieces_of(page) -> list[tuple[float, float, str]]:
    found = []

    def note(text, matrix, text_matrix, *_):
        if text.strip():
            at = [text_matrix[4], text_matrix[5], 1]
            x, y = (at[0] * matrix[i] + at[1] * matrix[i + 2] + matrix[i + 4] for i in (0, 1))
            found.append((x, y, text))

    page.extract_text(visitor_text=note)
    return found


def squeezed(text: str) -> str:
    """Without white space, and with ligatures taken apart."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def outline(reader):
    """Each entry of the outline with its depth, from 1."""

    def walk(entries, depth):
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, depth + 1)
            else:
                yield depth, entry

    return list(walk(reader.outline, 1))


def test_the_outline_is_made_of_the_headings(outline, html):
    """The contents, every chapter, in it its sections, in these theirs."""
    headings = [(int(one.name[1]), " ".join(one.get_text().split())) for one in html.find_all(re.compile("^h[1-6]$"))]
    assert [(depth, entry.title) for depth, entry in outline] == headings
    assert Counter(depth for depth, _ in headings)[1] == len(CHOSEN) + 1


def test_the_outline_leads_to_the_headings(reader, outline, pieces):
    """To the page on which each begins and a little above it, one after the other."""
    led_to = [(reader.get_destination_page_number(entry), entry.top) for _, entry in outline]
    for (number, top), (_, entry) in zip(led_to, outline, strict=True):
        body = [(y, squeezed(text)) for _, y, text in pieces[number] if y > FOOT]
        title = squeezed(entry.title)
        begins = [y for i, (y, _) in enumerate(body) if "".join(text for _, text in body[i:]).startswith(title)]
        assert any(top - NEAR < y < top for y in begins), f"{entry.title} on page {number + 1}: {begins}"
    assert led_to == sorted(set(led_to), key=lambda place: (place[0], -place[1]))


def test_the_contents_name_the_pages_that_chapters_begin_on(pieces, texts, html):
    """The number in the contents, the foot of that page and its first line agree; a late sentence is there as well."""
    for chapter in html.select(".chapter"):
        title = squeezed(chapter.h1.get_text())
        number = int(re.search(re.escape(title) + r"(\d+)", texts[1])[1])
        eyebrow = squeezed(chapter.find(class_="eyebrow").get_text())
        assert texts[number - 1].startswith(eyebrow + title)
        foot = sorted((x, text) for x, y, text in pieces[number - 1] if y < FOOT)
        assert squeezed("".join(text for _, text in foot)) == f"{title}{number}"
        plain = [p for p in chapter.find_all("p") if not p.find(class_="math") and len(p.get_text()) > 60]
        assert squeezed(plain[-1].get_text()) in "".join(texts[number - 1 :])


def test_every_internal_link_leads_somewhere(reader, html):
    """Each anchor that is linked to is in the volume, and there is a link on paper to it and to no other."""
    ids = {tag["id"] for tag in html.find_all(id=True)}
    wanted = {link["href"][1:] for link in html.select('a[href^="#"]')}
    assert wanted <= ids
    links = [note.get_object() for page in reader.pages for note in page.annotations or []]
    targets = [link["/Dest"] if "/Dest" in link else link["/A"].get("/D") for link in links]
    inner = [unquote(target.removeprefix("/")) for target in targets if target]
    assert set(inner) == wanted
    assert len(inner) >= len(wanted) > 15
    found = places(reader)
    assert len({reader.get_destination_page_number(found[name]) for name in inner}) > 5


def test_every_picture_is_on_paper(reader, html):
    """As many as there are, the stills of interactive figures among them, each with its sentence."""
    drawn = sum(len(page.images) for page in reader.pages)
    assert drawn == len(html.find_all("img")) > 5
    assert len(html.select(".cw-figure img.cw-still")) == len(html.select(".still-caption")) > 1


def test_nothing_is_beyond_the_edge_and_no_page_is_empty(reader, pieces, texts):
    """A4, every piece of text begins inside; above its foot each page has text or a picture."""
    for number, page in enumerate(reader.pages):
        assert (round(page.mediabox.width), round(page.mediabox.height)) == A4
        assert all(0 < x < A4[0] - 40 and 0 < y < A4[1] for x, y, _ in pieces[number]), number
        assert len(texts[number]) > 30 or page.images, number


def test_what_is_too_wide_for_paper_is_an_error(browser, tmp_path):
    """Not cut off in silence; and nothing of the draft is left."""
    wide = '<section class="chapter" id="a"><h1>A</h1><p style="width: 3000px">A line too far.</p></section>'
    with pytest.raises(TooWide, match="in a: A line too far"):
        print_book(
            browser, lambda _: f"<!DOCTYPE html><html><body>{wide}</body></html>", tmp_path / "draft.html", ["a"]
        )
    assert list(tmp_path.iterdir()) == []


def test_formulas_are_described_and_meaningless_elements_are_gone(reader, html):
    """The structure that a screen reader walks: one figure a formula or picture, with its words."""
    kinds, described = Counter(), []
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict) and "/S" in node:
            kinds[node["/S"]] += 1
            described += [node["/Alt"]] if "/Alt" in node else []
            waiting += [node["/K"]] if "/K" in node else []
    assert "/NonStruct" not in kinds
    assert kinds["/H1"] == len(CHOSEN) + 1
    formulas = [formula["aria-label"] for formula in html.select(".katex")]
    assert len(formulas) > 100
    assert set(formulas) <= set(described)


def test_the_imprint_says_what_it_is(reader, texts, facts):
    """Title, author, language and date of the build; the edition stands on the first page."""
    about = reader.metadata
    assert about.title == "Through the Bottleneck: Autoencoders, from PCA to the VAE"
    assert about.author == "the course's authors"
    assert about.creation_date == datetime.fromisoformat(facts["built"])
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert squeezed(facts["edition_says"]) in texts[0]


def test_no_solution_is_printed(pdf):
    """Chapter 2 has an exercise that is handed in, and the PDF is searched as all that is published."""
    assert leaks(pdf.parent, read_all()) == []
