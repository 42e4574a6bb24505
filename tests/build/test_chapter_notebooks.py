"""The notebooks of the chapters: what a reader gets runs as the page did, and shows nothing of the book's machinery."""

from __future__ import annotations

import ast
import copy
import json
import re
import subprocess
import sys
import tomllib
from functools import cache

import nbformat
import pytest

from course_build.exercises.source import BadSource, read_all
from course_build.notebooks import chapters as made
from course_build.notebooks import exercises as exercise_notebooks
from course_build.notebooks.blocks import BlockContext, with_blocks
from course_build.notebooks.labels import ROOT, Labels, read_labels, read_page
from course_build.notebooks.markdown import Setting, for_notebook
from course_build.repository import Origin
from course_build.sphinx import katex_math

UNKNOWN = Origin()
PUBLISHED = Origin("https://github.com/ada/bottleneck", "https://ada.github.io/bottleneck/", "main")
EXERCISES = read_all()
CHAPTERS = made.chapters()


class Any(dict):
    """Numbers for a text without a run."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return "−1.5"


@cache
def notebook(page: str, origin: Origin = UNKNOWN):
    """The notebook of a chapter, with made-up numbers."""
    return made.notebook(page, read_page(ROOT, page), Any(), made.course(origin, read_labels(), EXERCISES))


@cache
def student(name: str, origin: Origin = UNKNOWN):
    """The notebook of an exercise."""
    exercise = next(exercise for exercise in EXERCISES if exercise.id == name)
    return exercise_notebooks.notebook(exercise, exercise_notebooks.STUDENT, read_labels(), origin=origin)


NOTEBOOKS = [
    *(pytest.param(notebook, page, id=page) for page in CHAPTERS),
    *(pytest.param(student, exercise.id, id=exercise.id) for exercise in EXERCISES),
]


def texts(book) -> str:
    """Everything that is Markdown."""
    return "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


def codes(book) -> list[str]:
    """Every code cell."""
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_pages_run_is_the_notebooks_run(page):
    """What the build executes for a page is the notebook's code, cell by cell, and that is the chapter's."""
    executed = made.runnable(read_page(ROOT, page), UNKNOWN)
    in_notebook = [cell for cell in notebook(page).cells if cell.cell_type == "code"]
    assert in_notebook == executed
    written = re.findall(
        r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::\w+:[^\n]*\n)+)?(.*?)\n```$",
        (ROOT / f"{page}.md").read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert [cell.source.strip() for cell in executed[1:]] == [code.strip() for code in written]
    assert "set_up(" in executed[0].source


@pytest.mark.parametrize("page", CHAPTERS)
def test_making_a_notebook_leaves_the_page_as_it_was_read(page):
    """Its hash finds the page's run in the cache."""
    read = read_page(ROOT, page)
    before = copy.deepcopy(read)
    made.runnable(read, UNKNOWN)
    made.notebook(page, read, Any(), made.course(UNKNOWN, read_labels(), EXERCISES))
    assert read == before


@pytest.mark.parametrize(("make", "name"), NOTEBOOKS)
@pytest.mark.parametrize("origin", [UNKNOWN, PUBLISHED], ids=["unknown", "published"])
def test_every_notebook_is_valid_and_plain(make, name, origin):
    """In the format of notebooks, the same every time, and without anything that only the book understands."""
    book = make(name, origin)
    nbformat.validate(book)
    assert len({cell.id for cell in book.cells}) == len(book.cells)
    assert [cell.outputs for cell in book.cells if cell.cell_type == "code" and cell.outputs] == []
    text = re.sub(r"^```.*?^```$", "", texts(book), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"\{[\w:-]+\}`[^`]*`?|^:::.*|^`{3,}\{.*|^\([\w-]+\)=|^:\w+:.*|\$\$ \(", text, re.MULTILINE) == []
    macros = "|".join(re.escape(macro[1:]) for macro in katex_math.notation.katex_macros())
    assert re.findall(rf"\\(?:{macros})(?![A-Za-z])", re.sub(r"`[^`]*`", "", text)) == []
    targets = re.findall(r"\]\(([^)\s]*)\)", text)
    assert [target for target in targets if not target.startswith(("https://", "data:image/png;base64,"))] == []
    assert "canary" not in nbformat.writes(book)


@pytest.mark.parametrize(("make", "name"), NOTEBOOKS)
def test_every_notebook_begins_with_its_set_up(make, name):
    """The title, then the set-up cell, which is the first that runs and is folded; then everything else."""
    title, set_up, *rest = make(name).cells
    assert title.source.startswith("# ")
    assert set_up.source.startswith("# @title Set-up")
    assert set_up.metadata["jupyter"]["source_hidden"]
    assert not any("def set_up(" in cell.source for cell in rest)


