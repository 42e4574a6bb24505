"""The sources of the book: what can be said about them without building it."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest
import yaml
from myst_nb.core.read import read_myst_markdown_notebook

ROOT = Path(__file__).resolve().parents[2]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
PAGES = [TOC["root"], *(chapter["file"] for part in TOC["parts"] for chapter in part["chapters"])]

# What leaves a picture under a cell: a figure made there, or one of course_lib's (two of its functions draw nothing).
DRAWS = re.compile(r"\bplt\.(subplots|subplot_mosaic|figure|imshow|plot)\(|\bplots\.(?!(style|grid_codes)\b)\w+\(")
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


@pytest.mark.parametrize("page", PAGES[:-1])
def test_every_page_says_why_the_next_one_follows(page):
    """`next:` in its front matter: the sentence that the links at the foot of both pages show."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    front = re.match(r"---\n(.*?)^---\n", text, re.DOTALL | re.MULTILINE)
    why = yaml.safe_load(front[1]).get("next", "") if front else ""
    assert re.fullmatch(r"[^$`{}]{30,140}[.?]", why), (
        f"got {why!r} in {page}.md, expected a plain sentence such as next: 'How low can any weighted sums go?'"
    )


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
def test_no_line_of_prose_is_a_comment(page):
    """A line that begins with a per cent sign is dropped by MyST, silently: re-wrapped prose loses it."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    prose = re.sub(r"^(`{3,})\{code-cell\}.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"^\s*%.*", prose, re.MULTILINE) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_depends_on_another_host(page):
    """Pictures, scripts and frames come from the book itself; links may lead anywhere."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    assert not re.search(r"""!\[[^]]*\]\(https?://|<(script|iframe|img|link)[^>]*https?://""", text)


LABELS = {
    label: Path(page).name
    for page in PAGES
    for label in re.findall(r"^\(([\w-]+)\)=$", (ROOT / f"{page}.md").read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("page", PAGES)
def test_a_chapter_is_called_by_its_own_number(page):
    """`[chapter 9](ch-vae)`, or `[9](ch-vae)` in a row of them, leads to a file whose name begins with 09."""
    text = (ROOT / f"{page}.md").read_text(encoding="utf-8")
    called = re.findall(r"\[(?:[^\]]*\b[Cc]hapters?\s+)?(\d\d?b?)\]\(([\w-]+)\)", text)
    called += re.findall(r"\{ref\}`[Cc]hapter (\d\d?b?) <([\w-]+)>`", text)
    assert [(number, label) for number, label in called if not re.match(f"0?{number}-", LABELS[label])] == []


def test_the_glossary_is_in_alphabetical_order():
    """So a word is found on paper too, and no entry swallows the first line of the next one."""
    text = (ROOT / "book" / "appendix" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"(?:\A|\n\n)(\S.*)", text.split("```{glossary}\n")[1].split("\n```")[0])
    sorting = [re.sub(r"[^a-z]", "", entry.lower().replace("β", "b")) for entry in entries]
    assert len(sorting) > 60
    assert sorting == sorted(sorting)


def test_every_reference_can_be_found():
    """An entry names its authors, its title, its year and where it appeared."""
    entries = re.split(r"^@", (ROOT / "book" / "references.bib").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    keys = [entry.split("{", 1)[1].split(",", 1)[0] for entry in entries]
    assert len(keys) == len(set(keys))
    for entry in entries:
        for field in ("author", "title", "year"):
            assert re.search(rf"\b{field} = \{{", entry), f"no {field}: {entry[:60]}"
        assert re.search(r"\b(journal|booktitle|howpublished|publisher) = \{", entry), entry[:60]


# A decimal number or a percentage; what a fence, a role, a formula or a cell holds is not prose.
TYPED = re.compile(r"(?<![\w.,/])(\d+\.\d+|\d+(?:\.\d+)?(?=\s?%))(?![\w.]*\d)")
NO_PROSE = re.compile(
    r"\A---\n.*?\n---\n"
    r"|^(?P<fence>`{3,}|:{3,})\{(?:code-cell|quiz|math|admonition\}[^\n]*\n:class: prediction).*?^(?P=fence)\s*$"
    r"|\$\$.*?\$\$|\$[^$]+\$|`[^`\n]*`|CC BY 4\.0",
    re.DOTALL | re.MULTILINE,
)


def settings(page: str) -> set[float]:
    """Every number that the code of a page types: these were chosen, not found, and the text may name them."""
    numbers = set()
    for cell in cells(page):
        tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
        numbers |= {
            float(t.string) for t in tokens if t.type == tokenize.NUMBER and re.fullmatch(r"[\d.e_-]+", t.string)
        }
    return numbers | {round(1 - number, 12) for number in numbers}


def typed_results(text: str, chosen: set[float]) -> list[str]:
    """The sentences that state a number which is neither computed, nor chosen in the code, nor cited."""
    prose = NO_PROSE.sub(" ", text)
    found = []
    for sentence in re.split(r"(?<=[.?!:])\s+|\n\s*\n", prose):  # a table is one sentence
        for match in TYPED.finditer(sentence):
            number = float(match.group())
            of_hundred = sentence[match.end() :].lstrip().startswith("%")
            is_chosen = number in chosen or (of_hundred and any(abs(number / 100 - c) < 1e-12 for c in chosen))
            if not is_chosen and "{cite" not in sentence:
                found.append(f"{match.group()} in: {' '.join(sentence.split())}")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_no_result_is_typed(page):
    """A number in the prose is glued from the run, cited, or a setting that the code of the page names too."""
    assert typed_results((ROOT / f"{page}.md").read_text(encoding="utf-8"), settings(page)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The error falls to 27.3 per image.", ["27.3"]),
        ("Of the samples 68 % are digits.", ["68"]),
        ("The error falls to {glue:text}`err` per image.", []),
        ("At more than 90 % confidence, or 0.9, it counts.", []),
        ("They report 3.00 {cite:p}`hinton_2006`.", []),
        ("By hand $0.25 + 0.5$ is three quarters.", []),
        (":::{admonition} Predict\n:class: prediction\nIs it 5 % or 20 %?\n:::", []),
    ],
)
def test_typed_results_are_found(text, found):
    """The check above can fail, and lets settings, citations, formulas and predictions pass."""
    assert [sentence.split(" in: ")[0] for sentence in typed_results(text, {0.9})] == found
