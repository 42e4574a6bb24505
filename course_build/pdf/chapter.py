"""One built page, made ready for paper: nothing to click, answers at the end, anchors that are unique in the book."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

from course_build.copies import unlinked
from course_build.pdf.contents import Entry

ARTICLE = re.compile(r"<article\b[^>]*\bbd-article\b.*?</article>", re.DOTALL)
# A screen reader's copy of each formula is a second text behind the first on paper, and half of the page.
MATHML = re.compile(
    r'<span class="katex"><span class="katex-mathml">.*?<annotation encoding="application/x-tex">(.*?)</annotation>'
    r".*?</math></span>",
    re.DOTALL,
)
# What needs a hand, a screen reader or a dark page.
NOT_ON_PAPER = (
    "script, style, noscript, button, summary, a.headerlink, .only-dark, .on-dark-page, .quiz-feedback, .quiz-tools, "
    ".toctree-wrapper, h1 .section-number"
)


def read_chapter(site: Path, entry: Entry, pages: Mapping[str, Entry], address: str | None = None) -> Tag:
    """The article of a page, for paper.

    Parameters
    ----------
    site : Path
        The folder of the built pages.
    entry : Entry
        The page.
    pages : mapping of str to Entry
        All pages of the volume by name: links among them stay in it.
    address : str, optional
        Where the site is published. Links to what is not in the volume lead there; without it they are plain text.

    Returns
    -------
    bs4.Tag
        A `section`, whose id is the page's key.

    Raises
    ------
    ValueError
        If the page holds no article.
    """
    path = site / f"{entry.name}.html"
    found = ARTICLE.search(unlinked(path.read_text(encoding="utf-8")))
    if not found:
        raise ValueError(f"got no article in {path}, expected a page of the book; run make book")
    source = MATHML.sub(_spoken, found[0]).replace(
        '<span class="katex-html" aria-hidden="true">', '<span class="katex-html">'
    )
    soup = BeautifulSoup(source, "html.parser")
    article = soup.article
    for tag in article.select(NOT_ON_PAPER):
        tag.decompose()
    _answers_last(soup, article)
    for figure in article.select(".cw-figure"):
        _caption(soup, figure)
    for code in article.select("div.highlight pre"):
        listing = soup.new_tag("code", attrs={"class": "listing"})  # one element to a screen reader
        listing.extend(list(code.contents))
        code.append(listing)
    for details in article.find_all("details"):
        details.name = "div"  # what was folded lies open
    for picture in article.find_all("img"):
        del picture["loading"]
        if not urlsplit(picture["src"]).scheme:  # data:, a picture in the page itself, stays
            picture["src"] = os.path.normpath(path.parent.relative_to(site) / picture["src"])
    _rename_anchors(article, entry.key)
    _redirect_links(article, entry, pages, address)
    article.name = "section"
    article.attrs = {"class": "bd-article chapter", "id": entry.key}
    return article


def _spoken(formula: re.Match) -> str:
    """A formula that is one picture to a screen reader, described by its TeX, instead of a hundred pieces."""
    tex = " ".join(formula[1].split()).replace('"', "&quot;")
    return f'<span class="katex" role="img" aria-label="{tex}">'


def _answers_last(soup: BeautifulSoup, article: Tag) -> None:
    """Move answers and solutions to the end of the chapter: on paper nothing else hides them from who is asked."""
    answers = article.select("details.quiz-answer")
    solutions = article.select("div.solution.admonition")
    if not answers and not solutions:
        return
    chapter = article.find("section")
    part = soup.new_tag("section", attrs={"class": "answers"})
    heading = soup.new_tag("h2")
    heading.string = "Answers"
    part.append(heading)
    for number, answer in enumerate(answers, start=1):
        quiz = answer.find_parent("form")
        quiz["id"], answer["id"] = f"question-{number}", f"answer-{number}"
        title = quiz.find(class_="quiz-title")
        title.clear()
        title.append(f"Check yourself {number} ")
        title.append(_link(soup, f"#answer-{number}", "(answer)"))
        lead = soup.new_tag("p", attrs={"class": "quiz-title"})
        lead.append(_link(soup, f"#question-{number}", f"Check yourself {number}"))
        answer.insert(0, lead)
        part.append(answer.extract())
    for solution in solutions:
        exercise = article.find(id=f"ex-{solution['id'].removeprefix('solution-')}")
        title = solution.find(class_="admonition-title")
        title.clear()
        asked = exercise.find(class_="admonition-title").get_text().strip()
        title.extend(["Solution to ", _link(soup, f"#{exercise['id']}", asked)])
        part.append(solution.extract())
    chapter.append(part)


def _caption(soup: BeautifulSoup, figure: Tag) -> None:
    """Under the still of a figure that lives on the site, say so, and what is to be seen."""
    still = figure.find("img", class_="cw-still")
    if not still:
        raise ValueError(f"got the figure {figure.get('data-widget')} without a still; give its class one")
    caption = soup.new_tag("p", attrs={"class": "still-caption"})
    lead = soup.new_tag("em")
    lead.string = "A still of a figure that moves in the online edition."
    caption.extend([lead, f" {still['alt']}"])
    figure.append(caption)


def _link(soup: BeautifulSoup, target: str, text: str) -> Tag:
    link = soup.new_tag("a", attrs={"href": target})
    link.string = text
    return link


def _rename_anchors(article: Tag, key: str) -> None:
    for tag in article.find_all(id=True):
        tag["id"] = f"{key}--{tag['id']}"
    for tag in article.find_all(True):
        for name in ("aria-labelledby", "aria-describedby", "for", "headers"):
            if name in tag.attrs:
                tag[name] = " ".join(f"{key}--{one}" for one in str(tag[name]).split())


def _redirect_links(article: Tag, entry: Entry, pages: Mapping[str, Entry], address: str | None) -> None:
    folder = PurePosixPath(entry.name).parent
    for link in article.find_all("a", href=True):
        url = urlsplit(link["href"])
        if url.scheme:
            continue
        target = os.path.normpath(folder / url.path) if url.path else f"{entry.name}.html"
        page = pages.get(target.removesuffix(".html")) if target.endswith(".html") else None
        if page:
            link["href"] = f"#{page.key}--{url.fragment}" if url.fragment else f"#{page.key}"
        elif address:
            link["href"] = f"{address.rstrip('/')}/{target}" + (f"#{url.fragment}" if url.fragment else "")
        else:
            link.unwrap()
