"""The directive `course-exercise`: what a page shows, what it leaves out, and what it complains about."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_build.exercises.leaks import leaks
from course_build.exercises.source import FOLDER, read

ROOT = Path(__file__).resolve().parents[2]
CONF = f"""\
import sys
sys.path[:0] = [{str(ROOT)!r}]
extensions = ["myst_nb", "course_build.sphinx.exercises"]
nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "colon_fence"]
exercise_style = "solution_follow_exercise"
exclude_patterns = ["exercises", "_build"]
"""
NAMES = ("kl-between-clouds", "price-of-halving")
TARGETS = "\n(ch-distributions)=\n## Clouds\n\n$$\na\n$$ (eq-dist-kl)\n"


@pytest.fixture
def build(tmp_path):
    """A function that builds one page and returns it with what was complained about; exercises lie beside it."""
    (tmp_path / "exercises").mkdir()
    for name in NAMES:
        shutil.copytree(FOLDER / name, tmp_path / "exercises" / name)
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")

    def run(index: str) -> tuple[str, str]:
        (tmp_path / "index.md").write_text("# Page\n\n" + index + TARGETS, encoding="utf-8")
        command = [sys.executable, "-m", "sphinx", "-q", "-n", "-b", "html", ".", "_build/html"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return (tmp_path / "_build" / "html" / "index.html").read_text(encoding="utf-8"), result.stderr

    return run


def shown(name: str) -> str:
    return f"```{{course-exercise}} {name}\n```\n"


def test_a_page_shows_exercises_and_no_solution_but_of_self_study(build, tmp_path):
    """Number, title, stub, folded hints, the notebook; the solution of one; nothing secret in any file."""
    page, complaints = build("See {ref}`ex-kl-between-clouds`.\n\n" + "\n".join(map(shown, NAMES)))
    assert complaints == ""
    parsed = BeautifulSoup(page, "html.parser")
    assert len(parsed.select('div.exercise.admonition[id^="ex-"]')) == 2
    assert len(parsed.select("div.solution#solution-price-of-halving")) == 1
    assert page.count("NotImplementedError") == 3
    assert page.count("Hint 2") == 2
    ids = [tag["id"] for tag in parsed.find_all(id=True)]
    assert len(ids) == len(set(ids))
    links = [link["href"] for link in parsed.select('a[href^="_downloads/"][href$=".ipynb"]')]
    assert [Path(link).stem for link in links] == list(NAMES)
    site = tmp_path / "_build" / "html"
    assert all((site / link).is_file() for link in links)
    picture = parsed.find("img", src="_images/price-of-halving.png")
    assert picture["alt"].startswith("The price over the width")
    assert leaks(site, [read(FOLDER / name) for name in NAMES]) == []


def test_the_table_lists_every_exercise_with_a_link_and_the_sums(build):
    """In the order of levels; 3 + 3 points, 10 + 15 minutes."""
    page, complaints = build("```{exercise-table}\n```\n\n" + "\n".join(map(shown, NAMES)))
    assert complaints == ""
    parsed = BeautifulSoup(page, "html.parser")
    rows = [row.get_text(" ").split() for row in parsed.find_all("tr")]
    assert [row[-1] for row in rows[1:3]] == ["assigned", "self-study"]
    assert rows[3] == ["2", "exercises", "6", "25"]
    assert [link["href"] for link in parsed.select('td a[href^="#ex-"]')] == [f"#ex-{name}" for name in NAMES]


def test_a_changed_source_changes_page_and_notebook(build, tmp_path):
    """Though the text of the page is the same; the other exercise is not made anew."""
    made = tmp_path / "_build" / ".exercises"
    build(shown(NAMES[0]))
    other = made / "student" / f"{NAMES[1]}.ipynb"
    begun = other.stat().st_mtime_ns
    path = tmp_path / "exercises" / NAMES[0] / "exercise.md"
    path.write_text(path.read_text(encoding="utf-8").replace("title: The price between", "title: A price between"))
    page, _ = build(shown(NAMES[0]))
    assert "A price between any two clouds" in page
    assert "# A price between" in (made / "student" / f"{NAMES[0]}.ipynb").read_text(encoding="utf-8")
    assert other.stat().st_mtime_ns == begun


def test_a_name_without_a_source_is_a_warning_with_its_line(build):
    """Which `make book` makes an error."""
    _, complaints = build("Text.\n\n" + shown("no-such"))
    assert re.search(r"index\.md:5\b.*got the exercise no-such, which has no exercise\.md", complaints)
