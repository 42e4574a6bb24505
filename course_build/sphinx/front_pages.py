"""The two pages that belong to no chapter: the site's front door, and what stands where an address leads nowhere.

Both are whole in themselves, so that no wrong address can part them from their looks.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader
from sphinx import addnodes

from course_build.contents import chapter_number

TEMPLATES = Path(__file__).with_name("templates")


def contents(app) -> list[tuple[str, list[tuple[str, str]]]]:
    """The parts of the book in order: caption, and of each page its title and where it lies under the site's root."""
    address = app.builder.get_target_uri

    def titled(name: str) -> str:
        number, title = chapter_number(name), app.env.titles[name].astext()
        return f"{number}. {title}" if number else title

    parts = []
    for tree in app.env.get_doctree(app.config.root_doc).findall(addnodes.toctree):
        pages = [(title or titled(name), address(name)) for title, name in tree["entries"]]
        parts.append((tree.get("caption") or "", pages))
    return parts


def write_pages(app) -> None:
    """Write `404.html` and `index.html` at the root."""
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    icon = (Path(app.outdir) / "_static" / "favicon.svg").read_text(encoding="utf-8")
    site, front = app.config.html_baseurl, app.builder.get_target_uri(app.config.root_doc)
    known = {
        # A server shows 404.html under the address that was wrong, at any depth: its links begin at the host's root.
        "root": urlsplit(site).path or "/",
        "front": front,
        "front_url": site and site + front,
        "name": app.config.html_title,
        "icon": f"data:image/svg+xml,{quote(icon)}",
        "parts": contents(app),
    }
    # A book whose first page is index.html needs no door in front of it.
    for name in {"404.html", "index.html"} - {front}:
        (Path(app.outdir) / name).write_text(templates.get_template(name).render(known), encoding="utf-8")