def installed() -> set[str]:
    """What installing the course brings: its own packages and its dependencies, by the names they are imported by."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    packages = {pattern.rstrip("*") for pattern in pyproject["tool"]["setuptools"]["packages"]["find"]["include"]}
    needs = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    names = {re.match(r"[\w-]+", need)[0] for need in needs}
    return packages | {{"scikit-learn": "sklearn", "umap-learn": "umap"}.get(name, name) for name in names}


@pytest.mark.parametrize(("make", "name"), NOTEBOOKS)
def test_every_import_comes_with_the_library(make, name):
    """What a notebook imports is Python's own, the course's, or what the course needs; IPython is the kernel's."""
    allowed = installed() | set(sys.stdlib_module_names) | {"IPython", "google", "__future__"}
    assert made.imported(codes(make(name))) - allowed == set()


@pytest.mark.parametrize(("make", "name"), NOTEBOOKS)
def test_no_notebook_reads_a_file_beside_it(make, name):
    """A downloaded notebook lies alone: its code holds no path and does not ask where it is."""
    nodes = [node for code in codes(make(name))[1:] for node in ast.walk(ast.parse(code))]  # after the set-up
    constants = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert [text for text in constants if re.fullmatch(r"[.~]{0,2}[\\/]\w.*|\w[\w.-]*/[\w./-]*\.\w+", text)] == []
    called = {getattr(node.func, "attr", getattr(node.func, "id", "")) for node in nodes if isinstance(node, ast.Call)}
    assert called & {"open", "Path", "getcwd", "cwd", "chdir", "read_csv", "imread", "loadtxt"} == set()


@pytest.fixture(scope="module")
def rendering():
    """A function that has KaTeX, which knows none of the book's macros, render formulas: those that it refuses."""
    katex_math.install()
    script = ROOT / "course_build" / "sphinx" / "render_formulas.cjs"
    command = [katex_math.node(), script, katex_math.PACKAGE / "dist" / "katex.min.js", "{}"]

    def refused(formulas: list[tuple[str, bool]]) -> list[tuple[str, str]]:
        asked = "".join(json.dumps({"latex": latex, "display": display}) + "\n" for latex, display in formulas)
        done = subprocess.run(command, input=asked, capture_output=True, text=True, encoding="utf-8", check=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(formulas)
        return [(latex, a["error"]) for (latex, _), a in zip(formulas, answers, strict=True) if "error" in a]

    return refused


def formulas(text: str) -> list[tuple[str, bool]]:
    """Every formula of a Markdown text, and whether it stands on a line of its own."""
    text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"\$\$(.+?)\$\$|\$([^$]+)\$", text, re.DOTALL)
    return [(display or inline, bool(display)) for display, inline in found]


def test_every_formula_can_be_rendered_anywhere(rendering):
    """Without the book's macros and colours, numbers included; a quotation's marks are in none."""
    found = [formula for make, name in (p.values for p in NOTEBOOKS) for formula in formulas(texts(make(name)))]
    assert len(found) > 1000
    assert rendering(found) == []
    assert [latex for latex, _ in found if "\n>" in latex] == []
    assert rendering([(r"\xhat", False)]) != []


LABELS = Labels(
    formulas={"eq-own": r"\z = 1", "eq-other": r"\xhat = 2"},
    titles={"ch-here": "Here", "sec-there": "There"},
    papers={"ada_1843": "Lovelace (1843)", "two_1900": "A & B (1900)"},
    numbers={"eq-own": 7, "eq-other": 3, "fig-own": 5, "ex-price-of-halving": 9},
    pages={"eq-own": "book/a", "eq-other": "book/b", "ch-here": "book/a", "sec-there": "book/b", "fig-own": "book/b"}
    | {"ex-price-of-halving": "book/a"},
)
SITE = "https://ada.github.io/bottleneck/"


def chapter(site: str | None = None) -> BlockContext:
    """A chapter of a book of two pages."""
    setting = Setting(LABELS, "a.md", "book/a", site, {"error": "27.3"})
    return BlockContext(setting, {exercise.id: exercise for exercise in EXERCISES})


