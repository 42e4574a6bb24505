"""The book's Markdown as a notebook shows it: formulas without the book's macros, references without the book.

A notebook has no other page to refer to. A formula that is referred to is quoted under the text, a section by its
title, a paper by its authors and year. What cannot be translated raises `BadSource`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pybtex.database import parse_file

from course_lib.notation import SYMBOLS
from tools.exercise_source import BadSource

BOOK = Path(__file__).resolve().parents[1] / "book"

ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
LINK = re.compile(r"\[([^]]+)\]\(([a-z0-9]+(?:-[a-z0-9]+)+)\)")  # to a label: a file has a dot, an address a colon
MACRO = re.compile(r"\\(" + "|".join(symbol.macro for symbol in SYMBOLS) + r")(?![A-Za-z])")
DIRECTIVE = re.compile(r"^(`{3,}|:{3,})\{", re.MULTILINE)
MEANING = {symbol.macro: symbol.latex for symbol in SYMBOLS}


@dataclass(frozen=True)
class Labels:
    """What the labels of the book stand for: formulas in LaTeX, titles, and "author (year)" for papers."""

    formulas: dict[str, str]
    titles: dict[str, str]
    papers: dict[str, str]


def read_labels(book: Path = BOOK) -> Labels:
    """Collect every label of the book from its sources."""
    formulas, titles = {}, {}
    for path in sorted(book.rglob("*.md")):
        opened: list[str] | None = None
        label = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("$$"):
                if opened is not None and (named := re.fullmatch(r"\$\$ \(([\w-]+)\)", line)):
                    formulas[named[1]] = "\n".join(opened)
                opened = [] if opened is None else None
            elif opened is not None:
                opened.append(line)
            elif named := re.fullmatch(r"\(([\w-]+)\)=", line):
                label = named[1]
            elif label and (heading := re.fullmatch(r"#+ (.+)", line)):
                titles[label], label = heading[1], ""
    return Labels(formulas, titles, _papers(book / "references.bib"))


def for_notebook(markdown: str, labels: Labels, place: str) -> str:
    """Translate one text.

    Parameters
    ----------
    markdown : str
        As in a source.
    labels : Labels
        The book's.
    place : str
        What the message of an error calls it.

    Returns
    -------
    str
        Markdown for any notebook, with the formulas that it refers to quoted at its end.
    """
    if DIRECTIVE.search(markdown):
        raise BadSource(f"{place}: a notebook has no directives, only Markdown; got\n{markdown}")
    quoted: list[str] = []

    def role(match: re.Match) -> str:
        name, content = match.groups()
        text, target = re.fullmatch(r"(?:(.*?)\s*<)?([^<>]+)>?", content, re.DOTALL).groups()
        try:
            if name == "eq":
                if target not in quoted:
                    labels.formulas[target]  # a label that is not there is named below
                    quoted.append(target)
                return f"({quoted.index(target) + 1})"
            if name == "ref":
                return text or f"“{labels.titles[target]}”"
            if name in ("cite:t", "cite:p"):
                paper = labels.papers[target]
                return paper if name == "cite:t" else f"({paper.replace('(', '').replace(')', '')})"
        except KeyError:
            raise BadSource(f"{place}: the book has no label {target}, got {match[0]}") from None
        if name == "term":
            return text or target
        raise BadSource(f"{place}: got {match[0]}, a notebook can show eq, ref, term, cite:t and cite:p only")

    text = LINK.sub(r"\1", ROLE.sub(role, markdown))
    text = re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.MULTILINE)
    for number, label in enumerate(quoted, start=1):
        text += f"\n\n({number}):\n\n$$\n{labels.formulas[label]}\n$$"
    return MACRO.sub(lambda match: f"{{{MEANING[match[1]]}}}", text)


def _papers(bibliography: Path) -> dict[str, str]:
    papers = {}
    for key, entry in parse_file(str(bibliography)).entries.items() if bibliography.is_file() else ():
        authors = [" ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]]
        names = authors[0] + (" et al." if len(authors) > 2 else f" & {authors[1]}" if len(authors) == 2 else "")
        papers[key] = f"{names} ({entry.fields['year']})"
    return papers
