"""The interactive figures of the built book, as a reader meets them: by pointer, by touch, by keyboard, by address."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from course_build.browser import wait_until
from tests.in_chromium import settle

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
FIGURE = re.compile(r'class="cw-figure" data-widget="([\w-]+)"')
FIGURES = [
    (path.relative_to(BOOK).as_posix(), number, kind)
    for path in sorted((BOOK / "book").rglob("*.html"))
    for number, kind in enumerate(FIGURE.findall(path.read_text(encoding="utf-8")))
]
PAGES = sorted({page for page, _, _ in FIGURES})
# What the reader sees of a figure: every pixel it drew, every shape, every word.
LOOK = """figure => JSON.stringify([
    [...figure.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL()),
    [...figure.querySelectorAll("svg")].map((svg) => svg.outerHTML),
    figure.querySelector(".cw-readout").textContent,
])"""
READOUT = "figure => figure.querySelector('.cw-readout').textContent"
# Counts what listens and observes, from before the page's first script on. A signal's own listeners do not count.
COUNT = """() => {
    const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
    const numbers = new WeakMap();
    let count = 0;
    const number = (thing) => numbers.get(thing) ?? numbers.set(thing, ++count).get(thing);
    const key = (target, type, call) => [number(target), type, number(call)].join();
    window.listening = new Set();
    window.observing = new Set();
    EventTarget.prototype.addEventListener = function (type, call, options) {
        if (call && !(this instanceof AbortSignal)) {
            const name = key(this, type, call);
            window.listening.add(name);
            if (options?.signal) add.call(options.signal, "abort", () => window.listening.delete(name));
        }
        return add.call(this, type, call, options);
    };
    EventTarget.prototype.removeEventListener = function (type, call, options) {
        if (call) window.listening.delete(key(this, type, call));
        return remove.call(this, type, call, options);
    };
    for (const kind of [ResizeObserver, MutationObserver]) {
        const { observe, disconnect } = kind.prototype;
        kind.prototype.observe = function (...all) {
            window.observing.add(this);
            return observe.apply(this, all);
        };
        kind.prototype.disconnect = function () {
            window.observing.delete(this);
            return disconnect.call(this);
        };
    }
}"""
ALIVE = "window.listening.size + window.observing.size"


def pytest_generate_tests(metafunc):
    """Run a test that asks for `figure_at` on every figure, alone on a page; with `figures_on`, on every chapter."""
    if "figure_at" in metafunc.fixturenames:
        alone = [page.replace(".html", f".figure-{number}.html") for page, number, _ in FIGURES]
        metafunc.parametrize("figure_at", alone, ids=[f"{kind}-{page}" for page, _, kind in FIGURES])
    if "figures_on" in metafunc.fixturenames:
        metafunc.parametrize("figures_on", PAGES)


def each(page):
    """Bring one figure of a page after the other to life."""
    for number in range(page.locator(".cw-figure").count()):
        yield start(page, number)


def start(page, number: int):
    """Scroll to a figure and wait until it lives and has drawn."""
    figure = page.locator(".cw-figure").nth(number)
    figure.scroll_into_view_if_needed()
    figure.and_(page.locator('[data-state="ready"]')).wait_for()
    assert figure.locator("[role=alert]").count() == 0, figure.locator("[role=alert]").inner_text()
    settle(page)
    return figure


def tell(page):
    """Let the figures tell the address or Python what has changed: they do a tenth of a second later.

    The page's own timers run in the order in which they are due, however busy the machine is.
    """
    page.evaluate("() => new Promise((done) => setTimeout(done, 150))")


def test_there_are_figures():
    """A book without any would pass all tests below."""
    assert "latent-explorer" in {kind for _, _, kind in FIGURES}


def test_figure_answers_the_keyboard(visit, figure_at):
    """Each control can be reached with the tab key, has a name, and one at least changes pixels and words."""
    seen = visit(figure_at)
    figure = start(seen.page, 0)
    controls = figure.locator("input, button, select, canvas[tabindex], [role=slider]")
    names = controls.evaluate_all(
        """all => all.map(
            (one) => one.getAttribute("aria-label") || one.closest("label")?.textContent || one.textContent)"""
    )
    assert names
    assert all(name.strip() for name in names)
    before, said = figure.evaluate(LOOK), figure.evaluate(READOUT)
    for control in controls.all():
        if not control.is_visible() or not control.is_enabled():
            continue
        control.focus()
        for key in ("ArrowRight", "ArrowUp", "Enter", "Space"):
            seen.page.keyboard.press(key)
    settle(seen.page)
    assert figure.evaluate(LOOK) != before
    assert figure.evaluate(READOUT) != said
    assert seen.messages == []


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
def test_figure_follows_the_pointer(browser, site, figure_at, touch):
    """A drag over the first picture, or along the first slider, changes pixels and words."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=touch)
    page = context.new_page()
    page.goto(site + figure_at)
    figure = start(page, 0)
    handle = figure.locator("canvas[tabindex], input[type=range], [role=slider]").first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    before, said = figure.evaluate(LOOK), figure.evaluate(READOUT)
    x, y = box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4
    if touch:
        page.touchscreen.tap(x, y)
    else:
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6)
        page.mouse.down()
        page.mouse.move(x, y, steps=5)
        page.mouse.up()
    settle(page)
    assert figure.evaluate(LOOK) != before
    assert figure.evaluate(READOUT) != said
    context.close()


