"""A Content-Security-Policy in every page: it may run, show and ask for what this site ships, and nothing else.

A page from a host that sets no headers can carry its policy itself, at the beginning of its head. Scripts written into
a page are allowed one by one, by hash, so the policies are written last, when no page changes any more.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path

from sphinx.errors import ExtensionError

POLICY = {
    "default-src": "'none'",
    # blob: for the module of an interactive figure, which the host makes of a file of this site.
    "script-src": "'self' blob: {scripts}",
    "worker-src": "'self' blob:",
    # KaTeX places the parts of a formula with style attributes. Plain style-src is for browsers without the finer ones.
    "style-src": "'self' 'unsafe-inline'",
    "style-src-elem": "'self' {styles}",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
}

_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_DATA = re.compile(r"""\btype\s*=\s*["']?(application/json|application/octet-stream|text/x-)""")  # never run
# The encoding must stand in a page's first kilobyte, so it comes before the policy.
_HEAD = re.compile(r"""<head[^>]*>\s*<meta charset=["']utf-8["'] ?/>""")
_HANDLER = re.compile(r"""<[a-zA-Z][^<>]*?\s(on[a-z]+\s*=\s*["'][^"']*["'])|(href\s*=\s*["']javascript:[^"']*["'])""")


def policy(page: str) -> str:
    """The policy of a page of HTML, with the hash of each script and style that is written into it.

    Raises
    ------
    ValueError
        If an element carries its handler as an attribute, which no hash allows.
    """
    scripts = {
        _hash(text) for attributes, text in _SCRIPT.findall(page) if text.strip() and not _DATA.search(attributes)
    }
    styles = {_hash(text) for text in _STYLE.findall(page)}
    if handler := _HANDLER.search(_STYLE.sub("", _SCRIPT.sub("", page))):
        found = handler[1] or handler[2]
        raise ValueError(f"got {found} in a page, whose policy would block it; expected a listener in a script")
    hashes = {"scripts": " ".join(sorted(scripts)), "styles": " ".join(sorted(styles))}
    return "; ".join(f"{name} {sources.format(**hashes)}".strip() for name, sources in POLICY.items())


_HAS_POLICY = '<meta http-equiv="Content-Security-Policy"'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def with_policy(page: str) -> str:
    """The page with its policy at the beginning of its head.

    Raises
    ------
    ValueError
        If the head does not begin with the encoding, or as `policy` does.
    """
    if not (head := _HEAD.search(page)):
        raise ValueError('got a page whose head does not begin with <meta charset="utf-8" />, expected that first')
    meta = f'\n    {_HAS_POLICY} content="{escape(policy(page), quote=False)}" />'
    return page[: head.end()] + meta + page[head.end() :]


def write_policies(app) -> None:
    """Give every page its policy.

    Raises
    ------
    ExtensionError
        If a page holds what its policy would block.
    """
    for path in sorted(Path(app.outdir).rglob("*.html")):
        if "_static" in path.parts:
            continue
        page = path.read_text(encoding="utf-8")
        if _HAS_POLICY in page:
            continue  # it was written by an earlier build, and nothing has changed in it
        try:
            page = with_policy(page)
        except ValueError as error:
            raise ExtensionError(f"{path.name}: {error}") from error
        path.write_text(page, encoding="utf-8")
