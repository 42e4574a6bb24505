"""Links from a page to where it can be run, mended and talked about, in the buttons at its head.

All are pure functions of what is known about the repository. What is not known has no link: none is ever dead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from course_build.notebooks.chapters import chapters, file_name
from course_build.repository import GITHUB, Origin, origin_here
from course_build.sphinx.notebook_files import FOLDER

# The branch that holds what the site has in `notebooks/`: Colab and Binder open files of repositories only.
BRANCH = "notebooks"


@dataclass(frozen=True)
class Link:
    """One button: what it says, where it leads, and the end of its CSS class."""

    text: str
    url: str
    label: str


def launch_links(page: str, origin: Origin) -> list[Link]:
    """Where the notebook of a chapter runs; nowhere, unless its repository is on GitHub itself.

    Parameters
    ----------
    page : str
        The chapter, "book/part1/pca".
    origin : Origin
        What is known about the course's repository.
    """
    if not (origin.repository and origin.repository.startswith(f"{GITHUB}/")):
        return []
    name = origin.repository.removeprefix(f"{GITHUB}/")
    colab = f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/{file_name(page)}"
    # The image is made of the repository; the notebook is fetched into it when it starts, by nbgitpuller. The chapter's
    # source, which is in the image, would show the markup of the pages and formulas without their macros.
    opened = {"repo": origin.repository, "branch": BRANCH, "targetPath": BRANCH}
    opened["urlpath"] = f"lab/tree/{BRANCH}/{file_name(page)}"
    query = urlencode({"urlpath": f"git-pull?{urlencode(opened)}"})
    binder = f"https://mybinder.org/v2/gh/{name}/{quote(origin.ref, safe='')}?{query}"
    return [Link("Open in Colab", colab, "launch-colab"), Link("Open in Binder", binder, "launch-binder")]


def source_links(page: str, title: str, origin: Origin) -> list[Link]:
    """Where a page can be edited and where its readers can report what is wrong with it."""
    if not origin.repository:
        return []
    edit = f"{origin.repository}/edit/{quote(origin.ref)}/{page}.md"
    issue = f"{origin.repository}/issues/new?{urlencode({'title': f'{title} ({page}.md): '})}"
    return [Link("Edit this page", edit, "source-edit"), Link("Report a mistake", issue, "source-issue")]


def add_buttons(app, pagename, templatename, context, doctree) -> None:
    """Put the links into the page's head, after the theme's; connected to Sphinx's event `html-page-context`."""
    if doctree is None:
        return  # search, index: no file makes them
    root = Path(app.srcdir)
    origin, buttons = origin_here(root), context["header_buttons"]
    if pagename in chapters(root):
        url = context["pathto"](f"{FOLDER}/{file_name(pagename)}", 1)
        notebook = {"type": "link", "url": url, "text": ".ipynb", "icon": "fas fa-file-code"}
        notebook |= {"tooltip": "Download the notebook", "label": "download-notebook"}
        downloads = next(button for button in buttons if button.get("label") == "download-buttons")
        downloads["buttons"].insert(0, notebook)
        _add_group(buttons, launch_links(pagename, origin), "Run this chapter", "rocket", "launch-buttons")
    _add_group(
        buttons, source_links(pagename, app.env.titles[pagename].astext(), origin), "Source", "pencil", "source-buttons"
    )


def _add_group(buttons: list[dict], links: Iterable[Link], tooltip: str, icon: str, label: str) -> None:
    entries = [{"type": "link", "url": link.url, "text": link.text, "label": link.label} for link in links]
    if entries:
        group = {"type": "group", "tooltip": tooltip, "icon": f"fas fa-{icon}", "buttons": entries, "label": label}
        buttons.insert(0, group)


def setup(app):
    """Connect; called by Sphinx, which `extension` asks to."""
    app.connect("html-page-context", add_buttons, priority=800)  # the theme's own come at 501
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
