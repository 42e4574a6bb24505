"""The built book on a local server, and a Chromium that looks at it.

Without a book or a browser these tests are skipped on a laptop, aloud, and fail where CI=true.
"""

from __future__ import annotations

import http.server
import os
import re
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from course_build.browser import PATIENCE, chromium
from tests.in_chromium import opened, settle

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
WHOLE = ("index.html", "404.html")  # made without the theme, and looked at in test_site.py
PAGES = sorted(
    name
    for path in BOOK.rglob("*.html")
    if "_static" not in path.parts and (name := path.relative_to(BOOK).as_posix()) not in WHOLE
)
ON_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_generate_tests(metafunc):
    """Run a test that asks for `page_name` on every page of the book, all tests of a page in a row."""
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", PAGES, scope="module")


def missing(what: str):
    """Skip, or fail where nothing may be missing."""
    (pytest.fail if ON_CI else pytest.skip)(f"{what}: the pages were not tested")


def site_path() -> str:
    """Where the book was built to lie on its host, such as "/" or "/course/": its 404 page knows."""
    home = re.search(r'<a href="(/[^"]*)book/index.html"', (BOOK / "404.html").read_text(encoding="utf-8"))
    return home[1]


BARE = re.compile(r"\.figure-(\d+)\.html$")


def bare_page(html: str, number: int) -> str:
    """A page with its headings and one of its figures: `vae.figure-0.html` for the first of `vae.html`."""
    soup = BeautifulSoup(html, "html.parser")
    figure = soup.select(".cw-figure")[number].extract()
    for section in soup.article.find_all("section"):  # the theme's script looks for each that its contents name
        for child in section.find_all(True, recursive=False):
            if child.name not in ("section", "h1", "h2", "h3", "h4"):
                child.decompose()
    soup.article.section.h1.insert_after(figure)
    return str(soup)


@pytest.fixture(scope="session")
def site():
    """The address of the built book, on a server that shows the book's 404 page where nothing else is."""
    if not PAGES:
        missing("no built book, run make book")
    root = site_path()

    class QuietHandler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def translate_path(self, path):
            return super().translate_path("/" + path.removeprefix(root))

        def do_GET(self):
            if not (asked := BARE.search(urlsplit(self.path).path)):
                return super().do_GET()
            page = Path(self.translate_path(self.path.replace(asked[0], ".html")))
            content = bare_page(page.read_text(encoding="utf-8"), int(asked[1])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def send_error(self, code, message=None, explain=None):
            page = (BOOK / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=BOOK)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{root}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser():
    """A Chromium for all tests."""
    with ExitStack() as opened_once:
        try:
            found = opened_once.enter_context(chromium(PATIENCE))
        except RuntimeError as error:
            missing(str(error))
        found.on("context", lambda context: context.set_default_timeout(1000 * PATIENCE))
        yield found


@pytest.fixture
def visit(browser, site):
    """A function that opens a page: `visit("book/index.html", width=360, scheme="dark")`."""
    with ExitStack() as visits:
        yield lambda name, **options: visits.enter_context(opened(browser, site + name, **options))


@pytest.fixture(scope="module")
def desktop(browser, site, page_name):
    """A page on a wide screen with all its figures alive, opened once for all tests that only look at it."""
    with opened(browser, site + page_name) as seen:
        yield alive(seen)


@pytest.fixture(scope="module")
def phone(browser, site, page_name):
    """The same at 360 px."""
    with opened(browser, site + page_name, width=360, height=740) as seen:
        yield alive(seen)


def alive(seen):
    """Note what the page asked for as it opened, bring its figures to life, and go back to its top."""
    seen.page.wait_for_load_state("networkidle")
    seen.at_first = list(seen.requests)
    for figure in seen.page.locator(".cw-figure").all():
        figure.scroll_into_view_if_needed()
        figure.and_(seen.page.locator('[data-state="ready"]')).wait_for()
    settle(seen.page)
    seen.page.wait_for_load_state("networkidle")
    assert seen.page.locator(".cw-figure").count() == seen.page.locator(".cw-figure.cw-lives").count()
    seen.page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
    return seen
