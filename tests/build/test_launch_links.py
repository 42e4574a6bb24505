"""Links from a page to where it can be run, mended and talked about: each leads to something that is there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from course_build.notebooks.chapters import chapters, file_name
from course_build.notebooks.labels import ROOT, pages
from course_build.repository import Origin
from course_build.sphinx import launch_links
from course_build.sphinx.launch_links import BRANCH, add_buttons, source_links
from course_build.sphinx.launch_links import launch_links as launched
from course_build.sphinx.notebook_files import FOLDER

KNOWN = Origin("https://github.com/ada/bottleneck", "https://ada.github.io/bottleneck/", "feature/maps")
ELSEWHERE = Origin("https://git.example.org/ada/bottleneck", None, "main")
FILES = {file_name(page) for page in chapters()}


def resolved(url: str) -> Path:
    """The file of the tree, or of what the build writes beside the pages, that an address of the fake repository is."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.netloc == "mybinder.org":
        assert parts.path == "/v2/gh/ada/bottleneck/feature%2Fmaps"
        pull = urlsplit(parse_qs(parts.query)["urlpath"][0])
        asked = {name: value for name, [value] in parse_qs(pull.query).items()}
        assert (pull.path, asked["repo"], asked["branch"]) == ("git-pull", KNOWN.repository, BRANCH)
        # Where JupyterLab looks, and where nbgitpuller puts the branch.
        return Path(FOLDER) / asked["urlpath"].removeprefix(f"lab/tree/{asked['targetPath']}/")
    if parts.netloc == "colab.research.google.com":
        return Path(FOLDER) / path.removeprefix(f"/github/ada/bottleneck/blob/{BRANCH}/")
    assert parts.netloc == "github.com"
    return ROOT / path.removeprefix("/ada/bottleneck/edit/feature/maps/")


@pytest.mark.parametrize("page", chapters())
def test_every_launch_link_leads_to_a_file(page):
    """Colab and Binder to the notebook that the build writes and the workflow puts on its branch."""
    colab, binder = launched(page, KNOWN)
    assert (colab.text, binder.text) == ("Open in Colab", "Open in Binder")
    assert resolved(colab.url).name in FILES
    assert resolved(colab.url).parent == Path(FOLDER)
    assert resolved(binder.url) == resolved(colab.url)


@pytest.mark.parametrize("page", pages())
def test_every_page_can_be_edited_and_talked_about(page):
    """At the file it is made of, with its title in the issue, whatever stands in it."""
    edit, issue = source_links(page, "What is q(z | x)? & more", KNOWN)
    assert resolved(edit.url) == ROOT / f"{page}.md"
    assert resolved(edit.url).is_file()
    assert issue.url.startswith("https://github.com/ada/bottleneck/issues/new?title=")
    assert parse_qs(urlsplit(issue.url).query) == {"title": [f"What is q(z | x)? & more ({page}.md): "]}


def test_what_is_not_known_has_no_link():
    """Without a repository none; with one on another server none to Colab and Binder, which know GitHub only."""
    page = chapters()[0]
    assert launched(page, Origin()) == source_links(page, "x", Origin()) == []
    assert launched(page, ELSEWHERE) == []
    assert all(link.url.startswith("https://git.example.org/ada/") for link in source_links(page, "x", ELSEWHERE))


def test_notebooks_have_names_of_their_own():
    """All lie in one folder."""
    assert len(FILES) == len(chapters())


def buttons(monkeypatch, page: str, origin: Origin) -> dict[str, list[dict]]:
    """The groups in the head of a page of the book: label → entries."""
    monkeypatch.setattr(launch_links, "origin_here", lambda root: origin)
    downloads = {"type": "group", "label": "download-buttons", "buttons": [{"text": ".md"}, {"text": ".pdf"}]}
    context = {"header_buttons": [downloads], "pathto": lambda name, resource: f"../../{name}"}
    title = SimpleNamespace(astext=lambda: "A title")
    app = SimpleNamespace(srcdir=str(ROOT), env=SimpleNamespace(titles={page: title}))
    add_buttons(app, page, "page.html", context, object())
    return {group["label"]: group["buttons"] for group in context["header_buttons"]}


def test_a_chapters_head_has_every_way_out(monkeypatch):
    """Each with a name that can be read out; the notebook comes before the text in the book's own Markdown."""
    found = buttons(monkeypatch, "book/part1/pca", KNOWN)
    assert list(found) == ["source-buttons", "launch-buttons", "download-buttons"]
    assert [entry["text"] for entry in found["download-buttons"]] == [".ipynb", ".md", ".pdf"]
    assert found["download-buttons"][0]["url"] == "../../notebooks/pca.ipynb"
    named = [entry["text"] for entry in (*found["source-buttons"], *found["launch-buttons"])]
    assert named == ["Edit this page", "Report a mistake", "Open in Colab", "Open in Binder"]


def test_without_a_repository_the_download_stays(monkeypatch):
    """And a page without code has no notebook."""
    assert list(buttons(monkeypatch, "book/part1/pca", Origin())) == ["download-buttons"]
    alone = buttons(monkeypatch, "book/notation", KNOWN)
    assert list(alone) == ["source-buttons", "download-buttons"]
    assert [entry["text"] for entry in alone["download-buttons"]] == [".md", ".pdf"]
