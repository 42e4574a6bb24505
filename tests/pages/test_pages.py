"""What every page of the book promises to every reader."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from urllib.parse import urlsplit

from course_build.sphinx import icon_font
from tests.in_chromium import SOME_OF_EACH_PAINT, darkened, violations

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
MAX_KB = 500

ALREADY_COMPRESSED = {".woff2", ".avif", ".webp", ".png", ".jpg"}


def test_page_asks_for_nothing_elsewhere_and_complains_about_nothing(desktop, site):
    """No message in the console, no failed request, no other host, no script for mathematics or widgets."""
    assert desktop.messages == []
    assert [url for url in desktop.requests if not url.startswith((site, "data:", "blob:"))] == []
    scripts = [url for url in desktop.requests if re.search(r"mathjax|katex[^/]*\.js|require|fontawesome.*\.js", url)]
    assert scripts == []


def test_page_is_light(desktop):
    """Compressed as a server would: under 500 kB as it opens, under 1 MB when every figure of it has come to life."""
    sizes = {}
    for url in set(desktop.requests):
        path = BOOK / urlsplit(url).path.lstrip("/")
        if path.is_file():
            content = path.read_bytes()
            sizes[url] = len(content) if path.suffix in ALREADY_COMPRESSED else len(gzip.compress(content))
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    assert sum(sizes.get(url, 0) for url in set(desktop.at_first)) < MAX_KB * 1000, f"the heaviest: {heaviest}"
    assert sum(sizes.values()) < 2 * MAX_KB * 1000, f"the heaviest: {heaviest}"


def test_page_fits_a_phone(phone):
    """At 360 px only formulas, code and tables scroll, each in its own box."""
    page = phone.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    # The theme hides what overflows its main column, so the document's width alone does not tell.
    too_wide = page.evaluate(
        """() => {
            const scrolls = (el) =>
                el && (/auto|scroll/.test(getComputedStyle(el).overflowX) || scrolls(el.parentElement));
            return [...document.querySelectorAll("article.bd-article :not(.katex-mathml *, .katex svg *)")]
                .filter((el) => el.getBoundingClientRect().right > 361 && el.getClientRects().length && !scrolls(el))
                .map((el) => el.outerHTML.slice(0, 80));
        }"""
    )
    assert too_wide == []


def test_page_is_accessible(desktop):
    """Axe finds nothing, in the text and in the living figures."""
    assert desktop.page.evaluate("document.documentElement.dataset.theme") == "light"
    assert violations(desktop.page) == []


def test_dark_page_is_accessible(desktop):
    """In the dark mode only the colours are others, and words of one colour on one ground need no second look."""
    with darkened(desktop.page) as page:
        places = page.evaluate(SOME_OF_EACH_PAINT)
        assert len(places) > 5
        assert violations(page, places, runOnly=["color-contrast"]) == []


def test_words_that_cannot_be_read_are_found_among_many(browser):
    """The test above can fail: for one pale word behind a pale letter, and for a dark one on a dark ground."""
    page = browser.new_page()
    words = "<p>Black.</p>" * 500 + '<p style="color: #999">x</p><p style="color: #999">Pale.</p>'
    page.set_content(f'{words}<div style="background: #222"><p>Black.</p></div>')
    places = page.evaluate(SOME_OF_EACH_PAINT)
    assert len(places) == 3 + 1 + 1
    [(rule, _, found)] = violations(page, places, runOnly=["color-contrast"])
    assert (rule, found) == ("color-contrast", ['<p style="color: #999">Pale.</p>', "<p>Black.</p>"])
    page.close()


def test_page_is_accessible_on_a_phone(phone):
    """At 360 px the colours are the same, but more boxes scroll, and the navigation is folded away."""
    assert violations(phone.page, rules={"color-contrast": {"enabled": False}}) == []


def test_dark_page_on_a_phone_complains_about_nothing(phone, site):
    """Neither the small screen nor the dark mode asks for anything else."""
    with darkened(phone.page):
        phone.page.wait_for_load_state("networkidle")
    assert phone.messages == []
    assert [url for url in phone.requests if not url.startswith((site, "data:", "blob:"))] == []


def test_each_image_says_what_it_shows(desktop):
    """The alt text of a figure is a sentence, not a file name, a hash or nothing."""
    alts = desktop.page.eval_on_selector_all(
        "article img", "images => images.map((image) => [image.getAttribute('alt'), image.getAttribute('src')])"
    )
    without = [
        src
        for alt, src in alts
        if not alt or len(alt.split()) < 4 or re.search(r"\.(png|avif|webp|svg|jpg)|[0-9a-f]{12}", alt)
    ]
    assert without == []


STOP = """async () => {
    const fades = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.all(fades.map((one) => one.finished.catch(() => null)));
    const stop = document.activeElement, style = getComputedStyle(stop);
    if (stop === document.body) return null;
    // The frame may be that of the field around an input.
    const frames = [style, getComputedStyle(stop.closest("form.bd-search") ?? stop)];
    const framed = frames.some((one) => one.boxShadow !== "none" || one.outlineStyle !== "none");
    const there = stop.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    return { what: stop.outerHTML.slice(0, 80), seen: framed && there };
}"""


def test_keyboard_is_seen_on_every_stop_and_caught_on_none(visit):
    """A chapter with figures, questions and folded hints, from its first stop to its last: each is there and framed."""
    page = visit("book/part1/why-it-cannot-generate.html").page
    unseen, stops = [], 0
    while stops < 500:
        page.keyboard.press("Tab")
        if (stop := page.evaluate(STOP)) is None:
            break
        stops += 1
        if not stop["seen"]:
            unseen.append(stop["what"])
    assert unseen == []
    assert 80 < stops < 500


def test_way_back_to_the_top_can_be_read(visit):
    """It shows when a reader scrolls back, so no other look at a page meets it."""
    page = visit("book/appendix/glossary.html", width=360).page
    page.mouse.wheel(0, 3000)
    page.mouse.wheel(0, -500)
    page.locator("#pst-back-to-top").wait_for(state="visible")
    assert violations(page, runOnly=["color-contrast"]) == []


def test_no_formula_is_left_in_its_source(desktop):
    """No dollar, macro or error of KaTeX stands in the text."""
    text = desktop.page.eval_on_selector(
        "#main-content",
        """main => {
            const copy = main.cloneNode(true);
            copy.querySelectorAll(".katex, pre, code").forEach((el) => el.remove());
            return copy.textContent;
        }""",
    )
    assert re.findall(r"\$[^$\n]{1,60}\$|\\[a-z]{2,}|\{eq\}|\{cite", text) == []


def test_symbols_have_their_colour_in_both_modes(visit):
    """The code z is red, and another red on the dark page; a reader of MathML gets it too."""
    colours = {}
    for scheme in ("light", "dark"):
        page = visit("book/notation.html", scheme=scheme).page
        colours[scheme] = page.eval_on_selector("article .katex-html .sym-z", "el => getComputedStyle(el).color")
    assert colours == {"light": "rgb(179, 38, 30)", "dark": "rgb(255, 138, 128)"}
    assert page.locator("article .katex-mathml math").count() > 0


def test_every_icon_is_in_the_font_of_the_book(desktop):
    """The small font holds each icon of the page, and the theme's big one is not fetched."""
    drawn = desktop.page.eval_on_selector_all(
        ".fa-solid", "icons => icons.map((icon) => getComputedStyle(icon, '::before').content.codePointAt(1))"
    )
    assert drawn
    assert set(drawn) <= icon_font.codes()
    assert not any("fa-solid-900" in url for url in desktop.requests)


