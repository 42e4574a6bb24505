"""The book's directives as plain Markdown: boxes become quotations, questions and hints can be unfolded.

A directive that is not listed in `SHOWN` raises `BadSource`: write how a notebook shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from course_build.exercises.fragment import LEVEL_NAMES
from course_build.exercises.source import BadSource, Exercise
from course_build.notebooks.markdown import Setting, for_notebook
from course_build.notebooks.quiz_source import NUMBER, TITLE, letter, read_question, verdict

OPENING = re.compile(r"(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<argument>.*)")
OPTION = re.compile(r":(?P<key>[\w-]+):[ \t]*(?P<value>.*)")
FENCE = re.compile(r"(`{3,}|~{3,})")
MATHEMATICS = re.compile(r"\$\$\n(.*?)\n\$\$", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A directive: what stands behind its name, its options, and its content."""

    name: str
    argument: str
    options: Mapping[str, str]
    content: str


@dataclass(frozen=True)
class BlockContext:
    """What a directive may need besides its own text."""

    setting: Setting
    exercises: Mapping[str, Exercise]


def with_blocks(markdown: str, chapter: BlockContext) -> str:
    """Translate a text of a chapter with everything that is in it.

    Parameters
    ----------
    markdown : str
        As in the chapter.
    chapter : BlockContext
        Its setting, and the exercises of the course by their ids.

    Returns
    -------
    str
        Markdown for any notebook.
    """
    pieces = []
    for piece in split(markdown):
        if isinstance(piece, str):
            pieces.append(for_notebook(piece, chapter.setting))
        elif piece.name in SHOWN:
            pieces.append(SHOWN[piece.name](piece, chapter))
        else:
            place = chapter.setting.place
            raise BadSource(f"{place}: a notebook cannot show {{{piece.name}}}; it can {', '.join(sorted(SHOWN))}")
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(pieces)).strip()


def split(markdown: str) -> list[str | Block]:
    """Cut a text into directives and what stands between them; code that is only quoted stays in the text."""
    pieces: list[str | Block] = []
    text: list[str] = []
    lines = iter(markdown.splitlines())
    for line in lines:
        if opening := OPENING.fullmatch(line):
            pieces.append("\n".join(text))
            text = []
            pieces.append(_block(opening, _until(opening["fence"], lines)))
        elif fence := FENCE.match(line):
            text += [line, *_until(fence[1], lines), fence[1]]
        else:
            text.append(line)
    pieces.append("\n".join(text))
    return [piece for piece in pieces if not isinstance(piece, str) or piece.strip()]


def _until(fence: str, lines) -> list[str]:
    inside = []
    for line in lines:
        if re.fullmatch(rf"{fence[0]}{{{len(fence)},}}\s*", line):
            return inside
        inside.append(line)
    raise BadSource(f"a fence {fence} is not closed; it holds\n" + "\n".join(inside))


def _block(opening: re.Match, lines: list[str]) -> Block:
    options = {}
    while lines and (option := OPTION.fullmatch(lines[0])):
        options[option["key"]] = option["value"]
        lines = lines[1:]
    return Block(opening["name"], opening["argument"], options, "\n".join(lines).strip())


def quoted(title: str, text: str) -> str:
    """A quotation with a bold title; formulas in it take one line each, or their lines would carry marks too."""
    lines = MATHEMATICS.sub(lambda match: f"$$ {' '.join(match[1].splitlines())} $$", text).splitlines()
    return "\n".join(f"> {line}".rstrip() for line in (f"**{title}**", "", *lines))


def folded(title: str, text: str) -> str:
    """A text that a click unfolds."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def _admonition(block: Block, chapter: BlockContext) -> str:
    named = block.name == "admonition"
    title = for_notebook(block.argument, chapter.setting) if named else block.name.capitalize()
    content = block.content if named else f"{block.argument}\n{block.content}".strip()
    box = folded if "dropdown" in block.options.get("class", "") else quoted
    return box(title, with_blocks(content, chapter))


def _quiz(block: Block, chapter: BlockContext) -> str:
    question = read_question(block.content)

    def shown(text) -> str:
        return " ".join(for_notebook(text.markdown, chapter.setting).split())

    lines = [f"**{TITLE}.** {shown(question.text)}", ""]
    lines += [f"- **{letter(index)}.** {shown(option)}" for index, option in enumerate(question.options)]
    reasons = [
        f"- **{verdict(reason, index, question.kind)}** {shown(reason.why)}"
        for index, reason in enumerate(question.reasons)
    ]
    unfold = "Show the number" if question.kind == NUMBER else "Show the answer"
    return "\n".join(lines).strip() + "\n\n" + folded(unfold, "\n".join(reasons))


def _exercise(block: Block, chapter: BlockContext) -> str:
    if block.argument not in chapter.exercises:
        raise BadSource(f"{chapter.setting.place}: got the exercise {block.argument}, which has no source")
    exercise = chapter.exercises[block.argument]
    number = chapter.setting.labels.numbers[f"ex-{exercise.id}"]
    points = f"{exercise.total} point{'s' * (exercise.total > 1)}"
    name = f"{exercise.id}.ipynb"
    site = chapter.setting.site
    where = f"[{name}]({site}notebooks/exercises/{name})" if site else f"`{name}`"
    page = chapter.setting.link("The page of this chapter", f"ex-{exercise.id}")
    text = f"*{LEVEL_NAMES[exercise.level]} · {points} · about {exercise.minutes} minutes.* Its notebook is {where}. "
    text += f"{page} shows what is asked for and leads to the notebook."
    return quoted(f"Exercise {number}: {exercise.title}", text)


def _code(block: Block, chapter: BlockContext) -> str:
    return f"```{block.argument}\n{block.content}\n```"


def _mathematics(block: Block, chapter: BlockContext) -> str:
    label = block.options.get("label")
    return for_notebook(f"$$\n{block.content}\n$$" + (f" ({label})" if label else ""), chapter.setting)


def _picture(block: Block, chapter: BlockContext) -> str:
    alt = f"*Picture: {block.options.get('alt', block.argument)}*"
    return f"{alt}\n\n{with_blocks(block.content, chapter)}".strip()


SHOWN: dict[str, Callable[[Block, BlockContext], str]] = {
    **dict.fromkeys(("admonition", "note", "tip", "hint", "important", "warning", "caution", "seealso"), _admonition),
    **dict.fromkeys(("code-block", "code"), _code),
    **dict.fromkeys(("figure", "image"), _picture),
    "math": _mathematics,
    "quiz": _quiz,
    "course-exercise": _exercise,
}
