"""The built book on a local server, and a Chromium that looks at it.

Without a book or a browser these tests are skipped on a laptop, aloud, and fail where CI=true.
"""

from __future__ import annotations

import http.server
import os
import shutil
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
PAGES = sorted(
    path.relative_to(BOOK).as_posix() for path in (BOOK / "book").rglob("*.html") if "_static" not in path.parts
)
ON_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_generate_tests(metafunc):
    """Run a test that asks for `page_name` on every page of the book, all tests of a page in a row."""
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", PAGES, scope="module")


def missing(what: str):
    """Skip, or fail where nothing may be missing."""
    (pytest.fail if ON_CI else pytest.skip)(f"{what}: the pages were not tested")


@pytest.fixture(scope="session")
def site():
    """The address of the built book."""
    if not PAGES:
        missing("no built book, run make book")

    class QuietHandler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=BOOK)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """Chromium from the PATH, else the one that Playwright installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            # Containers seldom allow Chromium its sandbox; what it opens here is our own pages only.
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        except Error as error:
            missing(f"no Chromium on the PATH and none from Playwright ({error.message.splitlines()[0]})")
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """One page, opened: what it said and asked for on the way."""

    page: object
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextmanager
def opened(browser, url: str, width: int = 1280, scheme: str = "light"):
    """A `Visit` of a page in a context of its own, which is closed at the end."""
    with browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme) as context:
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
        seen.page.wait_for_function("document.documentElement.dataset.theme !== 'auto'")
        yield seen


@pytest.fixture
def visit(browser, site):
    """A function that opens a page: `visit("book/index.html", width=360, scheme="dark")`."""
    with ExitStack() as visits:
        yield lambda name, **options: visits.enter_context(opened(browser, site + name, **options))


@pytest.fixture(scope="module")
def desktop(browser, site, page_name):
    """A page on a wide screen, opened once for all tests that only look at it."""
    with opened(browser, site + page_name) as seen:
        seen.page.wait_for_load_state("networkidle")
        yield seen


@pytest.fixture(scope="module")
def phone(browser, site, page_name):
    """The same at 360 px."""
    with opened(browser, site + page_name, width=360) as seen:
        yield seen
