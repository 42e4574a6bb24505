"""What the theme gets wrong, put right in the pages: weight and accessibility.

Each fix names a piece of the theme's HTML and what it becomes. A piece that is no longer found ends the build, so that
a new version of the theme is noticed and the fix goes when it is no longer needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sphinx.errors import ExtensionError

# sphinx-thebe configures live code on every page, twice, though this book has none.
UNUSED_SCRIPTS = ("sphinx-thebe.js",)


@dataclass(frozen=True)
class Fix:
    """One replacement in every page; `pattern` is a regular expression, found in any book unless `rare`."""

    reason: str
    pattern: str
    replacement: str
    rare: bool = False


FIXES = (
    Fix(
        "1.5 MB of script that draws the icons which the style sheet's web font draws already",
        r'\s*<script defer[^>]* src="[^"]*/fontawesome\.js[^"]*"></script>',
        "",
    ),
    Fix(
        "the index of the whole book, which only the search page reads; that one lies at the root",
        r'\s*<script src="(\.\./)+(_static/(searchtools|language_data)|searchindex)\.js"></script>',
        "",
        rare=True,
    ),
    Fix(
        "who prefers a dark page sees a light one first, and fetches its figures, until a later script looks",
        r'(dataset\.theme = localStorage\.getItem\("theme"\) \|\|) "auto"',
        r'\1 (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")',
    ),
    Fix(
        "without a script a page has neither theme, hence no colours of its own; with one it is chosen below",
        r'(<html [^>]*)data-theme="auto"',
        r'\1data-theme="light"',
    ),
    Fix(
        "the label says Search, the button says Search Ctrl + K: voice control cannot press what it reads",
        r'(<button class="btn search-button-field [^>]*?) title="Search" aria-label="Search"',
        r"\1",
    ),
    Fix(
        "a list whose items are no list items: a screen reader announces it as empty",
        r'<div role="list" class="citation-list">',
        '<div class="citation-list">',
        rare=True,
    ),
    Fix(
        "a role for entries of a bibliography that ARIA has given up",
        r'(<div class="citation" id="[^"]+") role="doc-biblioentry"',
        r"\1",
        rare=True,
    ),
    Fix(
        "a handler in an attribute, which the page's policy blocks; printing.js listens instead",
        r'<button onclick="window\.print\(\)"',
        "<button",
    ),
    Fix(
        "a notebook to download opens as a page of JSON",
        r'<a href="([^"]+\.ipynb)" target="_blank"',
        r'<a href="\1" download',
        rare=True,
    ),
    Fix(
        "a header that heads nothing: the corner of a table is a cell",
        r'<th(?: class="head[^"]*")?>(?:<p></p>)?</th>',
        "<td></td>",
        rare=True,
    ),
    Fix(
        "the logo stands in no landmark",
        r'<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar',
        r'<div role="complementary" aria-label="Book" id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar',
    ),
)


# What stands in a page's main part beside its text: buttons, the contents for paper, and each formula three times.
NOT_QUOTED = (".bd-header-article", "#jb-print-docs-body", ".katex-html", "annotation")


def quote_the_text(search: Path) -> None:
    """Let the results of a search quote what a reader would see of a page.

    Raises
    ------
    ExtensionError
        If Sphinx's search leaves out other things than before.
    """
    leaves_out = '[".headerlink", "script", "style"'
    script = search.read_text(encoding="utf-8")
    if leaves_out not in script:
        raise ExtensionError(f"got {search.name} without {leaves_out}; see what Sphinx's search quotes from now")
    more = "".join(f', "{selector}"' for selector in NOT_QUOTED)
    if more not in script:
        search.write_text(script.replace(leaves_out, leaves_out + more), encoding="utf-8")


def drop_unused_scripts(app, pagename, templatename, context, doctree) -> None:
    """Leave out the scripts of live code; connected to Sphinx's event `html-page-context`."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if (script.filename or "").rpartition("/")[2] not in UNUSED_SCRIPTS
        and "THEBE_JS_URL" not in script.attributes.get("body", "")
    ]


def polish_pages(app) -> None:
    """Apply every fix to every page.

    Raises
    ------
    ExtensionError
        If a fix matches on no page.
    """
    pages = [path for path in Path(app.outdir).rglob("*.html") if "_static" not in path.parts]
    counts = dict.fromkeys(FIXES, 0)
    for path in pages:
        page = path.read_text(encoding="utf-8")
        for fix in FIXES:
            page, count = re.subn(fix.pattern, fix.replacement, page)
            counts[fix] += count
        path.write_text(page, encoding="utf-8")
    static = Path(app.outdir) / "_static"
    for script in (static / "scripts").glob("fontawesome.js*"):
        script.unlink()
    quote_the_text(static / "searchtools.js")
    for fix, count in counts.items():
        if not count and not fix.rare:
            raise ExtensionError(f"a fix of the theme matched no page, is it still needed? {fix.reason}")
