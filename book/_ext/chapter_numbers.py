"""Lists of pages show the numbers by which the text calls them: `03b-pretraining` is chapter 3b."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from sphinx.errors import ExtensionError

# A page in the sidebar or in a table of contents, as the theme writes it, with the number of an earlier build.
ENTRY = re.compile(r'(<li class="toctree-l1[^"]*"><a class="[^"]*" href="([^"]*)">)(\d+[a-z]? · )?')


def number(page: str) -> str:
    """What the text calls a page, "3" or "3b"; "" for one that is no chapter. Its file's name begins with it."""
    match = re.match(r"0?(\d+[a-z]?)-", PurePosixPath(page).name)
    return match[1] if match else ""


def numbered(page: str, title: str = "") -> str:
    """The title of a page with its number, if it has one, in front."""
    return f"{number(page)} · {title}" if number(page) else title


def with_numbers(text: str, page: str) -> str:
    """The HTML of a page whose lists show numbers; a link to "#" is the page itself."""
    return ENTRY.sub(lambda entry: entry[1] + numbered(page if entry[2] == "#" else entry[2]), text)


def number_chapters(app, exception) -> None:
    """Number the lists of every page; connected to Sphinx's event `build-finished`.

    Raises
    ------
    ExtensionError
        If the book lists chapters and no page shows their numbers.
    """
    if exception or app.builder.format != "html":
        return
    shown = False
    for path in Path(app.outdir).rglob("*.html"):
        if "_static" not in path.parts:
            text = with_numbers(path.read_text(encoding="utf-8"), path.name)
            path.write_text(text, encoding="utf-8")
            shown = shown or any(entry[3] for entry in ENTRY.finditer(text))
    if not shown and any(map(number, app.env.toctree_includes.get(app.config.root_doc, ()))):
        raise ExtensionError("no list of pages shows the numbers of chapters: has the theme changed?")
