"""The build itself, on a book of two pages: red stays red, and what changed is executed again."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from course_build import book as course_book
from course_build.notebooks.labels import read_labels
from course_build.sphinx.chapter_execution import cache_key

ROOT = Path(__file__).resolve().parents[2]

CHAPTER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

The code is $\\z$.

```{code-cell} ipython3
from course_lib import number

{body}
```
"""


@pytest.fixture
def book(tmp_path):
    """A root page and a chapter, with a library of its own: the real one's notation and colours, and a number."""
    library = tmp_path / "course_lib"
    library.mkdir()
    (library / "__init__.py").write_text('__version__ = "0"\n')
    (library / "number.py").write_text("value = 41\n")
    (library / "data.py").write_text('def edition():\n    return "mnist"\n')
    (library / "widgets.py").write_text("figure_modules, stylesheet = dict, str  # none, and nothing\n")
    for name in ("notation.py", "dark.py", "contrast.py"):
        shutil.copy(ROOT / "course_lib" / name, library)
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: chapter\n")
    (tmp_path / "index.md").write_text("# A book\n\nIts first page.\n")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    static = (ROOT / "book" / "_static").as_posix()
    config = config.replace("extension: .", f"extension: {ROOT.as_posix()}").replace("book/_static", static)
    config = re.sub(r"exclude_patterns:\n? +\[.*?\]", "exclude_patterns: []", config)
    (tmp_path / "_config.yml").write_text(re.sub(r".*bibtex.*\n", "", config))
    return tmp_path


def build(book: Path, body: str, *options: str, whole: bool = True) -> subprocess.CompletedProcess:
    """Build the book as `make book` does, with this code in its chapter; the options are jupyter-book's."""
    text = CHAPTER.replace("{body}", body)
    if not (book / "chapter.md").is_file() or (book / "chapter.md").read_text() != text:
        (book / "chapter.md").write_text(text)
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    every = ["--all"] if whole else []
    command = [*jupyter_book, "build", *every, "-W", "-n", "--keep-going", *options, str(book)]
    known = {"COURSE_URL": "https://example.org/course", "GITHUB_REPOSITORY": "ada/bottleneck"}
    environment = os.environ | {"PYTHONPATH": str(book)} | known
    return subprocess.run(command, cwd=book, env=environment, capture_output=True, text=True, check=False)


def executed(result: subprocess.CompletedProcess) -> bool:
    """Whether the chapter was executed, not taken from the cache."""
    return "executed chapter" in result.stdout


def page(book: Path) -> str:
    """The text of the built chapter."""
    return (book / "_build" / "html" / "chapter.html").read_text(encoding="utf-8")


def test_a_chapter_that_raises_fails_the_build_every_time(book):
    """The second build after a failure must not be green; once mended, it is."""
    for _ in range(2):
        result = build(book, 'raise ValueError("the decoder is upside down")')
        assert result.returncode != 0
        assert "the decoder is upside down" in result.stderr + result.stdout
        assert "these chapters raised: chapter" in result.stderr + result.stdout
    mended = build(book, "number.value + 1")
    assert mended.returncode == 0, mended.stderr


def test_what_changed_is_executed_again_and_nothing_else(book):
    """Neither prose nor a second build executes anything; the library and the lock file do."""
    assert executed(build(book, "number.value + 1"))
    assert "42" in page(book)
    assert_names_its_address(book / "_build" / "html")
    assert_has_its_notebook(book / "_build" / "html")
    cost = json.loads((book / "_build" / "execution.json").read_text())["chapter"]
    assert cost["seconds"] > 0
    assert cost["peak_mb"] > 20
    assert not executed(build(book, "number.value + 1"))
    (book / "course_lib" / "number.py").write_text("value = 1001\n")
    assert executed(build(book, "number.value + 1"))
    assert "1002" in page(book)


def assert_has_its_notebook(site: Path) -> None:
    """Beside the pages and behind three buttons: set-up from the repository, text without macros, the page's code."""
    chapter = BeautifulSoup((site / "chapter.html").read_text(encoding="utf-8"), "html.parser")
    assert chapter.select_one('a[href="notebooks/chapter.ipynb"]').has_attr("download")
    colab = "https://colab.research.google.com/github/ada/bottleneck/blob/notebooks/chapter.ipynb"
    assert len(chapter.select(f'a[href="{colab}"]')) == 1
    assert len(chapter.select('a[href^="https://mybinder.org/v2/gh/ada/bottleneck/"]')) == 1
    cells = json.loads((site / "notebooks" / "chapter.ipynb").read_text(encoding="utf-8"))["cells"]
    title, set_up, text, code = ("".join(cell["source"]) for cell in cells)
    assert title.startswith("# A chapter\n")
    assert "[this chapter in the book](https://example.org/course/chapter.html)" in title
    assert "course_lib @ git+https://github.com/ada/bottleneck@" in set_up
    assert text == "The code is ${z}$."
    assert code == "from course_lib import number\n\nnumber.value + 1"


def assert_names_its_address(site: Path) -> None:
    """Where it is known: one address a page, a picture for sharing, a sitemap, and a 404 page that finds home."""
    chapter = BeautifulSoup((site / "chapter.html").read_text(encoding="utf-8"), "html.parser")
    addresses = [link["href"] for link in chapter.select('link[rel~="canonical"]')]
    assert addresses == ["https://example.org/course/chapter.html"]
    picture = chapter.find("meta", property="og:image")["content"]
    assert picture == "https://example.org/course/_static/preview.png"
    pages = re.findall("<loc>(.*)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8"))
    assert pages == ["https://example.org/course/chapter.html", "https://example.org/course/index.html"]
    lost = (site / "404.html").read_text(encoding="utf-8")
    assert '<a href="/course/chapter.html">A chapter</a>' in lost
    assert '<form action="/course/search.html"' in lost
    assert "Its first page." in (site / "index.html").read_text(encoding="utf-8")  # no door in front of it


