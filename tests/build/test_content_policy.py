"""The policy of a page, held against what browsers document of it; that Chromium obeys it is tested in tests/pages."""

from __future__ import annotations

import html
import re

import pytest

from course_build.sphinx.content_policy import policy, with_policy

PAGE = '<html><head>\n  <meta charset="utf-8" />\n  <title>A page</title></head><body>{body}</body></html>'


def sources(text: str, directive: str) -> list[str]:
    """What a directive of a policy allows."""
    return next(part.split()[1:] for part in text.split("; ") if part.split()[0] == directive)


def test_hash_is_the_one_that_the_standard_gives():
    """CSP Level 3, section "Usage of hashes": the example of the specification itself."""
    page = PAGE.format(body="<script>alert('Hello, world.');</script>")
    assert "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='" in sources(policy(page), "script-src")


def test_only_what_is_run_needs_a_hash():
    """A script with a source is allowed by its address; state and other data are never run."""
    bodies = ('<script src="a.js"></script>', '<script type="application/json">{"a": 1}</script>', "<p>text</p>")
    assert {tuple(sources(policy(PAGE.format(body=body)), "script-src")) for body in bodies} == {("'self'", "blob:")}


def test_nothing_is_allowed_that_is_not_named():
    """No evaluation, no other host, no frame, no plug-in, no new base."""
    text = policy(PAGE.format(body="<style>p { color: red }</style>"))
    assert sources(text, "default-src") == sources(text, "base-uri") == sources(text, "object-src") == ["'none'"]
    assert sources(text, "form-action") == sources(text, "connect-src") == ["'self'"]
    assert not re.search(r"https?:|\*|unsafe-eval", text)
    assert "'unsafe-inline'" not in sources(text, "script-src")
    assert len(sources(text, "style-src-elem")) == 2


@pytest.mark.parametrize(
    "body",
    ['<button class="a" onclick="go()">x</button>', "<img alt='' onerror='go()'>", '<a href="javascript:go()">x</a>'],
)
def test_what_the_policy_would_block_is_refused(body):
    """While the book is built, not in a reader's console."""
    with pytest.raises(ValueError, match="expected a listener"):
        policy(PAGE.format(body=body))


def test_text_about_handlers_is_no_handler():
    """Code that a page shows is escaped, code that it runs is a script."""
    body = "<pre>&lt;b onclick=&quot;go()&quot;&gt;</pre><script>a.innerHTML = '<b onclick=\"go()\">';</script>"
    assert policy(PAGE.format(body=body))


def test_policy_stands_after_the_encoding_and_before_everything_else():
    """A page is given its policy once, and otherwise left as it was."""
    page = PAGE.format(body="<p>text</p>")
    made = with_policy(page)
    meta = re.search(r'\n    <meta http-equiv="Content-Security-Policy" content="([^"]*)" />', made)
    assert made.replace(meta[0], "") == page
    assert made.index("charset") < meta.start() < made.index("<title>")
    assert html.unescape(meta[1]) == policy(page)


def test_page_without_its_encoding_is_refused():
    """A policy in front of it would push it out of the first kilobyte."""
    with pytest.raises(ValueError, match="charset"):
        with_policy("<html><head><title>A page</title></head></html>")
