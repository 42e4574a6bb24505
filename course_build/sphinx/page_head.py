"""What a page says about itself to search engines and to whoever shares it: a sentence, a picture, its one address.

Not sphinxext-opengraph, which cuts descriptions off in the middle of a sentence; nor sphinx-sitemap, which warns where
the site's address is unknown, and here a warning ends a build.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape as escape_xml

from docutils import nodes
from markupsafe import Markup

PREVIEW = ("_static/preview.png", 1200, 630)  # drawn by course_build/site_pictures.py
FRONT_TITLE = "Autoencoders, from PCA to the VAE"
PREVIEW_ALT = "Through the Bottleneck: handwritten digits that turn into one another, decoded from pairs of numbers"


def describe(metadata: dict, doctree: nodes.document | None) -> str:
    """A page's sentence: `description:` in its front matter, else its first paragraph; empty for pages without text."""
    if said := metadata.get("description"):
        return " ".join(said.split())
    paragraph = doctree.next_node(nodes.paragraph) if doctree is not None else None
    return " ".join(paragraph.astext().split()) if paragraph is not None else ""


def tags(title: str, description: str, site_name: str, url: str | None, root: str | None, kind: str) -> str:
    """The meta elements of a page.

    Parameters
    ----------
    title, description, site_name : str
        Plain text.
    url, root : str or None
        Addresses of the page and of the site. Who shares a page fetches its picture from elsewhere, so a picture needs
        an absolute address, and where that is unknown there is none.
    kind : {"website", "article"}
        Open Graph's type.
    """
    content = {"description": description, "og:title": title, "og:description": description}
    content |= {"og:site_name": site_name, "og:type": kind, "og:locale": "en_GB", "twitter:card": "summary"}
    if url and root:
        image, width, height = PREVIEW
        content |= {"og:url": url, "og:image": root + image, "og:image:alt": PREVIEW_ALT}
        content |= {"og:image:width": str(width), "og:image:height": str(height), "twitter:card": "summary_large_image"}
    attribute = {True: "property", False: "name"}
    return "".join(
        f'\n    <meta {attribute[name.startswith("og:")]}="{name}" content="{escape(text)}" />'
        for name, text in content.items()
        if text
    )


def add_tags(app, pagename, templatename, context, doctree) -> None:
    """Put a page's elements into its head; connected to Sphinx's event `html-page-context`."""
    description = describe(app.env.metadata.get(pagename, {}), doctree)
    front = pagename == app.config.root_doc
    if front:
        context["title"] = FRONT_TITLE  # its heading is the name of the book, which follows anyway
    added = tags(
        title=Markup(context.get("title", "")).striptags(),
        description=description,
        site_name=app.config.html_title,
        url=context.get("pageurl"),
        root=app.config.html_baseurl or None,
        kind="website" if front else "article",
    )
    added += f'\n    <link rel="apple-touch-icon" href="{context["pathto"]("_static/touch-icon.png", 1)}" />'
    context["metatags"] = context.get("metatags", "") + added


def write_sitemap(app) -> None:
    """Write `sitemap.xml` where the site's address is known."""
    root = app.config.html_baseurl
    if not root:
        return
    pages = [root + quote(app.builder.get_target_uri(name)) for name in sorted(app.env.found_docs)]
    lines = [f"  <url><loc>{escape_xml(url)}</loc></url>" for url in pages]
    head = '<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    (Path(app.outdir) / "sitemap.xml").write_text(head + "\n".join(lines) + "\n</urlset>\n", encoding="utf-8")
