"""The interactive figures of the pages: their modules, their data and their stills as files of the site.

An executed chapter holds a figure whole (`CourseWidget.page_html`). In the site each piece of bytes, each still and
each module is a file, written once however many pages show it, and fetched only when a reader comes near.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zlib
from pathlib import Path

from PIL import Image

from course_lib.widgets import figure_modules, stylesheet

_DATA = re.compile(r'<script type="application/octet-stream" data-key="(\w+)">([^<]*)</script>')
# A quarter of a module's weight; who wants to read one finds it with its comments in course_lib.
_COMMENT_LINES = re.compile(r"^[ \t]*//.*\n|^[ \t]*/\*\*(?:.|\n)*?\*/\n", re.MULTILINE)
_FIGURE = re.compile(r'<div class="cw-figure" data-widget="([\w-]+)">.*?</script></div>', re.DOTALL)
_KEY = re.compile(r'"data": "(\w+)"')
_STILL = re.compile(r'(<img class="cw-still[^>]*src=")data:image/png;base64,([^"]+)"')


def add_host(app, pagename, templatename, context, doctree) -> None:
    """Give a page that has figures their host and their style; connected to Sphinx's event `html-page-context`."""
    if 'class="cw-figure"' in context.get("body", ""):
        app.add_css_file("widgets/figures.css")
        app.add_js_file("widget-host.js", loading_method="defer")


def write_files(app) -> None:
    """Move what is heavy from the pages into files."""
    site = Path(app.outdir)
    home = site / "_static" / "widgets"
    (home / "data").mkdir(parents=True, exist_ok=True)
    (home / "figures.css").write_text(stylesheet(), encoding="utf-8")
    for name, source in figure_modules().items():
        _deliver(home, name, _COMMENT_LINES.sub("", source))
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        if 'class="cw-figure"' in page:
            path.write_text(externalise(page, site, path), encoding="utf-8")


def externalise(page: str, site: Path, path: Path) -> str:
    """A page without the bytes and the stills of its figures, which are written as files of the site."""
    up = "../" * (len(path.relative_to(site).parts) - 1)

    def data(match: re.Match) -> str:
        # Base64 hides from a server's gzip what there is to save: compressed before, a decoder is a sixth smaller.
        packer = zlib.compressobj(9, strategy=zlib.Z_FILTERED)
        content = packer.compress(base64.b64decode(match[2])) + packer.flush()
        _deliver(site / "_static" / "widgets", f"data/{match[1]}", base64.b64encode(content).decode())
        return ""

    def still(match: re.Match) -> str:
        picture = base64.b64decode(match[2])
        name = f"figure-{hashlib.sha256(picture).hexdigest()[:16]}.png"
        (site / "_images").mkdir(exist_ok=True)
        (site / "_images" / name).write_bytes(picture)
        width, height = Image.open(io.BytesIO(picture)).size  # so that the text does not jump when it comes
        return f'{match[1]}{up}_images/{name}" width="{width}" height="{height}" loading="lazy"'

    return open_with(_STILL.sub(still, _DATA.sub(data, page)), up)


def open_with(page: str, up: str) -> str:
    """The page that asks at once for the figure it opens with, if it does: one above its first heading but the title.

    All other figures wait until a reader comes near.
    """
    start = page.find("<article")
    end = page.find("<h2", start)
    if not (figure := _FIGURE.search(page, start, end)):
        return page
    names = [figure[1], *(f"data/{key}" for key in dict.fromkeys(_KEY.findall(figure[0])))]
    if f'rel="preload" as="script" href="{up}_static/widgets/' in page[:start]:
        return page  # it was written by an earlier build, and nothing has changed in it
    links = [f'    <link rel="preload" as="script" href="{up}_static/widgets/{name}.js" />\n' for name in names]
    return page.replace("</head>", "".join(links) + "</head>", 1)


def _deliver(home: Path, name: str, content: str) -> None:
    call = f"courseWidgets.deliver({json.dumps(name)}, {json.dumps(content)});\n"
    (home / f"{name}.js").write_text(call, encoding="utf-8")
