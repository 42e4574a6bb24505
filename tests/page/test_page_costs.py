"""What the benchmark of pages counts is what the browser asked for."""

from __future__ import annotations

import gzip

import pytest

from benchmarks import pages
from benchmarks.server import compressing

PAGE = """<!doctype html><title>t</title><link rel="icon" href="data:,"><p>{text}</p><img src="picture.webp" alt="">
<script src="late.js" defer></script><div class="cw-figure"></div>"""
LATE = 'document.querySelector(".cw-figure").dataset.state = "ready";'


def test_bytes_and_requests_are_those_of_the_files(browser, tmp_path):
    """Three files and their heads; the figure lives when its script says so."""
    sizes = []
    for name, content in (("index.html", PAGE.format(text="word " * 2000)), ("late.js", LATE)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        sizes.append(len(gzip.compress(content.encode(), 6)))
    (tmp_path / "picture.webp").write_bytes(bytes(5000))
    with compressing(tmp_path) as site:
        cost = pages.load(browser, site + "index.html", slow=False, to_figure=True)
    assert cost.requests == 3
    assert sum(sizes) + 5000 < 1000 * cost.kb < sum(sizes) + 5000 + 3 * 400
    assert cost.paint > 0
    assert cost.alive > 0
    assert cost.processor > 0


def test_a_page_that_asks_another_host_is_no_measurement(browser, tmp_path):
    (tmp_path / "index.html").write_text('<p>a</p><script src="http://localhost:9/x.js"></script>', encoding="utf-8")
    with compressing(tmp_path) as site, pytest.raises(RuntimeError, match=r"got requests to .*localhost:9"):
        pages.load(browser, site + "index.html", slow=False, to_figure=False)
