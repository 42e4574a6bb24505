"""What the benchmark of pages counts is what the browser asked for."""

from __future__ import annotations

import gzip

import matplotlib.pyplot as plt
import numpy as np
import pytest

from benchmarks import pages
from benchmarks.server import compressing

# As the book's pages have it, a policy under which no string becomes code.
POLICY = """<meta http-equiv="Content-Security-Policy" content="script-src 'self'">"""
PAGE = f"""<!doctype html><title>t</title>{POLICY}<link rel="icon" href="data:,"><p>{{text}}</p>
<img src="picture.png" alt=""><script src="late.js" defer></script><div class="cw-figure"></div>"""
LATE = 'setTimeout(() => { document.querySelector(".cw-figure").dataset.state = "ready"; }, 300);'


def test_bytes_and_requests_are_those_of_the_files(browser, tmp_path):
    """Three files and their heads; the figure lives when its script says so."""
    sizes = []
    for name, content in (("index.html", PAGE.format(text="word " * 2000)), ("late.js", LATE)):
        (tmp_path / name).write_text(content, encoding="utf-8")
        sizes.append(len(gzip.compress(content.encode(), 6)))
    # A real picture: what cannot be decoded is not always fetched to its end.
    noise = np.random.default_rng(0).integers(256, size=(40, 40, 3), dtype=np.uint8)
    plt.imsave(tmp_path / "picture.png", noise)
    files = sum(sizes) + (tmp_path / "picture.png").stat().st_size
    with compressing(tmp_path) as site:
        cost = pages.load(browser, site + "index.html", slow=False, to_figure=True)
    assert cost.requests == 3
    assert files < 1000 * cost.kb < files + 3 * 400
    assert cost.paint > 0
    assert cost.alive > 0
    assert cost.processor > 0


def test_a_page_that_asks_another_host_is_no_measurement(browser, tmp_path):
    (tmp_path / "index.html").write_text('<p>a</p><script src="http://localhost:9/x.js"></script>', encoding="utf-8")
    with compressing(tmp_path) as site, pytest.raises(RuntimeError, match=r"got requests to .*localhost:9"):
        pages.load(browser, site + "index.html", slow=False, to_figure=False)
