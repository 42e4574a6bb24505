"""What is made of an exercise: compared with golden files, and with what the products promise.

After a change that is meant, `GOLDENS=write pytest tests/build/test_exercises_products.py` writes the golden files
anew; read the difference before it is committed.
"""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image, ImageColor

from course_build.exercises.__main__ import build, main
from course_build.exercises.fragment import fragment
from course_build.exercises.pictures import picture
from course_build.exercises.source import BadSource, read, read_all, solution_bodies
from course_build.notebooks import exercises as notebooks
from course_build.notebooks.labels import Labels, read_labels
from course_build.notebooks.markdown import Setting, for_notebook
from course_build.notebooks.otter import master
from course_lib import notation

GOLDENS = Path(__file__).parent / "exercise_goldens"
SAMPLE = read(GOLDENS / "squares")
OPEN = dataclasses.replace(SAMPLE, self_study=True)
LABELS = Labels(
    formulas={"eq-length": r"\lVert \z \rVert = \sqrt{\z^\top \z}"},
    titles={"sec-right": "Right angles"},
    papers={"euclid_300": "Euclid (300)"},
)
PICTURE = b"not really a PNG"
EXERCISES = read_all()
BOOK = read_labels()


def edition(which) -> str:
    return notebooks.written(notebooks.notebook(SAMPLE, which, LABELS, PICTURE))


PRODUCTS = {
    "fragment.md": lambda: fragment(SAMPLE, picture="/made/squares.png", notebook="/made/squares.ipynb"),
    "fragment-self-study.md": lambda: fragment(OPEN),
    "student.ipynb": lambda: edition(notebooks.STUDENT),
    "solution.ipynb": lambda: edition(notebooks.SOLUTION),
    "nbgrader-source.ipynb": lambda: edition(notebooks.SOURCE),
    "nbgrader-release.ipynb": lambda: edition(notebooks.RELEASE),
    "otter.ipynb": lambda: notebooks.written(master(SAMPLE, LABELS)),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_is_as_it_was(name):
    """Letter by letter."""
    path, made = GOLDENS / name, PRODUCTS[name]()
    if os.environ.get("GOLDENS") == "write":
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


WITH_SOLUTION = {"solution.ipynb", "nbgrader-source.ipynb", "otter.ipynb"}


@pytest.mark.parametrize("name", PRODUCTS)
def test_only_some_products_hold_the_solution(name):
    """Those have the canary, the others neither it nor a line of the solution; self-study shows it without canary."""
    made = PRODUCTS[name]()
    lines = [line.strip() for body in solution_bodies(SAMPLE) for line in body.splitlines()]
    assert (SAMPLE.canary in made) == (name in WITH_SOLUTION)
    assert all(line in made for line in lines) == (name in WITH_SOLUTION | {"fragment-self-study.md"})
    assert any(line in made for line in lines) == (name in WITH_SOLUTION | {"fragment-self-study.md"})
    assert not any(mutant.code.splitlines()[-1].strip() in made for mutant in SAMPLE.mutants)


def cells(which, exercise=SAMPLE, labels=LABELS):
    return notebooks.notebook(exercise, which, labels).cells


def test_the_release_is_what_nbgrader_makes_of_the_source():
    """Its rules, written down once more: a solution becomes the stub, hidden tests disappear, nothing else changes."""
    stub = "# YOUR CODE HERE\nraise NotImplementedError()"
    for source, release in zip(cells(notebooks.SOURCE), cells(notebooks.RELEASE), strict=True):
        text = source.source
        for region in re.findall(r"(?ms)^ *# BEGIN SOLUTION$.*?# END SOLUTION$", text):
            indent = " " * (len(region) - len(region.lstrip()))
            text = text.replace(region, "\n".join(indent + line for line in stub.splitlines()))
        text = re.sub(r"(?ms)^# BEGIN HIDDEN TESTS$.*# END HIDDEN TESTS$", "", text).rstrip()
        assert release.source == text
        assert release.metadata == source.metadata


def test_nbgrader_finds_what_it_needs():
    """Ids of its alphabet, each once; the points of every part in a locked cell; answers, and only they, are free."""
    marks = [cell.metadata["nbgrader"] for cell in cells(notebooks.SOURCE)]
    ids = [mark["grade_id"] for mark in marks]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_\-]+", name) for name in ids)
    assert all(mark["schema_version"] == 3 for mark in marks)
    assert [mark["points"] for mark in marks if mark["grade"]] == list(SAMPLE.points.values())
    assert [mark["solution"] for mark in marks] == [not mark["locked"] for mark in marks]
    assert sum(mark["solution"] for mark in marks) == len(SAMPLE.answers)