def test_two_instances_do_not_interfere(visit, figure_at):
    """A copy of the figure is changed; the first stays as it was."""
    seen = visit(figure_at)
    first = start(seen.page, 0)
    first.evaluate(
        """figure => {
            const copy = figure.cloneNode(true);
            copy.querySelector(":scope > .cw")?.remove();
            copy.classList.remove("cw-lives");
            copy.removeAttribute("data-state");
            copy.setAttribute("data-copy", "");
            figure.after(copy);
            return window.courseWidgets.mount(copy);
        }"""
    )
    copy = seen.page.locator("[data-copy]")
    copy.and_(seen.page.locator('[data-state="ready"]')).wait_for()
    settle(seen.page)
    before, other = first.evaluate(LOOK), copy.evaluate(LOOK)
    handle = copy.locator("canvas[tabindex], input[type=range], [role=slider]").first
    handle.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        seen.page.keyboard.press(key)
    settle(seen.page)
    assert copy.evaluate(LOOK) != other
    assert first.evaluate(LOOK) == before


def test_unmounting_leaves_nothing(browser, site, figure_at):
    """After the end of a figure nothing of it listens, observes or stands in the page; and it starts again."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(f"({COUNT})()")
    page.goto(site + figure_at)
    page.evaluate(
        "() => document.querySelectorAll('.cw-figure').forEach((figure) => window.courseWidgets.unmount(figure))"
    )
    figure = page.locator(".cw-figure")
    counts = []
    for _ in range(3):
        figure.evaluate("figure => window.courseWidgets.mount(figure)")
        figure.and_(page.locator('[data-state="ready"]')).wait_for()
        settle(page)
        alive = page.evaluate(ALIVE)
        figure.evaluate("figure => window.courseWidgets.unmount(figure)")
        counts.append(page.evaluate(ALIVE))
        assert alive > counts[-1]
    assert counts[0] == counts[1] == counts[2]
    assert figure.locator(".cw").count() == 0
    assert figure.locator(".cw-still.on-light-page").is_visible()
    context.close()


def test_figures_work_from_a_folder(browser, figures_on):
    """Opened as files, without a server: they live and say something, and nothing goes wrong."""
    page = browser.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.goto((BOOK / figures_on).as_uri())
    for figure in each(page):
        assert figure.evaluate(READOUT).strip()
    assert wrong == []
    page.close()


def test_controls_are_big_enough_for_a_finger(visit, figures_on):
    """At 360 px nothing scrolls sideways, and every control is at least 24 px high and wide."""
    page = visit(figures_on, width=360).page
    for figure in each(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert figure.evaluate("figure => figure.scrollWidth <= figure.clientWidth + 1")
        small = figure.locator("input, button, select").evaluate_all(
            """all => all.map((one) => [one, one.getBoundingClientRect()])
                .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([one]) => one.outerHTML)"""
        )
        assert small == []


def test_explorer_opens_where_the_address_says(visit):
    """A teacher links to a situation; what the reader then does is in the address."""
    page_name, number, _ = next(one for one in FIGURES if one[2] == "latent-explorer")
    figure = start(visit(page_name).page, number)
    state = figure.evaluate("figure => JSON.parse(figure.querySelector('script').textContent).state")
    address = f"{page_name}?w.{state['name']}.z={quote('[-1.5,0.5]')}"
    seen = visit(address)
    figure = start(seen.page, number)
    assert "z = (−1.50, 0.50)" in figure.evaluate(READOUT)
    figure.locator("canvas[tabindex]").focus()
    seen.page.keyboard.press("Shift+ArrowRight")
    settle(seen.page)
    assert "z = (−1.50" not in figure.evaluate(READOUT)
    tell(seen.page)
    assert "-1.5%2C0.5" not in seen.page.url
    assert f"w.{state['name']}.z=" in seen.page.url


def test_wrong_address_is_left_out(visit):
    """A value of another form changes nothing and is named in the console; the figure lives."""
    page_name, number, _ = next(one for one in FIGURES if one[2] == "latent-explorer")
    figure = start(visit(page_name).page, number)
    name = figure.evaluate("figure => JSON.parse(figure.querySelector('script').textContent).state.name")
    seen = visit(f"{page_name}?w.{name}.z=[1,2,3]&w.{name}.plane=x")
    assert start(seen.page, number).evaluate(READOUT) == figure.evaluate(READOUT)
    assert [message.split(" in the address")[0] for message in seen.messages] == [
        f"warning: w.{name}.plane=x",
        f"warning: w.{name}.z=[1,2,3]",
    ]


def test_a_figure_that_cannot_start_says_so(visit):
    """A module that is missing: the still stays, and a sentence tells what happened."""
    page_name, number, _ = FIGURES[0]
    page = visit(page_name).page
    page.evaluate(
        """number => {
            const figure = document.querySelectorAll(".cw-figure")[number];
            window.courseWidgets.unmount(figure);
            figure.dataset.widget = "no-such-module";
            return window.courseWidgets.mount(figure);
        }""",
        number,
    )
    figure = page.locator(".cw-figure").nth(number)
    assert "This figure did not start" in figure.locator("[role=alert]").inner_text()
    assert figure.locator(".cw-still.on-light-page").is_visible()


def test_paper_and_no_script_get_the_still(browser, site, figures_on):
    """On paper and without JavaScript the pictures are there, called stills, with words for who cannot see them."""
    note = "figure => getComputedStyle(figure, '::after').content"
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + figures_on)
    for still in page.locator(".cw-figure .cw-still.on-light-page").all():
        assert still.is_visible()
        assert len(still.get_attribute("alt").split()) >= 8
    assert page.locator(".cw-figure .cw-still.on-light-page").count() == page.locator(".cw-figure").count()
    assert page.locator(".on-dark-page:visible").count() == 0
    assert "still" in page.locator(".cw-figure").first.evaluate(note)
    context.close()

    page = browser.new_page()
    page.goto(site + figures_on)
    figures = list(each(page))
    assert figures[0].evaluate(note) == "none"
    page.emulate_media(media="print")
    for figure in figures:
        assert "still" in figure.evaluate(note)
        assert figure.locator(".cw-still.on-light-page").is_visible()
        assert not figure.locator(".cw").is_visible()
    page.close()


def test_explorer_keeps_up_with_the_pointer(visit):
    """Each place under the pointer has its own picture, without a press; how fast is for `make bench`."""
    page_name, number, _ = next(one for one in FIGURES if one[2] == "latent-explorer")
    page = visit(page_name).page
    figure = start(page, number)
    box = figure.locator("canvas[tabindex]").bounding_box()
    shown = set()
    for step in range(20):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.02 * step), box["y"] + box["height"] * 0.5)
        settle(page)
        shown.add(figure.locator("canvas.le-digit").evaluate("canvas => canvas.toDataURL()"))
    assert len(shown) == 20


@pytest.fixture
def five(visit):
    """The figure "Five maps", opened, and what it says at first."""
    page_name, number, _ = next(one for one in FIGURES if one[2] == "five-maps")
    seen = visit(page_name)
    figure = start(seen.page, number)
    return seen.page, figure, figure.evaluate(READOUT)


MAPS = "figure => [...figure.querySelectorAll('canvas.fm-map')].map((canvas) => canvas.toDataURL())"


def drag(page, canvas, start_at, end_at):
    """Press at one place of a canvas, given as fractions of it, and let go at another."""
    box = canvas.bounding_box()
    (x0, y0), (x1, y1) = ((box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in (start_at, end_at))
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move(x1, y1, steps=6)
    page.mouse.up()
    settle(page)


def test_brush_in_one_map_selects_in_all(five):
    """Five maps change, each says how compact the group is in it; escape and the button take it back."""
    page, figure, said = five
    assert said.endswith("Nothing is selected.")
    assert not figure.get_by_role("button", name="clear the selection").is_visible()
    maps = figure.locator("canvas.fm-map")
    before = figure.evaluate(MAPS)
    for way, end in (("button", (0.7, 0.7)), ("key", (0.9, 0.5))):
        drag(page, maps.nth(1), (0.05, 0.05), end)
        assert re.search(r"Selected in t-SNE, perplexity \d+: \d+ digits, ", figure.evaluate(READOUT))
        assert all(one != other for one, other in zip(before, figure.evaluate(MAPS), strict=True))
        assert figure.get_by_text(re.compile(r"keeps \d of 5 · together \d+\s%")).count() == 5
        if way == "button":
            figure.get_by_role("button", name="clear the selection").click()
        else:
            maps.nth(3).focus()
            page.keyboard.press("Escape")
        page.mouse.move(0, 0)
        settle(page)
        assert figure.evaluate(READOUT) == said
        assert figure.evaluate(MAPS) == before


def test_mouse_points_and_a_click_chooses(five):
    """A digit under the mouse is shown while it is there; after a click it stays, and is in the address."""
    page, figure, said = five
    canvas = figure.locator("canvas.fm-map").nth(4)
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    settle(page)
    pointed = figure.evaluate(READOUT)
    assert pointed != said
    page.mouse.move(0, 0)
    settle(page)
    assert figure.evaluate(READOUT) == said
    canvas.click()
    page.mouse.move(0, 0)
    settle(page)
    assert figure.evaluate(READOUT) == pointed
    tell(page)
    assert re.search(r"\.digit=\d+", page.url)


def test_keys_choose_and_brush_and_the_address_keeps_it(five, visit, site):
    """Arrows go from digit to digit, with shift they select; the page's address brings all of it back."""
    page, figure, said = five
    canvas = figure.locator("canvas.fm-map").nth(2)
    canvas.focus()
    label = canvas.get_attribute("aria-label")
    seen = {said}
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
        settle(page)
        seen.add(figure.evaluate(READOUT))
    assert len(seen) >= 3
    assert re.match(r"UMAP, \d+ neighbours: \d+ digits as points, a \d is chosen", label)
    sizes = []
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
        settle(page)
        sizes.append(int(re.search(r"Selected in UMAP, \d+ neighbours: (\d+) digit", figure.evaluate(READOUT))[1]))
    assert sizes == sorted(sizes)
    assert sizes[0] >= 1
    slider = figure.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("ArrowLeft")
    settle(page)
    tell(page)
    again = visit(page.url.removeprefix(site))
    number = page.evaluate(
        "figure => [...document.querySelectorAll('.cw-figure')].indexOf(figure)", figure.element_handle()
    )
    assert start(again.page, number).evaluate(READOUT) == figure.evaluate(READOUT)
    assert again.messages == []


