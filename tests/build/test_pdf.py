"""What the book on paper is put together from: order, anchors, answers, the structure of the PDF."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

from course_build.pdf.chapter import read_chapter
from course_build.pdf.contents import Entry, read_contents
from course_build.pdf.outline import Heading, add_outline
from course_build.pdf.structure import flatten

ROOT = Path(__file__).resolve().parents[2]
ONE, TWO = Entry("book/part1/01-one", "Part I"), Entry("book/part2/02b-two", "Part II")
PAGES = {entry.name: entry for entry in (ONE, TWO)}

PAGE = """<html><head></head><body><article class="bd-article">
<section id="why"><h1>Why<a class="headerlink" href="#why">#</a></h1>
<p>See <a href="../part2/02b-two.html#there">there</a>, <a href="../part2/02b-two.html">it</a>, <a href="#why">here</a>,
<a href="../../genindex.html#A">the index</a> and <a href="https://example.org/x#y">elsewhere</a>.</p>
<p><span class="math"><span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>z</mi></mrow>
<annotation encoding="application/x-tex">z &lt; "1"</annotation></semantics></math></span><span class="katex-html"
>z</span></span></span></p>
<form class="quiz"><p class="quiz-title">Check yourself</p><legend>Is it?</legend><button>Check</button>
<details class="quiz-answer"><summary>Show</summary><ul><li>A is right.</li></ul></details></form>
<div class="exercise" id="ex-one"><p class="admonition-title">Exercise 1 (One)</p><p>Do it.</p></div>
<div class="solution admonition" id="solution-one"><p class="admonition-title">Solution</p><p>Done so.</p></div>
<div class="cw-figure" data-widget="plane"><img class="cw-still" alt="A cloud." loading="lazy"
src="../../_images/a.png"><script type="application/json">{}</script></div>
<img class="in-the-page" alt="" src="data:image/png;base64,AAAA">
<!-- copies --><p>To take away.</p><!-- end of copies -->
<p>The last sentence.</p></section></article></body></html>"""


@pytest.fixture
def site(tmp_path):
    """A site of one page."""
    (tmp_path / "book" / "part1").mkdir(parents=True)
    (tmp_path / "book" / "part1" / "01-one.html").write_text(PAGE, encoding="utf-8")
    return tmp_path


def test_the_book_is_in_the_order_of_its_contents():
    """Every file of `_toc.yml` exists and comes once; chapters are called what the text calls them."""
    entries = read_contents(ROOT / "_toc.yml")
    assert entries[0] == Entry("book/index")
    assert all((ROOT / f"{entry.name}.md").is_file() for entry in entries)
    numbers = {entry.key: entry.number for entry in entries}
    assert numbers["pretraining"] == "3b"
    assert numbers["latent-space"] == "10"
    assert numbers["glossary"] == ""


def test_two_pages_of_one_name_are_refused(tmp_path):
    """Their anchors would be the same."""
    toc = "root: a\nparts:\n- caption: P\n  chapters:\n  - file: one/b\n  - file: two/b\n"
    (tmp_path / "_toc.yml").write_text(toc)
    with pytest.raises(ValueError, match=r"\['b'\].*rename"):
        read_contents(tmp_path / "_toc.yml")


@pytest.mark.parametrize(("address", "index"), [(None, None), ("https://x.org/c/", "https://x.org/c/genindex.html#A")])
def test_links_stay_in_the_volume_or_lead_to_the_site(site, address, index):
    """To other chapters and to itself by anchors; to other pages by address where it is known, else not at all."""
    chapter = read_chapter(site, ONE, PAGES, address)
    targets = {link.get_text(): link["href"] for link in chapter.p.find_all("a")}
    assert targets == {"there": "#02b-two--there", "it": "#02b-two", "here": "#01-one--why"} | (
        {"the index": index} if index else {}
    ) | {"elsewhere": "https://example.org/x#y"}
    assert "the index" in chapter.get_text()
    assert chapter["id"] == "01-one"
    assert chapter.find("section")["id"] == "01-one--why"


def test_a_formula_is_one_picture_described_by_its_source(site):
    """MathML would be a second text behind the first."""
    chapter = read_chapter(site, ONE, PAGES)
    formula = chapter.find(class_="katex")
    assert (formula["role"], formula["aria-label"]) == ("img", 'z < "1"')
    assert formula.get_text() == "z"
    assert chapter.find("math") is None


def test_answers_and_solutions_come_last_and_are_linked_both_ways(site):
    """Whoever is asked does not see the answer below; nothing of it is lost."""
    chapter = read_chapter(site, ONE, PAGES)
    asked, _, answered = chapter.get_text().partition("The last sentence.")
    assert "A is right." not in asked
    assert "Done so." not in asked
    assert "A is right." in answered
    assert "Solution to Exercise 1 (One)" in answered
    assert "Done so." in answered
    ids = {tag["id"] for tag in chapter.find_all(id=True)}
    inner = [link["href"][1:] for link in chapter.find_all("a") if link["href"].startswith("#01-one--")]
    assert {"01-one--question-1", "01-one--answer-1", "01-one--ex-one"} <= set(inner) <= ids


def test_a_still_says_what_it_is_and_nothing_is_left_to_press(site):
    """Its picture is found from the site's root, at once; the script and the buttons are gone."""
    chapter = read_chapter(site, ONE, PAGES)
    still = chapter.find("img")
    assert still["src"] == "_images/a.png"
    assert "loading" not in still.attrs
    assert "online edition. A cloud." in chapter.find(class_="still-caption").get_text()
    assert chapter.select("script, button, summary, details, .headerlink") == []


