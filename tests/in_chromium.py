"""Pages opened in Chromium: what they said, what they asked for, and how they look in the dark."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe

from course_build.browser import wait_until


@dataclass
class Visit:
    """One page, opened: what it said and asked for on the way, and what of that before its figures came to life."""

    page: object
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    at_first: list[str] = field(default_factory=list)


@contextmanager
def opened(browser, url: str, width: int = 1440, height: int = 900, scheme: str = "light"):
    """A `Visit` of a page in a context of its own, which is closed at the end."""
    with browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme) as context:
        seen = Visit(context.new_page())
        keep = ("error", "warning")
        seen.page.on("console", lambda m: m.type in keep and seen.messages.append(f"{m.type}: {m.text}"))
        seen.page.on("pageerror", lambda error: seen.messages.append(f"exception: {error}"))
        seen.page.on("requestfailed", lambda request: seen.messages.append(f"failed: {request.url}"))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on(
            "response",
            lambda response: response.status >= 400 and seen.messages.append(f"{response.status}: {response.url}"),
        )
        seen.page.goto(url)
        # The theme decides between light and dark when its script has run.
        wait_until(seen.page, "document.documentElement.dataset.theme !== 'auto'")
        yield seen


def settle(page) -> None:
    """Let the figures draw what they have to, also what takes them many frames."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wait_until(page, "() => !document.querySelector('.cw-lives [aria-busy=true]')")


FADED = """() => {
    const fading = document.getAnimations().filter((one) => one.playState !== "finished");
    fading.forEach((one) => one.finish());
    return !fading.length;
}"""


@contextmanager
def darkened(page):
    """The same page, as it is for a reader whose system turns dark."""
    page.emulate_media(color_scheme="dark")
    wait_until(page, "document.documentElement.dataset.theme === 'dark'")
    # What fades from one colour to the other has neither; the end of one fading may begin another.
    wait_until(page, FADED)
    try:
        yield page
    finally:
        page.emulate_media(color_scheme="light")
        wait_until(page, "document.documentElement.dataset.theme === 'light'")


# Of all words that are painted alike, on grounds that are painted alike, three: a list of places for axe.
SOME_OF_EACH_PAINT = """() => {
    const [words, grounds, places] = [new Map(), new Map([[null, ""]]), []];
    const ground = (element) => {
        if (!grounds.has(element)) {
            const { backgroundColor: color, backgroundImage: image, opacity, filter, textShadow, position } =
                getComputedStyle(element);
            // What is lifted out of the text may lie on anything.
            const lifted = ["absolute", "fixed", "sticky"].includes(position) ? element.className : "";
            const paint = [color, image, opacity, filter, textShadow, lifted].join();
            const clear = "rgba(0, 0, 0, 0),none,1,none,none,";
            grounds.set(element, ground(element.parentElement) + (paint === clear ? "" : "|" + paint));
        }
        return grounds.get(element);
    };
    const path = (element) => {
        if (element === document.documentElement) return "html";
        const among = [...element.parentElement.children].indexOf(element);
        return `${path(element.parentElement)} > :nth-child(${among + 1})`;
    };
    for (const element of document.body.querySelectorAll("*")) {
        const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
        const length = texts.map((node) => node.data).join("").trim().length;
        // Of a single letter axe does not say whether it can be read.
        if (!(length > 1 || element.matches("input, select, textarea")) || !element.checkVisibility()) continue;
        const { color, fontSize, fontWeight } = getComputedStyle(element);
        const word = [color, fontSize, fontWeight, ground(element)].join();
        words.set(word, 1 + (words.get(word) ?? 0));
        if (words.get(word) <= 3) places.push(path(element));
    }
    return places;
}"""


def violations(page, context=None, **options) -> list:
    """What axe finds in a page, or in the places named, of whatever weight: rule, impact and places."""
    # Without `preload`: it would fetch the style sheets again, some from where they are not.
    options = {"resultTypes": ["violations"], "preload": False, **options}
    found = []
    for one in Axe().run(page, context=context, options=options).response["violations"]:
        nodes = [node for node in one["nodes"] if not (one["id"] == "empty-table-header" and _holds_math(page, node))]
        if nodes:
            found.append((one["id"], one["impact"], [node["html"][:160] for node in nodes][:4]))
    return found


def _holds_math(page, node: dict) -> bool:
    """Whether there is MathML in the element, which axe takes for nothing at all and screen readers read aloud."""
    return page.locator(node["target"][0]).locator("math").count() > 0
