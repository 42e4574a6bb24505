"""The sources of the book: what can be said about them without building it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

ROOT = Path(__file__).resolve().parents[1]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]

# What leaves a picture under a cell: a figure made there, or one of course_lib's (two of its functions draw nothing).
DRAWS = re.compile(r"\bplt\.(subplots|figure|imshow|plot)\(|\bplots\.(?!(style|grid_codes)\b)\w+\(")
# …unless the picture is glued, and shown, with its alt text, elsewhere.
GLUES = re.compile(r"\bglue\(")


def cells(page: str):
    """The code cells of a page."""
    notebook = read_myst_markdown_notebook((ROOT / f"{page}.md").read_text(encoding="utf-8"))
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_the_toc_exists(page):
    """A page is a MyST file."""
    assert (ROOT / f"{page}.md").is_file()


def test_every_page_is_in_the_toc():
    """A chapter that nobody can reach is a mistake."""
    written = {path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "book").rglob("*.md")}
    assert written == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_every_figure_is_described(page):
    """A cell that draws says in its `mystnb: image: alt:` what is to be seen; a sentence, not a word."""
    for cell in cells(page):
        if DRAWS.search(cell.source) and not GLUES.search(cell.source):
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 4, f"{page}: this cell draws and has no alt text:\n{cell.source}"


@pytest.mark.parametrize("page", PAGES)
def test_no_output_is_committed(page):
    """The pages hold what was written; the build computes the rest."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    assert "data:image" not in text
    assert not re.search(r"^```\{code-cell\}.*\n(---\n(.*\n)*?---\n)?```", text, re.MULTILINE), "an empty code cell"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_depends_on_another_host(page):
    """Pictures, scripts and frames come from the book itself; links may lead anywhere."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    assert not re.search(r"""!\[[^]]*\]\(https?://|<(script|iframe|img|link)[^>]*https?://""", text)


def test_every_reference_can_be_found():
    """An entry names its authors, its title, its year and where it appeared."""
    entries = re.split(r"^@", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    keys = [entry.split("{", 1)[1].split(",", 1)[0] for entry in entries]
    assert len(keys) == len(set(keys))
    for entry in entries:
        for field in ("author", "title", "year"):
            assert re.search(rf"\b{field} = \{{", entry), f"no {field}: {entry[:60]}"
        assert re.search(r"\b(journal|booktitle|howpublished|publisher) = \{", entry), entry[:60]