def test_a_warning_fails_the_build(book):
    """Output on stderr, a formula that cannot be rendered, a reference that leads nowhere: all are named."""
    prose = "$$\n\\unknownmacro\n$$\n\nSee {eq}`eq-nowhere`."
    result = build(
        book, f'import sys\n\nprint("careful", file=sys.stderr)\n```\n\n{prose}\n\n```{{code-cell}} ipython3\n1'
    )
    assert result.returncode != 0
    for complaint in ("[mystnb.stderr]", "this formula cannot be rendered", "eq-nowhere"):
        assert complaint in result.stderr + result.stdout


def test_an_address_that_is_gone_fails_the_check_of_links(book):
    """As `make links` checks them: the status is 1, the address is written down, and no page is touched."""
    with socket.socket() as deaf:  # nobody listens, nor can another process come to
        deaf.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{deaf.getsockname()[1]}/gone"
        (book / "index.md").write_text(f"# A book\n\nSee [there]({gone}).\n")
        result = build(book, "number.value", "--builder", "custom", "--custom-builder", "linkcheck")
    assert result.returncode != 0
    report = book / "_build" / "linkcheck" / "output.txt"
    assert report.is_file(), result.stderr
    assert f"index.md:3: [broken] {gone}" in report.read_text()
    assert not (book / "_build" / "html").exists()


def test_the_cache_key_depends_on_library_lock_and_edition(tmp_path):
    """Any of the three changes it; compiled files, comments, docstrings and layout do not."""
    library, lock = tmp_path / "library", tmp_path / "lock.txt"
    (library / "weights").mkdir(parents=True)
    (library / "a.py").write_text("a = 1")
    (library / "weights" / "w.safetensors").write_bytes(b"\x00\x01")
    lock.write_text("torch==2.13.0")
    keys = [cache_key(library, lock, "mnist"), cache_key(library, lock, "digits-28")]
    (library / "__pycache__").mkdir()
    (library / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    (library / "a.py").write_text('"""What a is."""\n\n\na = (  # one\n    1\n)\n')
    assert cache_key(library, lock, "mnist") == keys[0]
    (library / "weights" / "w.safetensors").write_bytes(b"\x00\x02")
    keys.append(cache_key(library, lock, "mnist"))
    (library / "a.py").write_text("a = 2")
    keys.append(cache_key(library, lock, "mnist"))
    lock.write_text("torch==2.14.0")
    keys.append(cache_key(library, lock, "mnist"))
    assert len(set(keys)) == 5


def pages_of(site: Path) -> dict[Path, bytes]:
    """Every page of the site; the theme's own templates lie among its static files."""
    return {path.relative_to(site): path.read_bytes() for path in site.rglob("*.html") if "_static" not in path.parts}


def test_a_change_of_prose_changes_its_page_and_leaves_the_others_as_they_were(book):
    """Without --all, as `course_build.book` builds after a green build; every finishing step bears a second run."""
    build(book, "number.value + 1")
    site = book / "_build" / "html"
    before = pages_of(site)
    (book / "index.md").write_text("# A book\n\nIts first page, said better.\n")
    assert build(book, "number.value + 1", whole=False).returncode == 0
    after = pages_of(site)
    assert after.keys() == before.keys()
    assert b"said better" in after[Path("index.html")]
    changed = {path.as_posix() for path in after if after[path] != before[path]}
    assert "chapter.html" not in changed
    assert all(page.count(b"Content-Security-Policy") == 1 for page in after.values())
    assert all(page.count(b'dataset.theme = localStorage.getItem("theme")') <= 1 for page in after.values())


BEFORE = "# A book\n\n(sec-one)=\n## One\n\nA sentence.\n\n$$\nx = 1\n$$ (eq-one)\n"


@pytest.fixture
def sources(tmp_path):
    """What a book is made of, as far as `course_build.book` looks at it."""
    for folder in course_book.FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    for name in course_book.FILES:
        (tmp_path / name).write_text("")
    (tmp_path / "course_lib" / "a.py").write_text("a = 1\n")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "book" / "index.md").write_text(BEFORE)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "old", "new", "same"),
    [
        ("book/index.md", "A sentence.", "Another one.", True),
        ("book/index.md", "## One", "## Two", False),
        ("book/index.md", "x = 1", "x = 2", False),
        ("book/index.md", "# A book", "---\nnext: Go on.\n---\n\n# A book", False),
        ("book/index.md", "A sentence.", "```{code-cell} ipython3\n1 + 1\n```", False),
        ("course_lib/a.py", "a = 1", "a = 2", False),
        ("_toc.yml", "book/index", "book/index ", False),
    ],
)
def test_only_prose_may_leave_other_pages_unread(sources, name, old, new, same):
    """A number, a title, a label, code or a neighbour's sentence may stand on other pages too."""
    before = course_book.all_but_prose(sources)
    path = sources / name
    path.write_text(path.read_text().replace(old, new))
    read_labels.cache_clear()
    assert (course_book.all_but_prose(sources) == before) == same
