"""What the pages cost a browser: decoding under the pointer, frames a second, bytes; beside what one would do first."""

from __future__ import annotations

import base64
import gzip
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from course_lib import checkpoints, widgets

ROOT = Path(__file__).resolve().parents[1]
MOST_MS, LEAST_FPS = 2.0, 50.0
COMPRESSED = {".woff2", ".avif", ".webp", ".png"}

# Both decoders of the same weights, eight turns of 250 codes each; milliseconds a code.
DECODE = """async ([source, packed, codes]) => {
    const { decode, readDecoder } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    const bytes = Uint8Array.from(atob(packed.weights), (letter) => letter.charCodeAt(0));
    const decoder = readDecoder({ ...packed, weights: new DataView(bytes.buffer) });
    const nested = decoder.layers.map(({ weights, bias, activate }, i) => ({
        bias: [...bias], activate,
        rows: [...bias.keys()].map((o) =>
            Array.from({ length: packed.widths[i] }, (_, n) => weights[n * bias.length + o])),
    }));
    const naive = (z) => nested.reduce((values, { rows, bias, activate }) =>
        rows.map((row, o) => activate(row.reduce((sum, w, n) => sum + w * values[n], bias[o]))), z);
    const worst = Math.max(...codes.slice(0, 50).flatMap((z) => {
        const pixels = Array.from(decode(decoder, z));
        return naive(z).map((pixel, i) => Math.abs(pixel - pixels[i]));
    }));
    const times = { ours: [], naive: [] };
    for (let turn = 0; turn < 8; turn++) {
        for (const [name, run] of [["ours", (z) => decode(decoder, z)], ["naive", naive]]) {
            for (const z of codes.slice(turn * 250, turn * 250 + 250)) {
                const start = performance.now();
                run(z);
                times[name].push(performance.now() - start);
            }
        }
    }
    return { worst, ...times };
}"""

# A pointer that moves in every frame for three seconds; the intervals between frames in milliseconds.
SWEEP = """async (canvas) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const times = [];
    const start = performance.now();
    while (performance.now() - start < 3000) {
        const angle = times.length / 20;
        canvas.dispatchEvent(new PointerEvent("pointermove", {
            pointerType: "mouse", bubbles: true,
            clientX: left + width * (0.5 + 0.3 * Math.cos(angle)),
            clientY: top + height * (0.5 + 0.3 * Math.sin(angle)),
        }));
        times.push(await new Promise(requestAnimationFrame));
    }
    return times.slice(1).map((time, i) => time - times[i]);
}"""


@contextmanager
def chromium():
    """A Chromium from the PATH, else the one that Playwright installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def served(site: Path):
    """The address of a folder on a local server."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def decoding(browser: Browser) -> tuple[str, bool]:
    """One row a decoder: median and 95th percentile of a decode of the 2-D VAE, in milliseconds."""
    packed = widgets.pack_decoder(checkpoints.load("vae-2d-mnist"))
    packed["weights"] = base64.b64encode(packed["weights"]).decode()
    codes = [[i % 50 / 12 - 2, i // 50 / 10 - 2] for i in range(2000)]
    source = (ROOT / "course_lib" / "widgets" / "js" / "core" / "decoder.mjs").read_text(encoding="utf-8")
    page = browser.new_page()
    measured = page.evaluate(DECODE, [source, packed, codes])
    page.close()
    assert measured["worst"] < 1e-5, "the two decoders disagree"
    lines = ["| decoder 2-128-256-784 in Chromium | median ms | 95 % within | |", "|---|---|---|---|"]
    medians = {}
    for name, label in (("ours", "the page's"), ("naive", "nested arrays, `map` and `reduce`")):
        times = sorted(measured[name])
        medians[name] = times[len(times) // 2]
        verdict = ("ok" if medians[name] < MOST_MS else "MISSED") if name == "ours" else ""
        lines.append(f"| {label} | {medians[name]:.2f} | {times[int(0.95 * len(times))]:.2f} | {verdict} |")
    return "\n".join(lines), medians["ours"] < MOST_MS


def sweep(browser: Browser, site: str, page_name: str) -> tuple[str, bool]:
    """Frames a second while a pointer crosses the latent explorer of a page."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(site + page_name)
    figure = page.locator('.cw-figure[data-widget="latent-explorer"]').first
    figure.scroll_into_view_if_needed()
    canvas = figure.locator("canvas[tabindex]")
    canvas.wait_for()
    intervals = sorted(canvas.evaluate(SWEEP))
    page.close()
    rate = 1000 * len(intervals) / sum(intervals)
    verdict = "ok" if rate >= LEAST_FPS else "MISSED"
    return (
        f"latent explorer under a moving pointer: {rate:.0f} frames a second (at least {LEAST_FPS:.0f}: {verdict})",
        rate >= LEAST_FPS,
    )


def weight(browser: Browser, site: str, folder: Path, page_name: str) -> dict:
    """What a page asks for, when it opens and when its figures live: requests, kB as compressed, requests elsewhere."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(site + page_name, wait_until="load")
    page.wait_for_timeout(1000)
    for figure in page.locator(".cw-figure").all():
        figure.scroll_into_view_if_needed()
        figure.and_(page.locator('[data-state="ready"]')).wait_for()
    page.close()
    asked = [url for url in dict.fromkeys(urls) if url.startswith("http")]
    own = [folder / urlsplit(url).path.lstrip("/") for url in asked if url.startswith(site)]
    sizes = [_wire_bytes(path) for path in own if path.is_file()]
    return {"requests": len(asked), "kB": round(sum(sizes) / 1000), "elsewhere": len(asked) - len(own)}


def _wire_bytes(path: Path) -> int:
    content = path.read_bytes()
    return len(content) if path.suffix in COMPRESSED else len(gzip.compress(content))


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


def weights(browser: Browser, pages: list[str]) -> str:
    """Pages of this book beside a default page of Jupyter Book."""
    rows = ["| page | requests | kB from its own site | requests to other hosts |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as temporary:
        default_page(Path(temporary))
        folder = Path(temporary) / "_build" / "html"
        with served(folder) as site:
            cost = weight(browser, site, folder, "index.html")
        rows.append(_row("Jupyter Book as it comes: one formula, figure and slider", cost))
    folder = ROOT / "_build" / "html"
    with served(folder) as site:
        rows += [_row(f"`{page}`, all figures alive", weight(browser, site, folder, page)) for page in pages]
    return "\n".join(rows)


def _row(label: str, cost: dict) -> str:
    return f"| {label} | {cost['requests']} | {cost['kB']} | {cost['elsewhere']} |"


def report() -> tuple[str, bool]:
    """All three tables, and whether the bounds are kept; a sentence if the book is not built."""
    folder = ROOT / "_build" / "html"
    explorer = "book/part1/05-why-it-cannot-generate.html"
    if not (folder / explorer).is_file():
        return "pages: no built book, run make book", False
    with chromium() as browser:
        table, fast = decoding(browser)
        with served(folder) as site:
            line, smooth = sweep(browser, site, explorer)
        return "\n\n".join([table, line, weights(browser, ["book/index.html", explorer])]), fast and smooth
