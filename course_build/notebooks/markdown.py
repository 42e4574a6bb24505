"""The book's Markdown as any notebook shows it: formulas without the book's macros, references without the book.

Roles and labels are translated here, directives in `course_build.notebooks.blocks`. What cannot be translated raises
`BadSource`. It is not read off Sphinx's resolved pages (sphinx-markdown-builder does that well): the same translation
makes the exercises' notebooks, which an instructor gets on a fresh clone, without building a book for ten minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from course_build.contents import with_numbers
from course_build.exercises.source import BadSource
from course_build.notebooks.labels import Labels
from course_lib.notation import SYMBOLS

# What may stand in a text, in the order in which it is looked for: code is left as it is.
SYNTAX = re.compile(
    r"(?P<block>^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^(?P=fence)$)"
    r"|\{(?P<role>[\w:]+)\}`(?P<content>[^`]+)`"
    r"|(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<image>!?)\[(?P<text>[^]]*)\]\((?P<target>[^)\s]+)\)"
    r"|^\((?P<label>[\w-]+)\)=(?:\n|\Z)"
    r"|^\$\$ \((?P<formula>[\w-]+)\)$"
    r"|\\(?P<macro>" + "|".join(symbol.macro for symbol in SYMBOLS) + r")(?![A-Za-z])",
    re.MULTILINE | re.DOTALL,
)
DIRECTIVE = re.compile(r"^\s*(`{3,}|:{3,})\{", re.MULTILINE)
MEANING = {symbol.macro: symbol.latex for symbol in SYMBOLS}
GLOSSARY, BIBLIOGRAPHY = "book/appendix/glossary", "book/bibliography"


@dataclass(frozen=True)
class Setting:
    """Where a text stands, and what is known about the book around it.

    Attributes
    ----------
    labels : Labels
        The book's.
    place : str
        What the message of an error calls the text.
    page : str
        The page that the text is from, "book/part1/pca"; "" for the text of an exercise.
    site : str or None
        The address of the published book, with a slash at its end; None where nobody knows it.
    glued : mapping of str to str
        The numbers that the page's run gave.
    """

    labels: Labels
    place: str
    page: str = ""
    site: str | None = None
    glued: Mapping[str, str] = field(default_factory=dict)

    def link(self, text: str, label: str, page: str = "", anchor: str = "") -> str:
        """A link to what a label stands for on the published page; the text alone where there is none."""
        page = page or self.labels.pages.get(label, "")
        return f"[{text}]({self.site}{page}.html#{anchor or label})" if self.site and page else text


def for_notebook(markdown: str, setting: Setting) -> str:
    """Translate one text without directives.

    Parameters
    ----------
    markdown : str
        As in a source.
    setting : Setting
        Where it stands.

    Returns
    -------
    str
        Markdown for any notebook. A formula of another page that cannot be linked to is quoted at its end.
    """
    markdown = with_numbers(markdown, setting.labels.pages)
    if DIRECTIVE.search(markdown):
        raise BadSource(f"{setting.place}: a notebook has no directives, only Markdown; got\n{markdown}")
    labels, quoted = setting.labels, []

    def translated(match: re.Match) -> str:
        if match["role"]:
            try:
                return SYNTAX.sub(translated, _role(match["role"], match["content"], setting, quoted))
            except KeyError as error:
                raise BadSource(f"{setting.place}: the book has no label {error.args[0]}, got {match[0]}") from None
        if match["macro"]:
            return f"{{{MEANING[match['macro']]}}}"
        if match["target"]:
            return _link(match, SYNTAX.sub(translated, match["text"]), setting)
        if match["formula"]:
            number = labels.numbers.get(match["formula"]) if setting.page else None
            return f"\\tag{{{number}}}\n$$" if number else "$$"
        return "" if match["label"] else match[0]

    text = SYNTAX.sub(translated, markdown)
    for name in quoted:
        number = _number(name, setting, quoted)
        formula = SYNTAX.sub(translated, labels.formulas[name])
        tag = f"\n\\tag{{{number}}}" if setting.page else ""
        text += f"\n\n({number}):\n\n$$\n{formula}{tag}\n$$"
    return text


def _role(name: str, content: str, setting: Setting, quoted: list[str]) -> str:
    labels = setting.labels
    text, target = re.fullmatch(r"(?:(.*?)\s*<)?([^<>]+)>?", content, re.DOTALL).groups()
    if name == "eq":
        labels.formulas[target]  # a label that is not there is named by the caller
        if setting.page and (setting.site or labels.pages[target] == setting.page):
            number = f"({labels.numbers[target]})"
            here = labels.pages[target] == setting.page
            return number if here else setting.link(number, target, anchor=f"equation-{target}")
        if target not in quoted:
            quoted.append(target)
        return f"({_number(target, setting, quoted)})"
    if name == "ref":
        known = f"Exercise {labels.numbers[target]}" if target.startswith("ex-") else f"“{labels.titles[target]}”"
        return setting.link(text or known, target)
    if name == "numref":
        return setting.link(f"Fig. {labels.numbers[target]}", target)
    if name in ("cite:t", "cite:p"):
        papers = [labels.papers[key.strip()] for key in content.split(",")]
        if name == "cite:t":
            return ", ".join(setting.link(paper, "", BIBLIOGRAPHY, "bibliography") for paper in papers)
        bare = (paper.replace("(", "").replace(")", "") for paper in papers)
        return f"({'; '.join(setting.link(paper, '', BIBLIOGRAPHY, 'bibliography') for paper in bare)})"
    if name == "term":
        anchor = "term-" + re.sub(r"[^A-Za-z0-9]+", "-", target) if target.isascii() else "glossary"
        return setting.link(text or target, "", GLOSSARY, anchor)
    if name == "glue:text":
        if content not in setting.glued:
            raise BadSource(f"{setting.place}: no cell of the page glued {content}, got {sorted(setting.glued)}")
        return setting.glued[content]
    known = "eq, ref, numref, term, cite:t, cite:p and glue:text"
    raise BadSource(f"{setting.place}: got {{{name}}}`{content}`, a notebook can show {known} only")


def _number(label: str, setting: Setting, quoted: list[str]) -> int:
    # An exercise has no other formulas; in a chapter's notebook each keeps the number that it has in the book.
    return setting.labels.numbers[label] if setting.page else quoted.index(label) + 1


def _link(match: re.Match, text: str, setting: Setting) -> str:
    target = match["target"]
    if re.match(r"https?:|mailto:", target):
        return f"{match['image']}[{text}]({target})"
    if match["image"]:
        return f"*Picture: {text}*"  # a notebook has no files of the book beside it
    return setting.link(text, target)
