"""What a page of HTML leads to and what can be led to in it, read with the standard library's parser."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SINGLE = ("href", "src", "action", "formaction", "poster", "data")
ELSEWHERE = ("http", "https", "mailto", "data", "blob")


class Links(HTMLParser):
    """The addresses that a page names, and the anchors it has."""

    def __init__(self):
        super().__init__()
        self.addresses: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag, attributes):
        """Collect what an element names."""
        for name, value in attributes:
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name in SINGLE and value is not None:
                self.addresses.add(value.strip())
            elif name == "srcset" and value:
                self.addresses |= {candidate.split()[0] for candidate in value.split(",") if candidate.strip()}


def read(path: Path) -> Links:
    """The links of a page."""
    links = Links()
    links.feed(path.read_text(encoding="utf-8"))
    links.close()
    return links


def broken(site: Path, root: str) -> list[str]:
    """The addresses in any page of a site that lead to no file of it or to no anchor.

    Parameters
    ----------
    site : Path
        The folder of the pages; every `*.html` outside `_static` is read.
    root : str
        Where the site lies on its host, such as "/" or "/course/": addresses that begin with a slash begin there.
    """
    site = site.resolve()
    pages = {path: read(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts}
    wrong = []
    for page, links in pages.items():
        for address in sorted(links.addresses):
            parts = urlsplit(address)
            if parts.scheme in ELSEWHERE or parts.netloc:
                continue
            way = unquote(parts.path)
            if way.startswith(root):
                target = site / way.removeprefix(root)
            else:
                target = (page.parent / way).resolve() if way else page  # a wrong root leads out of the site
            if target.is_dir():
                target /= "index.html"
            if site not in target.parents or not target.is_file():
                problem = "no such file"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                problem = "no such anchor"
            else:
                continue
            wrong.append(f"{page.relative_to(site).as_posix()}: {address}: {problem}")
    return wrong
