"""What the site promises as a whole: no link is dead, nothing foreign runs, and whoever gets lost is shown the way."""

from __future__ import annotations

import html
import posixpath
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

from course_build.browser import wait_until
from tests.in_chromium import settle, violations
from tests.site_links import broken

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CHAPTERS = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]
PLANE = ".cw-figure canvas.le-plane"
DIGIT = ".cw-figure canvas.le-digit"


def meta(page: str, name: str) -> str | None:
    """The content of a meta element of a page's source."""
    found = re.search(rf'<meta (?:name|property)="{re.escape(name)}" content="([^"]*)"', page)
    return html.unescape(found[1]) if found else None


def source(name: str) -> str:
    """The HTML of a page of the book."""
    return (BOOK / f"{name}.html").read_text(encoding="utf-8")


@cache
def parsed(name: str) -> BeautifulSoup:
    """The same, to look into."""
    return BeautifulSoup(source(name), "html.parser")


def test_every_link_leads_somewhere(site):
    """Every address in every page of the site: its file is there, and the anchor in it."""
    assert broken(BOOK, urlsplit(site).path) == []


def test_a_dead_link_is_found(tmp_path):
    """The check above can fail: a missing file, a missing anchor, a candidate of a srcset, a way out of the site."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "index.html").write_text(
        '<p id="here"><a href="deep/page.html#there">x</a><a href="#here">x</a><a href="https://example.org">x</a>'
        '<img srcset="a.png 1x, b.png 2x"><a href="../secret.html">x</a></p>'
    )
    (tmp_path / "deep" / "page.html").write_text(
        '<a href="/course/">x</a><a href="/index.html">x</a><img src="../a.png">'
    )
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path.parent / "secret.html").write_text("outside")
    assert broken(tmp_path, "/course/") == [
        "deep/page.html: /index.html: no such file",
        "index.html: ../secret.html: no such file",
        "index.html: b.png: no such file",
        "index.html: deep/page.html#there: no such anchor",
    ]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_first_screen_shows_what_this_is(visit, width, height):
    """Unscrolled, on a desk and on a phone: title, sentence, plane and its digit, which answers to a key."""
    page = visit(f"{TOC['root']}.html", width=width, height=height).page
    page.locator('.cw-figure[data-state="ready"]').wait_for()
    for part in ("article h1", "article h1 + p", PLANE, DIGIT):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0, part
        assert box["y"] + box["height"] <= height, part
        assert box["x"] + box["width"] <= width, part
    drawn = page.locator(DIGIT).evaluate("canvas => canvas.toDataURL()")
    page.locator(PLANE).focus()
    page.keyboard.press("Shift+ArrowRight")
    wait_until(page, "before => document.querySelector('canvas.le-digit').toDataURL() !== before", drawn)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
def test_first_screen_does_not_jump(visit, width, height):
    """The figure that comes to life leaves the text below it where it was, or nearly."""
    page = visit(f"{TOC['root']}.html", width=width, height=height).page
    page.locator('.cw-figure[data-state="ready"]').wait_for()
    settle(page)
    shift = page.evaluate(
        """() => new Promise((done) => new PerformanceObserver((list) => done(
            list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
        )).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => done(0), 300))"""
    )
    assert shift < 0.1  # what search engines call good


def test_front_door_leads_to_the_book(visit, site):
    """`index.html` at the root of the site opens the landing page."""
    page = visit("index.html").page
    page.wait_for_url(site + "book/index.html")


@pytest.mark.parametrize("width", [360, 1440])
def test_who_is_lost_is_shown_the_way(visit, site, width):
    """At a wrong address of any depth: a page that looks right in both modes, a search that works, and the contents."""
    seen = visit("no/such/page.html", width=width)
    page = seen.page
    asked = [url for url in seen.requests if not url.startswith((site, "data:"))]
    assert asked == []
    complaints = [message for message in seen.messages if "404" not in message]
    assert complaints == []
    assert sum("404" in message for message in seen.messages if message.startswith("404")) == 1  # the page itself
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert violations(page, runOnly=["color-contrast"]) == []
    assert page.locator("main li a").count() == len(CHAPTERS)
    page.get_by_label("Search this book").fill("Eckart")
    page.keyboard.press("Enter")
    page.locator("#search-results a[href*='pca']").first.wait_for()


def test_nothing_foreign_runs(visit):
    """The policy bites: no script written into the page, no picture from elsewhere, no request to elsewhere."""
    page = visit("book/notation.html").page
    reached = []
    page.route("https://example.org/**", lambda route: (reached.append(route.request.url), route.abort()))
    broken_rules = page.evaluate(
        """async () => {
            const broken = [];
            document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
            const add = (tag, properties) =>
                document.body.append(Object.assign(document.createElement(tag), properties));
            add("script", { textContent: "window.bitten = true" });
            add("script", { src: "https://example.org/x.js" });
            add("img", { src: "https://example.org/x.png" });
            add("iframe", { src: "https://example.org/" });
            add("style", { textContent: "body { color: red }" });
            const button = document.createElement("button");
            button.setAttribute("onclick", "window.bitten = true");
            button.click();
            await fetch("https://example.org/").catch(() => null);
            setTimeout("window.bitten = true");
            const pause = () => new Promise((done) => setTimeout(done, 50));
            for (let i = 0; i < 200 && new Set(broken).size < 7; i++) await pause();
            return [...new Set(broken)].sort();
        }"""
    )
    assert broken_rules == [
        *("connect-src", "frame-src", "img-src", "script-src", "script-src-attr", "script-src-elem", "style-src-elem")
    ]
    assert page.evaluate("window.bitten") is None
    assert reached == []


def test_marks_of_a_search_can_be_taken_away(visit):
    """Sphinx's own link would be blocked."""
    seen = visit("book/part1/pca.html?highlight=eckart")
    marks = seen.page.locator("article .highlighted")
    marks.first.wait_for()
    seen.page.locator(".highlight-link a").click()
    assert marks.count() == 0
    assert seen.messages == []