def test_hidden_checks_hold_no_answer():
    """They are the visible ones on inputs that nobody knows."""
    hidden = [cell.source for cell in cells(notebooks.SOURCE) if "HIDDEN" in cell.source]
    assert len(hidden) == len(SAMPLE.points)
    for source in hidden:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        names = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
        assert names == {"require", "fresh_seed"}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_an_untouched_notebook_raises_nothing_but_not_implemented(exercise):
    """Every cell of the student's notebook runs, one after the other, or says that it is not written."""
    defined: dict[str, object] = {}
    for cell in cells(notebooks.RELEASE, exercise, BOOK):
        if cell.cell_type == "code":
            try:
                exec(compile(cell.source, cell.id, "exec"), defined)
            except NotImplementedError:
                assert cell.id.startswith(("points-", "expected")), f"{cell.id} raises, {cell.source}"
            else:
                assert not cell.id.startswith("points-"), "a stub gets points"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_notebook_is_valid_and_complete(exercise):
    """In the format of notebooks, without a role, a macro or a directive of the book."""
    for which in (notebooks.STUDENT, notebooks.SOLUTION, notebooks.SOURCE, notebooks.RELEASE):
        made = notebooks.notebook(exercise, which, BOOK)
        nbformat.validate(made)
        text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
        assert not re.search(r"\{[\w:]+\}`|\\(xhat|post|kl|mean|std|z|x)\b|\]\([a-z]+-[a-z-]+\)", text)
    nbformat.validate(master(exercise, BOOK))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_expected_picture_can_be_drawn(exercise):
    """By the solution, for either page, and it is not empty."""
    for drawn, page in zip(picture(exercise), (notation.LIGHT_PAGE, notation.DARK_PAGE), strict=True):
        assert bool(drawn) == bool(exercise.expected)
        if drawn:
            with Image.open(io.BytesIO(drawn)) as image:
                assert len(image.getcolors(1 << 24)) > 1
                assert image.convert("RGB").getpixel((0, 0)) == ImageColor.getrgb(page)


def test_the_books_labels_are_found():
    """A formula without its signs, a title, a paper with one, two and more authors."""
    assert BOOK.formulas["eq-dist-books"].startswith(r"\operatorname{Var}_i(\mean_{ij})")
    assert "$" not in "".join(BOOK.formulas.values())
    assert BOOK.titles["sec-dist-breaks"] == "What breaks it: no price, or too high a price"
    assert BOOK.papers["kingma_welling_2014"] == "Kingma & Welling (2014)"
    assert BOOK.papers["rolinek_2019"] == "Rolinek et al. (2019)"
    assert not [paper for paper in BOOK.papers.values() if "\\" in paper or "{" in paper]


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        (r"$\z \in \zeta$", r"${z} \in \zeta$"),
        (r"$\var$ and $\varepsilon$", r"${\sigma^2}$ and $\varepsilon$"),
        ("{term}`nats <nat>` and {term}`code`", "nats and code"),
        ("{ref}`here <sec-right>`, {ref}`sec-right`", "here, “Right angles”"),
        ("[5](ch-codes), [a](https://a-b.c), [b](b-c.md)", "5, [a](https://a-b.c), b"),
        ("{cite:p}`euclid_300`", "(Euclid 300)"),
        ("{eq}`eq-length`, {eq}`eq-length`", "(1), (1)\n\n(1):\n\n$$\n\\lVert {z} \\rVert = \\sqrt{{z}^\\top {z}}\n$$"),
        ("$$\na\n$$ (eq-own)", "$$\na\n$$"),
    ],
)
def test_the_books_markdown_becomes_a_notebooks(markdown, shown):
    """References are quoted or named; macros are written out."""
    assert for_notebook(markdown, Setting(LABELS, "x.md")) == shown


@pytest.mark.parametrize(
    "markdown", ["{eq}`eq-no`", "{ref}`sec-no`", "{glue}`a`", ":::{note}\na\n:::", "```{math}\n```"]
)
def test_what_a_notebook_cannot_show_is_refused(markdown):
    """Loudly, with the place."""
    with pytest.raises(BadSource, match=r"^x\.md"):
        for_notebook(markdown, Setting(LABELS, "x.md"))


def test_build_writes_every_edition(tmp_path, capsys):
    """An open exercise has no edition to be handed in; the solution has run, and its check found nothing wrong."""
    chosen = [exercise for exercise in EXERCISES if exercise.id in ("kl-between-clouds", "price-of-halving")]
    build(chosen, tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert written == {
        *(f"pictures/price-of-halving{mode}.png" for mode in ("", "-dark")),
        *(f"{kind}/{exercise.id}.ipynb" for kind in ("student", "solution") for exercise in chosen),
        *(f"nbgrader/{kind}/chapter-codes-as-distributions/kl-between-clouds.ipynb" for kind in ("source", "release")),
        "nbgrader/nbgrader_config.py",
    }
    solution = json.loads((tmp_path / "solution" / "price-of-halving.ipynb").read_text(encoding="utf-8"))
    outputs = {cell["id"]: cell["outputs"] for cell in solution["cells"] if cell["cell_type"] == "code"}
    assert "2 of 2 parts are right" in "".join(outputs["check"][0]["data"]["text/plain"])
    assert "image/png" in outputs["expected"][0]["data"]


def test_what_the_book_solves_cannot_be_assigned(tmp_path, capsys):
    """The command refuses it, and an assignment without a name; else it writes what was named, and no more."""
    with pytest.raises(SystemExit):
        main(["assignment", "price-of-halving", "--name", "homework-1", "--to", str(tmp_path)])
    assert "price-of-halving (self_study)" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["assignment", "kl-between-clouds", "--to", str(tmp_path)])
    assert main(["assignment", "kl-between-clouds", "--name", "homework-1", "--to", str(tmp_path)]) == 0
    assert [path.name for path in (tmp_path / "nbgrader" / "source" / "homework-1").iterdir()] == [
        "kl-between-clouds.ipynb"
    ]