@pytest.mark.parametrize(
    ("markdown", "alone", "linked"),
    [
        ("$$\n\\z = 1\n$$ (eq-own)", "$$\n{z} = 1\n\\tag{7}\n$$", None),
        ("by {eq}`eq-own`", "by (7)", None),
        (
            "by {eq}`eq-other`",
            "by (3)\n\n(3):\n\n$$\n{\\hat{x}} = 2\n\\tag{3}\n$$",
            f"by [(3)]({SITE}book/b.html#equation-eq-other)",
        ),
        ("{ref}`sec-there`", "“There”", f"[“There”]({SITE}book/b.html#sec-there)"),
        (
            "{ref}`it <sec-there>`, [x](sec-there)",
            "it, x",
            "[it]({0}), [x]({0})".format(f"{SITE}book/b.html#sec-there"),
        ),
        ("{ref}`ex-price-of-halving`", "Exercise 9", f"[Exercise 9]({SITE}book/a.html#ex-price-of-halving)"),
        ("{numref}`fig-own`", "Fig. 5", f"[Fig. 5]({SITE}book/b.html#fig-own)"),
        ("{term}`KLs <KL divergence>`", "KLs", f"[KLs]({SITE}book/appendix/glossary.html#term-KL-divergence)"),
        ("{cite:p}`ada_1843,two_1900`", "(Lovelace 1843; A & B 1900)", None),
        ("{glue:text}`error` nats", "27.3 nats", None),
        ("(sec-x)=\n## A title", "## A title", None),
        ("`\\z` and $\\z$", "`\\z` and ${z}$", None),
        ("```python\n'\\z'  # {ref}`a`\n```", "```python\n'\\z'  # {ref}`a`\n```", None),
        ("![A cloud](../_static/cloud.png)", "*Picture: A cloud*", None),
        (":::{admonition} Predict\n:class: prediction\nIs $\\z$ 5?\n:::", "> **Predict**\n>\n> Is ${z}$ 5?", None),
        (":::{note}\n$$\na\n+ b\n$$\n:::", "> **Note**\n>\n> $$ a + b $$", None),
        (
            ":::{admonition} Hint\n:class: dropdown hint\nb\n:::",
            "<details>\n<summary>Hint</summary>\n\nb\n\n</details>",
            None,
        ),
        ("::::{note}\n:::{tip}\na\n:::\n::::", "> **Note**\n>\n> > **Tip**\n> >\n> > a", None),
        ("```{code-block} shell\n:class: x\nmake\n```", "```shell\nmake\n```", None),
        ("| a |\n|---|\n| {glue:text}`error` |", "| a |\n|---|\n| 27.3 |", None),
    ],
)
def test_a_chapters_text_becomes_a_notebooks(markdown, alone, linked):
    """With links where the site's address is known, else complete in itself."""
    assert with_blocks(markdown, chapter()) == alone
    if linked is not None:
        assert with_blocks(markdown, chapter(SITE)) == linked


def test_a_quiz_keeps_its_answers_folded():
    """The question and the choices can be read, the reasons after a click."""
    quiz = "```{quiz}\nquestion: How long is $\\z$?\nanswers:\n  - text: One\n    correct: true\n    why: It is $d$.\n"
    shown = with_blocks(quiz + "  - text: Two\n    why: No.\n```", chapter())
    question, _, answer = shown.partition("<details>")
    assert "**Check yourself.** How long is ${z}$?" in question
    assert "- **A.** One\n- **B.** Two" in question
    assert "- **A is right.** It is $d$.\n- **B is wrong.** No." in answer


def test_an_exercise_is_named_with_its_notebook():
    """By number and title; its text is in its own notebook."""
    shown = with_blocks("```{course-exercise} price-of-halving\n```", chapter())
    assert shown.startswith("> **Exercise 9: ")
    assert "`price-of-halving.ipynb`" in shown
    linked = with_blocks("```{course-exercise} price-of-halving\n```", chapter(SITE))
    assert f"[price-of-halving.ipynb]({SITE}notebooks/exercises/price-of-halving.ipynb)" in linked


@pytest.mark.parametrize(
    ("markdown", "message"),
    [
        ("```{bibliography}\n```", "cannot show {bibliography}"),
        ("{doc}`b`", "can show eq, ref"),
        ("{glue:text}`loss`", "no cell of the page glued loss"),
        ("{ref}`sec-nowhere`", "no label sec-nowhere"),
        (":::{note}\nopen", "not closed"),
        ("```{course-exercise} nothing\n```", "nothing, which has no source"),
    ],
)
def test_what_a_notebook_cannot_show_is_refused(markdown, message):
    """A chapter that uses something new is told what is missing, before a reader sees it."""
    with pytest.raises(BadSource, match=re.escape(message)):
        with_blocks(markdown, chapter())


def test_an_exercises_text_is_translated_by_the_same_rules():
    """With formulas numbered anew, since it shows no others."""
    setting = Setting(LABELS, "x.md")
    assert for_notebook("{eq}`eq-own`", setting) == "(1)\n\n(1):\n\n$$\n{z} = 1\n$$"


def test_a_runs_numbers_are_read():
    """As they were formatted; a minus sign stays one."""
    output = nbformat.v4.new_output("display_data", {made.RECORD: "'−5.20'"}, metadata={"scrapbook": {"name": "loss"}})
    cell = nbformat.v4.new_code_cell("glue()", outputs=[output])
    assert made.glued_numbers(nbformat.v4.new_notebook(cells=[cell])) == {"loss": "−5.20"}
