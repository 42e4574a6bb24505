"""The directive `quiz`: one question that the page itself judges, with the reason for every answer.

A question is YAML in a fence. The build writes a native form in which everything is already there: question, answers,
and a closed list of reasons. `_static/quiz.js` only compares and quotes from that list, so a reader without JavaScript,
and paper, lose the judging and nothing else.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from course_build.notebooks.quiz_source import MULTIPLE, NUMBER, TITLE, Mistake, Text, letter, read_question, verdict

LOGGER = logging.getLogger(__name__)

HINTS = {MULTIPLE: "More than one answer is right."}


class quiz(nodes.General, nodes.Element):
    """A question; holds a `quiz_question`, then `quiz_option`s or a `quiz_entry`, then `quiz_reasons`."""


class quiz_question(nodes.TextElement):
    """What is asked."""


class quiz_option(nodes.TextElement):
    """One answer to choose."""


class quiz_entry(nodes.Element):
    """Where a number is typed."""


class quiz_reasons(nodes.Element):
    """Every reason; what the script quotes from."""


class quiz_reason(nodes.TextElement):
    """Why one answer is right or wrong; `verdict` says which it is about."""


class Quiz(SphinxDirective):
    """One question; its texts are Markdown, read by the page's own parser."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the question, or a warning that names the line."""
        try:
            question = read_question("\n".join(self.content))
        except Mistake as mistake:
            place = (self.env.docname, self._line(mistake.line))
            LOGGER.warning("quiz: %s", mistake, location=place, type="quiz")
            return []
        node = quiz(kind=question.kind, tolerance=question.tolerance)
        node.line = self.lineno
        node += self._inline(quiz_question(), question.text)
        for index, option in enumerate(question.options):
            node += self._inline(quiz_option(kind=question.kind, index=index), option)
        if question.kind == NUMBER:
            node += quiz_entry()
        reasons = quiz_reasons()
        for index, reason in enumerate(question.reasons):
            about = quiz_reason(
                correct=reason.correct, value=reason.value, verdict=verdict(reason, index, question.kind)
            )
            reasons += self._inline(about, reason.why)
        node += reasons
        return [node]

    def _line(self, line: int) -> int:
        return self.lineno + self.content_offset + 1 + line

    def _inline(self, parent: nodes.Element, text: Text) -> nodes.Element:
        line = self._line(text.line)
        # MyST counts the lines of what it is given from the line after.
        children, messages = self.parse_inline(text.markdown, lineno=line - 1)
        parent.line = line
        parent.extend([*children, *messages])
        return parent


class WriteQuizzesPlainly(SphinxPostTransform):
    """Where nothing can be clicked (LaTeX, text): the question, the answers and the reasons as lists."""

    default_priority = 200

    def run(self, **_) -> None:
        """Replace every quiz unless the builder writes HTML."""
        if self.app.builder.format == "html":
            return
        for node in list(self.document.findall(quiz)):
            question, *options, reasons = node.children
            lead = nodes.strong(text=f"{TITLE}.")
            parts = [nodes.paragraph("", "", lead, nodes.Text(" "), *question.children)]
            if node["kind"] != NUMBER:
                parts.append(_list_of({f"{letter(option['index'])}.": option for option in options}))
            parts.append(_list_of({reason["verdict"]: reason for reason in reasons}))
            node.replace_self(parts)


def _list_of(texts: dict[str, nodes.Element]) -> nodes.bullet_list:
    listed = nodes.bullet_list(bullet="-")
    for lead, text in texts.items():
        paragraph = nodes.paragraph("", "", nodes.strong(text=lead), nodes.Text(" "), *text.children)
        listed += nodes.list_item("", paragraph)
    return listed


def _visit_quiz(self, node) -> None:
    # method="dialog" sends nothing: without the script the return key would load the page anew.
    data = f' data-tolerance="{escape(node["tolerance"])}"' if node["kind"] == NUMBER else ""
    self.body.append(f'<form class="quiz" method="dialog" autocomplete="off" data-kind="{node["kind"]}"{data}>\n')
    self.body.append(f'<p class="quiz-title">{TITLE}</p>\n<fieldset>\n')


def _depart_quiz(self, node) -> None:
    self.body.append("</form>\n")


def _visit_question(self, node) -> None:
    self.body.append('<legend><span class="quiz-question">')


def _depart_question(self, node) -> None:
    hint = HINTS.get(node.parent["kind"])
    self.body.append("</span>" + (f' <span class="quiz-hint">{hint}</span>' if hint else "") + "</legend>\n")


def _visit_option(self, node) -> None:
    # Groups of radio buttons end with their form, so every form may use the same name; labels need no id either.
    box = "checkbox" if node["kind"] == MULTIPLE else "radio"
    name = f'<span class="quiz-letter">{letter(node["index"])}</span>'
    self.body.append(f'<label class="quiz-option"><input type="{box}" name="answer">{name} <span>')


def _depart_option(self, node) -> None:
    self.body.append("</span></label>\n")


def _visit_entry(self, node) -> None:
    field = '<input type="text" inputmode="decimal" name="answer" size="8">'
    self.body.append(f'<label class="quiz-entry"><span>Your number</span> {field}</label>\n')


def _visit_reasons(self, node) -> None:
    self.body.append('<p class="quiz-tools"><button type="submit" hidden>Check</button></p>\n</fieldset>\n')
    self.body.append('<div class="quiz-feedback" role="status"></div>\n')
    self.body.append('<details class="quiz-answer"><summary>Show the answer</summary>\n<ul>\n')


def _depart_reasons(self, node) -> None:
    self.body.append("</ul>\n</details>\n")


def _visit_reason(self, node) -> None:
    data = ' data-correct="true"' if node["correct"] else ""
    if node["value"] is not None:
        data += f' data-value="{escape(node["value"])}"'
    self.body.append(f'<li{data}><span class="quiz-verdict">{node["verdict"]}</span> <span class="quiz-why">')


def _depart_reason(self, node) -> None:
    self.body.append("</span></li>\n")


def add_files(app, pagename, templatename, context, doctree) -> None:
    """Give the script and the style sheet to the pages that have a quiz; connected to `html-page-context`."""
    if doctree is not None and next(doctree.findall(quiz), None):
        app.add_js_file("quiz.js", loading_method="defer")
        app.add_css_file("quiz.css", priority=900)


def setup(app):
    """Connect the directive; called by Sphinx, which `extension` asks to."""

    def nothing(self, node):
        pass

    app.add_node(quiz, html=(_visit_quiz, _depart_quiz))
    app.add_node(quiz_question, html=(_visit_question, _depart_question))
    app.add_node(quiz_option, html=(_visit_option, _depart_option))
    app.add_node(quiz_entry, html=(_visit_entry, nothing))
    app.add_node(quiz_reasons, html=(_visit_reasons, _depart_reasons))
    app.add_node(quiz_reason, html=(_visit_reason, _depart_reason))
    app.add_directive("quiz", Quiz)
    app.add_post_transform(WriteQuizzesPlainly)
    app.connect("html-page-context", add_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