def test_keyboard_reaches_the_text(desktop):
    """The first stop of the tab key leads past the navigation to the main content."""
    page = desktop.page  # on which nothing has been pressed; what only looks at it comes before
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#main-content').contains(document.activeElement)")


def test_search_finds_a_word_from_any_page(visit):
    """The field on a chapter's page leads to the page that has the index."""
    page = visit("book/part2/vae.html").page
    page.keyboard.press("Control+k")
    page.locator("input[type=search]:visible").fill("Eckart")
    page.keyboard.press("Enter")
    page.locator("#search-results a[href*='pca'] ~ .context").first.wait_for()
    # Not from the buttons at the head of a page, nor from its contents for paper, nor from the TeX behind a formula.
    quoted = " ".join(page.locator("#search-results .context").all_inner_texts())
    assert not re.search(r"On this page|\.ipynb|\\[a-z]", quoted)


def test_page_without_scripts_has_its_colours_and_no_dead_button(browser, site):
    """The theme would leave links black, code plain, and buttons that do nothing."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(site + "book/part2/vae.html")
        colours = "element => getComputedStyle(element).color"
        assert page.locator("article p a").first.evaluate(colours) == "rgb(11, 92, 173)"
        text = page.locator("article p").first.evaluate(colours)
        assert page.locator("article .highlight .kn").first.evaluate(colours) != text
        assert page.locator("button:visible:not(.toggle-button)").count() == 0
