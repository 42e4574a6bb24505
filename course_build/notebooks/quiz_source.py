"""What stands in the fence of a quiz: YAML, read and checked, with the line of every mistake."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import yaml

SINGLE, MULTIPLE, NUMBER = "single", "multiple", "number"
TITLE = "Check yourself"


class Mistake(Exception):
    """What is wrong with a quiz, and in which line of its fence (from 0)."""

    def __init__(self, line: int, message: str):
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class Text:
    """A piece of Markdown and the line of the fence it starts in."""

    markdown: str
    line: int


@dataclass(frozen=True)
class Reason:
    """Why an answer is right or wrong. `value` is the number it is about; none means any other number."""

    why: Text
    correct: bool
    value: str | None = None


@dataclass(frozen=True)
class Question:
    """What the fence says, checked. `options` is empty where a number is asked for."""

    kind: str
    text: Text
    reasons: list[Reason]
    options: list[Text] = field(default_factory=list)
    tolerance: str = ""


def read_question(source: str) -> Question:
    """Read and check the YAML of one question.

    Parameters
    ----------
    source : str
        `question` with either `answers` (each `text`, `why` and, where it is right, `correct: true`) or `number`
        (with `tolerance`, `why`, `otherwise` and perhaps `wrong`, a list of `value` and `why`).

    Raises
    ------
    Mistake
        If it is no YAML, or a key is missing, unknown, doubled or has a value that makes no sense.
    """
    try:
        document = yaml.compose(source, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise Mistake(error.problem_mark.line, f"no YAML: {error.problem}; quote a text that contains ': '") from error
    if document is None:
        raise Mistake(0, "got nothing, expected a question")
    is_number = isinstance(document, yaml.MappingNode) and any(key.value == "number" for key, _ in document.value)
    return _read_number(document) if is_number else _read_choice(document)


def letter(index: int) -> str:
    """What an answer is called: A, B and so on."""
    return chr(ord("A") + index)


def verdict(reason: Reason, index: int, kind: str) -> str:
    """What a reason is about: "A is right." for the answer of that index, or the number and how it is judged."""
    if kind == NUMBER and reason.value is None:
        return "Any other number:"
    value = reason.value
    right = "is right." if reason.correct else "is wrong."
    return f"{letter(index) if value is None else value.replace('-', '−')} {right}"


def _read_choice(document) -> Question:
    keys = _mapping(document, {"question", "answers"})
    options, reasons = [], []
    for item in _sequence(keys["answers"], "answers"):
        answer = _mapping(item, {"text", "why"}, {"correct"})
        correct = _scalar(answer["correct"], "correct") if "correct" in answer else "false"
        if correct not in ("true", "false"):
            raise Mistake(answer["correct"].start_mark.line, f"got correct: {correct}, expected true or false")
        options.append(_text(answer["text"], "text"))
        reasons.append(Reason(_text(answer["why"], "why"), correct == "true"))
    right = sum(reason.correct for reason in reasons)
    line = keys["answers"].start_mark.line
    if right == 0:
        raise Mistake(line, "no answer is correct; mark one with correct: true")
    if right == len(reasons):
        raise Mistake(line, "every answer is correct, expected a wrong one to choose from")
    return Question(SINGLE if right == 1 else MULTIPLE, _text(keys["question"], "question"), reasons, options)


def _read_number(document) -> Question:
    keys = _mapping(document, {"question", "number", "tolerance", "why", "otherwise"}, {"wrong"})
    number, tolerance = _number(keys["number"], "number"), _number(keys["tolerance"], "tolerance")
    if float(tolerance) < 0:
        raise Mistake(keys["tolerance"].start_mark.line, f"got tolerance {tolerance}, expected 0 or more")
    reasons = [Reason(_text(keys["why"], "why"), True, number)]
    for item in _sequence(keys["wrong"], "wrong") if "wrong" in keys else []:
        wrong = _mapping(item, {"value", "why"})
        value = _number(wrong["value"], "value")
        if abs(float(value) - float(number)) <= float(tolerance):
            raise Mistake(item.start_mark.line, f"{value} is within the tolerance of {number}: it would be right")
        reasons.append(Reason(_text(wrong["why"], "why"), False, value))
    reasons.append(Reason(_text(keys["otherwise"], "otherwise"), False))
    return Question(NUMBER, _text(keys["question"], "question"), reasons, tolerance=tolerance)


def _mapping(node, needed: set[str], allowed: set[str] = frozenset()) -> dict:
    line = node.start_mark.line
    if not isinstance(node, yaml.MappingNode):
        raise Mistake(line, f"expected the keys {_list(needed)}")
    found = {}
    for key, value in node.value:
        if key.value not in needed | allowed:
            raise Mistake(key.start_mark.line, f"unknown key {key.value!r}, expected {_list(needed | allowed)}")
        if key.value in found:
            raise Mistake(key.start_mark.line, f"{key.value!r} stands here twice")
        found[key.value] = value
    if missing := needed - set(found):
        raise Mistake(line, f"missing: {_list(missing)}")
    return found


def _list(keys: set[str]) -> str:
    return ", ".join(sorted(keys))


def _sequence(node, name: str) -> list:
    if not isinstance(node, yaml.SequenceNode) or not node.value:
        raise Mistake(node.start_mark.line, f"{name} has to be a list")
    return node.value


def _scalar(node, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise Mistake(node.start_mark.line, f"{name} has to be a text, and not empty")
    return node.value.strip()


def _text(node, name: str) -> Text:
    # The text of a block scalar (| or >) starts in the line after its mark.
    return Text(_scalar(node, name), node.start_mark.line + (node.style in ("|", ">")))


def _number(node, name: str) -> str:
    text = _scalar(node, name)
    try:
        finite = math.isfinite(float(text))
    except ValueError:
        finite = False
    if not finite:
        raise Mistake(node.start_mark.line, f"got {name}: {text}, expected a number such as 0.5")
    return text