def test_a_picture_in_the_page_itself_stays_as_it_is(site):
    """It has no file that would have to be found."""
    picture = read_chapter(site, ONE, PAGES).find(class_="in-the-page")
    assert picture["src"] == "data:image/png;base64,AAAA"


def test_the_book_is_the_same_when_copies_were_made_before(site):
    """The links to them are put into the built pages, and lead nowhere on paper."""
    assert "To take away" not in read_chapter(site, ONE, PAGES).get_text()


def test_a_page_without_an_article_is_refused(site):
    """Rather than an empty chapter."""
    (site / "book" / "part1" / "01-one.html").write_text("<p>Moved.</p>")
    with pytest.raises(ValueError, match=r"no article in .*01-one.html"):
        read_chapter(site, ONE, PAGES)


def paper(places):
    """Two pages, on which Chromium has named these places, each with its page and height."""
    writer = PdfWriter()
    pages = [writer.add_blank_page(100, 100).indirect_reference for _ in range(2)]
    named = {
        NameObject(f"/{name}"): ArrayObject([pages[page], NameObject("/XYZ"), *map(NumberObject, (6, height, 0))])
        for name, (page, height) in places.items()
    }
    writer.root_object[NameObject("/Dests")] = DictionaryObject(named)
    return writer


def test_the_outline_is_as_deep_as_the_headings_and_leads_to_them():
    """Also where a level is left out, or a name is escaped; what is named besides is no entry."""
    writer = paper({"one": (0, 90), "deep": (0, 60), "less%20deep": (0, 30), "two": (1, 90), "figure": (1, 10)})
    headings = [("One", 1, "one"), ("Deep", 3, "deep"), ("Less deep", 2, "less deep"), ("Two", 1, "two")]
    add_outline(writer, [Heading(*heading) for heading in headings])
    out = io.BytesIO()
    writer.write(out)
    reader = PdfReader(out)

    one, (deep, less), two = reader.outline
    found = [(entry.title, reader.get_destination_page_number(entry), entry.top) for entry in (one, deep, less, two)]
    assert found == [("One", 0, 90), ("Deep", 0, 60), ("Less deep", 0, 30), ("Two", 1, 90)]


def test_a_heading_without_a_place_is_refused():
    """Rather than left out, or led to the first page."""
    with pytest.raises(ValueError, match=r"no place in the PDF for \['Lost'\]"):
        add_outline(paper({"one": (0, 90)}), [Heading("One", 1, "one"), Heading("Lost", 2, "lost")])


def element(writer, kind, kids, page=None):
    """A structure element with these kids, which learn who their parent is."""
    about = {"/Type": NameObject("/StructElem"), "/S": NameObject(kind), "/K": ArrayObject(kids)}
    reference = writer._add_object(DictionaryObject({NameObject(k): v for k, v in about.items()}))
    if page is not None:
        reference.get_object()[NameObject("/Pg")] = page
    for kid in kids:
        if not isinstance(kid, NumberObject):
            kid.get_object()[NameObject("/P")] = reference
    return reference


def test_a_pdf_without_a_structure_is_refused():
    """It would say nothing to a screen reader."""
    with pytest.raises(ValueError, match="without a structure tree"):
        flatten(PdfWriter())


@pytest.mark.parametrize("branched", [False, True])
def test_meaningless_elements_leave_their_content_in_place(branched):
    """In reading order, on their own pages; the index from content to element follows, be it one list or several."""
    writer = PdfWriter()
    first, second = (writer.add_blank_page(100, 100).indirect_reference for _ in range(2))
    inner = element(writer, "/NonStruct", [NumberObject(1)], first)
    emphasis = element(writer, "/Em", [element(writer, "/NonStruct", [NumberObject(2)], first)])
    over = element(writer, "/NonStruct", [NumberObject(0)], second)
    outer = element(writer, "/NonStruct", [element(writer, "/NonStruct", [NumberObject(0)], first), inner])
    paragraph = element(writer, "/P", [outer, emphasis, over])
    document = element(writer, "/Document", [paragraph])
    em_content = emphasis.get_object()["/K"].get_object()[0]
    zero = outer.get_object()["/K"].get_object()[0]
    numbers = [NumberObject(0), ArrayObject([zero, inner, em_content]), NumberObject(1), ArrayObject([over])]
    leaves = [
        DictionaryObject({NameObject("/Nums"): ArrayObject(part)})
        for part in ([numbers[:2], numbers[2:]] if branched else [numbers])
    ]
    tree = DictionaryObject({NameObject("/Kids"): ArrayObject(leaves)}) if branched else leaves[0]
    root = DictionaryObject({NameObject("/K"): document, NameObject("/ParentTree"): tree})
    writer.root_object[NameObject("/StructTreeRoot")] = writer._add_object(root)

    flatten(writer)
    out = io.BytesIO()
    writer.write(out)
    reader = PdfReader(out)
    root = reader.trailer["/Root"]["/StructTreeRoot"]

    (read,) = root["/K"]["/K"]
    read = read.get_object()
    zero, one, em, over = (kid.get_object() for kid in read["/K"])
    assert (read["/S"], zero, one) == ("/P", 0, 1)
    assert (em["/S"], em["/K"]) == ("/Em", [2])
    assert (over["/MCID"], over.raw_get("/Pg")) == (0, reader.pages[1].indirect_reference)
    leaves = root["/ParentTree"]["/Kids"] if branched else [root["/ParentTree"]]
    on_first, on_second = (part.get_object() for leaf in leaves for part in leaf["/Nums"][1::2])
    assert [owner.get_object()["/S"] for owner in on_first] == ["/P", "/P", "/Em"]
    assert [owner.get_object()["/S"] for owner in on_second] == ["/P"]