def test_slider_moves_one_map_and_keeps_the_selection(five):
    """Its value is announced; the points travel unless the reader asked for less motion; the group stays the same."""
    page, figure, _ = five
    drag(page, figure.locator("canvas.fm-map").nth(1), (0.05, 0.05), (0.6, 0.6))
    group = re.search(r"Selected in (t-SNE, perplexity \d+: \d+ digits,.*?\.)", figure.evaluate(READOUT))[1]
    slider = figure.get_by_role("slider", name="t-SNE: perplexity")
    slider.focus()
    before, value = figure.evaluate(MAPS), slider.get_attribute("aria-valuetext")
    figure.evaluate(
        """figure => {
            const grid = figure.querySelector(".fm-grid");
            window.busy = [];
            new MutationObserver(() => window.busy.push(grid.ariaBusy)).observe(grid, { attributes: true });
        }"""
    )
    page.keyboard.press("ArrowLeft")
    settle(page)
    there = figure.evaluate(MAPS)
    assert int(slider.get_attribute("aria-valuetext")) < int(value)
    assert [one == other for one, other in zip(before, there, strict=True)] == [True, False, True, True, True]
    assert group in figure.evaluate(READOUT)
    assert page.evaluate("busy.splice(0)")[0] == "true"
    page.emulate_media(reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert set(page.evaluate("busy")) == {"false"}
    assert figure.evaluate(MAPS) == before


def test_finger_chooses_brushes_and_scrolls(browser, site):
    """A tap chooses, a way that begins sideways selects, one that begins upwards moves the page."""
    page_name, number, _ = next(one for one in FIGURES if one[2] == "five-maps")
    context = browser.new_context(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(site + page_name)
    figure = start(page, number)
    canvas = figure.locator("canvas.fm-map").nth(1)
    canvas.scroll_into_view_if_needed()
    said, box = figure.evaluate(READOUT), canvas.bounding_box()
    fingers = context.new_cdp_session(page)

    def stroke(*way):
        for kind, place in (("touchStart", way[0]), *(("touchMove", place) for place in way[1:]), ("touchEnd", None)):
            points = (
                [{"x": box["x"] + place[0] * box["width"], "y": box["y"] + place[1] * box["height"]}] if place else []
            )
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        settle(page)

    page.touchscreen.tap(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    settle(page)
    tapped = figure.evaluate(READOUT)
    assert tapped != said
    assert tapped.endswith("Nothing is selected.")
    stroke((0.1, 0.1), (0.3, 0.12), (0.6, 0.3), (0.8, 0.8))
    assert "Selected in t-SNE" in (selected := figure.evaluate(READOUT))
    before = page.evaluate("window.scrollY")
    stroke((0.5, 0.9), (0.5, 0.6), (0.5, 0.3), (0.5, 0.1))
    wait_until(page, "before => window.scrollY !== before", before)
    assert figure.evaluate(READOUT) == selected
    context.close()
