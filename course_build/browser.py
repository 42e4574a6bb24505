"""A Chromium for programs: the one on the PATH, else the one that Playwright installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


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