def test_every_page_begins_with_its_policy():
    """Before anything that it could be too late for; the same on all but for the hashes of what is written into one."""
    without = []
    policies = set()
    for path in BOOK.rglob("*.html"):
        if "_static" in path.parts:
            continue
        head = BeautifulSoup(path.read_text(encoding="utf-8").partition("</head>")[0], "html.parser").head
        encoding, policy = head.find_all(True, recursive=False, limit=2)
        if encoding.has_attr("charset") and policy.get("http-equiv") == "Content-Security-Policy":
            policies.add(re.sub(r" 'sha256-[^']*'", "", policy["content"]))
        else:
            without.append(path.name)
    assert without == []
    assert len(policies) == 1
    assert "unsafe-eval" not in policies.pop()


def test_every_page_says_what_it_is_about():
    """A sentence or two of plain text, another one on each page, and the same for whoever shares it."""
    descriptions = {name: meta(source(name), "description") for name in CHAPTERS}
    assert [name for name, said in descriptions.items() if not said or not 50 <= len(said) <= 320] == []
    assert [name for name, said in descriptions.items() if re.search(r"[$\\{}`*]", said)] == []
    assert len(set(descriptions.values())) == len(CHAPTERS)
    for name, said in descriptions.items():
        assert meta(source(name), "og:description") == said
        assert len(meta(source(name), "og:title")) > 5, name


def test_every_page_says_why_the_next_one_follows():
    """At its foot, with the link; and the next page says it with its link back."""
    for before, after in pairwise(CHAPTERS):
        for name, side in ((before, "next"), (after, "prev")):
            link = re.search(rf'<a class="[a-z-]+" href="[^"]+" rel="{side}">(.*?)</a>', source(name), re.DOTALL)
            assert _next(before) in html.unescape(link[1]), name


def test_chapter_has_the_number_by_which_the_text_calls_it():
    """Wherever a page says "chapter 9" and links there: the title it leads to begins with 9, in the contents too."""
    at_home = [(link["href"], link.get_text().strip()) for link in parsed(TOC["root"]).select("a[href]")]
    found = set()
    for name in CHAPTERS:
        for link in parsed(name).select("a.reference.internal"):
            if not (called := re.fullmatch(r"[Cc]hapter (\d+b?)", link.get_text())):
                continue
            number, path = f"{called[1]}. ", link["href"].partition("#")[0]
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else f"{name}.html"
            title = parsed(target.removesuffix(".html")).select_one("article h1").get_text()
            assert title.startswith(number), f"{name}: {title} is called chapter {called[1]}"
            links = [text for href, text in at_home if href == target.removeprefix("book/") and text.startswith(number)]
            assert len(links) == 2, (name, number)  # menu and contents
            found.add(number)
    assert len(found) > 10


def test_only_titles_of_chapters_have_numbers():
    """A section would take its chapter's."""
    for name in CHAPTERS:
        in_text = source(name).partition("<article")[2].partition("</article>")[0]
        assert in_text.count("section-number") <= 1, name


def _next(name: str) -> str:
    front = (ROOT / f"{name}.md").read_text(encoding="utf-8").split("---\n")[1]
    return yaml.safe_load(front)["next"]


def test_picture_for_sharing_has_the_size_it_claims():
    """1200 × 630, as the networks want it, and light enough to be fetched."""
    path = BOOK / "_static" / "preview.png"
    with Image.open(path) as picture:
        assert picture.size == (1200, 630)
    assert path.stat().st_size < 300_000


def test_printing_is_white_and_shows_the_stills(visit):
    """From a dark screen too; each figure's still is there though nobody scrolled to it."""
    page = visit("book/part1/why-it-cannot-generate.html", scheme="dark").page
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    stills = page.locator(".cw-still:not(.on-dark-page)")
    for still in stills.element_handles():
        wait_until(page, "still => still.complete && still.naturalWidth > 0", still)
    shown = stills.evaluate_all("all => all.map((still) => still.getClientRects().length)")
    assert shown
    assert all(shown)
    assert not page.locator(".bd-sidebar-primary").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
