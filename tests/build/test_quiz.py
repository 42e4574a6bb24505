"""The directive `quiz`: what it accepts, what it refuses and where, and what each builder makes of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_build.notebooks.quiz_source import MULTIPLE, NUMBER, SINGLE, Mistake, read_question

ROOT = Path(__file__).resolve().parents[2]

CHOICE = """\
question: Which of these does the *loss* determine?
answers:
  - text: The subspace, a part of $\\mathbb R^D$.
    correct: true
    why: Any other has a larger error; see {ref}`there`.
  - text: The columns.
    why: |
      Any invertible matrix between
      encoder and decoder cancels.
"""
NUMERIC = """\
question: How many nats?
number: -2
tolerance: 0.05
why: Half of $2^2$.
wrong:
  - value: 4
    why: Without the ½.
otherwise: Put it into the formula.
"""


def test_a_single_choice_is_read():
    """Its texts come back as written, each with its line."""
    question = read_question(CHOICE)
    assert question.kind == SINGLE
    assert [option.markdown for option in question.options] == [
        "The subspace, a part of $\\mathbb R^D$.",
        "The columns.",
    ]
    assert [reason.correct for reason in question.reasons] == [True, False]
    assert [reason.why.line for reason in question.reasons] == [4, 7]
    assert question.reasons[1].why.markdown == "Any invertible matrix between\nencoder and decoder cancels."


def test_two_correct_answers_make_a_multiple_choice():
    """Nothing else has to be said."""
    third = "  - text: Both.\n    correct: true\n    why: Because.\n"
    assert read_question(CHOICE + third).kind == MULTIPLE


def test_a_number_is_read_as_written():
    """0.10 stays 0.10; the reason for any other number is the last."""
    question = read_question(NUMERIC.replace("number: -2", "number: 0.10"))
    assert question.kind == NUMBER
    assert question.tolerance == "0.05"
    assert [reason.value for reason in question.reasons] == ["0.10", "4", None]
    assert not question.options


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("", 0, "got nothing"),
        ("just text", 0, "expected the keys"),
        ("question: a: b", 0, "no YAML"),
        (CHOICE.replace("    correct: true\n", ""), 2, "no answer is correct"),
        (CHOICE.replace("The columns.\n", "The columns.\n    correct: true\n"), 2, "every answer is correct"),
        (CHOICE.replace("correct: true", "correct: yes"), 3, "expected true or false"),
        (CHOICE.replace("    why: Any other has", "    because: Any other has"), 4, "unknown key 'because'"),
        (CHOICE.replace("    why: Any other has a larger error; see {ref}`there`.\n", ""), 2, "missing: why"),
        (CHOICE.replace("text: The columns.", "text:"), 5, "not empty"),
        (CHOICE + "question: Another?\n", 9, "stands here twice"),
        ("question: What?\nanswers: []\n", 1, "has to be a list"),
        ("question: What?\n", 0, "missing: answers"),
        (NUMERIC.replace("tolerance: 0.05\n", ""), 0, "missing: tolerance"),
        (NUMERIC.replace("otherwise: Put it into the formula.\n", ""), 0, "missing: otherwise"),
        (NUMERIC.replace("0.05", "-1"), 2, "expected 0 or more"),
        (NUMERIC.replace("number: -2", "number: two"), 1, "expected a number"),
        (NUMERIC.replace("number: -2", "number: nan"), 1, "expected a number"),
        (NUMERIC.replace("value: 4", "value: -2.05"), 5, "it would be right"),
        (NUMERIC + "answers:\n  - text: a\n", 8, "unknown key 'answers'"),
    ],
)
def test_a_mistake_names_its_line(source, line, message):
    """What is wrong, and where in the fence."""
    with pytest.raises(Mistake, match=re.escape(message)) as caught:
        read_question(source)
    assert caught.value.line == line


CONF = f"""\
import sys
sys.path[:0] = [{ROOT.as_posix()!r}]
extensions = ["myst_nb", "course_build.sphinx.quiz"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath"]
html_static_path = [{(ROOT / "book" / "_static").as_posix()!r}]
"""


@pytest.fixture
def build(tmp_path):
    """A function that builds pages with Sphinx and returns what was written and what was complained about."""

    def run(builder: str, **pages: str) -> tuple[dict[str, str], str]:
        (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
        for name, text in pages.items():
            (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", builder, ".", "out"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        files = [path for suffix in ("html", "txt", "tex") for path in (tmp_path / "out").glob(f"*.{suffix}")]
        written = {path.name: path.read_text(encoding="utf-8") for path in files}
        return written, result.stderr

    return run


def fence(source: str) -> str:
    """A quiz as it stands in a page."""
    return f"```{{quiz}}\n{source}```\n"


TARGET = "\n(there)=\n## A section\n\nText.\n"


def test_the_page_holds_a_native_form_and_every_reason(build):
    """Labels, a group with a name, one status, no id; the reasons are in a list that opens without a script."""
    pages, complaints = build("html", index="# Page\n\n" + fence(CHOICE) + "\n" + fence(NUMERIC) + TARGET)
    assert complaints == ""
    forms = re.findall(r'<form class="quiz".*?</form>', pages["index.html"], re.DOTALL)
    assert len(forms) == 2
    choice, number = forms
    assert "<em>loss</em>" in re.search("<legend>.*</legend>", choice)[0]
    assert choice.count('<label class="quiz-option"><input type="radio" name="answer">') == 2
    assert 'href="#there"' in choice
    assert choice.count("\\(\\mathbb R^D\\)") == 1, "Nothing is written twice"
    for form in forms:
        assert form.count('role="status"') == form.count("<details") == form.count("<fieldset>") == 1
        assert not re.search(r"\bid=|\bon\w+=", form)
    assert 'inputmode="decimal"' in number
    assert '<li data-correct="true" data-value="-2"><span class="quiz-verdict">−2 is right.</span>' in number


def test_script_and_style_go_only_where_a_quiz_is(build):
    """A page without one asks for neither."""
    index = "# Page\n\n```{toctree}\nother\n```\n" + TARGET + "\n" + fence(CHOICE)
    pages, _ = build("html", index=index, other="# Other\n\nText.\n")
    for name, count in (("index.html", 1), ("other.html", 0)):
        assert pages[name].count("quiz.js") == pages[name].count("quiz.css") == count, name


@pytest.mark.parametrize("builder", ["text", "latex"])
def test_elsewhere_it_is_a_list(build, builder):
    """Question, answers and reasons, in words."""
    pages, complaints = build(builder, index="# Page\n\n" + fence(CHOICE) + "\n" + fence(NUMERIC) + TARGET)
    assert complaints == ""
    text = pages["index.txt"] if builder == "text" else next(t for name, t in pages.items() if name.endswith(".tex"))
    order = ["Check yourself", "Which of these does the", "The subspace", "A is right.", "B is wrong.", "−2 is right."]
    text = re.sub(r"[*]|\\sphinx\w+\{(\w+)\}", r"\1", text)
    places = [text.find(piece) for piece in order]
    assert -1 not in places
    assert places == sorted(places)


def test_a_mistake_is_a_warning_with_file_and_line(build):
    """Also one that only the Markdown inside shows."""
    bad = "# Page\n\n" + fence(CHOICE.replace("    correct: true\n", "")) + "\n" + fence(CHOICE)
    _, complaints = build("html", index=bad)
    assert re.search(r"index\.md:6\b.*quiz: no answer is correct", complaints)
    assert re.search(r"index\.md:19\b.*\bthere\b", complaints)
