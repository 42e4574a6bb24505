"""A Chromium for programs: the one on the PATH, else the one that Playwright installed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 120  # seconds: a page is judged for what it does, not for how busy the machine is


@contextmanager
def chromium(patience: float = 30.0) -> Iterator[Browser]:
    """A browser that is closed at the end; it may take so many seconds to start.

    Raises
    ------
    RuntimeError
        If there is none.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as playwright:
        try:
            # Containers seldom allow Chromium its sandbox; what it opens here is our own pages only.
            arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=1000 * patience)
        except Error as error:
            raise RuntimeError(
                f"got no browser ({error.message.splitlines()[0]}), expected Chromium or Google Chrome on the PATH; "
                "install one, or: python -m playwright install chromium"
            ) from None
        yield browser
        browser.close()


def wait_until(page, condition: str, argument=None, seconds: float = PATIENCE) -> None:
    """Wait until a JavaScript expression, or a function of the argument, is true in a page.

    Playwright's `wait_for_function` evaluates a string in the page again and again, which the pages' policy forbids.
    """
    end = time.monotonic() + seconds
    while not _is_true(page, condition, argument, end):
        assert time.monotonic() < end, f"still not true after {seconds} s: {condition}"
        page.wait_for_timeout(50)


def _is_true(page, condition: str, argument, end: float) -> bool:
    try:
        return page.evaluate(condition, argument)
    except Error:  # the page may have led on to another one, perhaps more than once, of which it may be true
        if time.monotonic() > end:
            raise
        page.wait_for_load_state()
        return False
