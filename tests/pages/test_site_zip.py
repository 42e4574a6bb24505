"""The zip of the site, unpacked and opened from the folder: no server, no network."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from course_build.browser import wait_until
from course_build.copies import PDF, ZIP, publish
from course_build.site_zip import FOLDER, write

pytestmark = pytest.mark.slow

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
EXPLORER = "book/part1/why-it-cannot-generate.html"


@pytest.fixture(scope="module")
def archive(site, tmp_path_factory):
    """The zip of the built book."""
    path = tmp_path_factory.mktemp("zip") / ZIP
    write(BOOK, path)
    return path


@pytest.fixture(scope="module")
def folder(archive):
    """Where somebody has unpacked it; with a blank in the path, as on many a desktop."""
    target = archive.parent / "my books"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    return target / FOLDER


@pytest.fixture
def visit(browser, folder):
    """A page that keeps what it complains of and whatever it asks of others, which must be nothing."""
    page = browser.new_page()
    wrong = []
    page.on("console", lambda message: message.type in ("error", "warning") and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    home = folder.as_uri()
    page.on("request", lambda one: one.url.startswith((home, "data:", "blob:")) or wrong.append(one.url))
    yield page
    page.close()
    assert wrong == []


def test_everything_is_in_one_folder_with_a_word_on_how_to_open_it(archive, folder):
    """Pages, notebooks and a README; neither another copy of the book nor what only a server needs."""
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        assert {name.split("/")[0] for name in names} == {FOLDER}
    assert "index.html" in (folder / "README.txt").read_text(encoding="utf-8")
    assert list(folder.rglob("*.ipynb"))
    there = {path.relative_to(BOOK).as_posix() for path in BOOK.rglob("*.html")} - {"404.html"}
    assert there <= {name.removeprefix(f"{FOLDER}/") for name in names}
    assert not {f"{FOLDER}/{name}" for name in (PDF, ZIP, ".buildinfo", "404.html")} & set(names)


def test_the_same_site_gives_the_same_zip(archive, tmp_path):
    """Also from a copy of it, whose files are of another time, and in which copies have been published."""
    site = tmp_path / "site"
    shutil.copytree(BOOK, site, copy_function=shutil.copyfile)
    (tmp_path / PDF).write_bytes(b"%PDF-1.7")
    publish(tmp_path / PDF, site)
    write(site, tmp_path / ZIP)
    assert (tmp_path / ZIP).read_bytes() == archive.read_bytes()


def test_a_site_that_is_not_built_is_refused(tmp_path):
    """Rather than an empty zip."""
    with pytest.raises(FileNotFoundError, match="run make book"):
        write(tmp_path, tmp_path / ZIP)


def test_the_front_door_opens_from_a_folder(visit, folder):
    """`index.html` leads to the first page, and from there to chapters."""
    visit.goto((folder / "index.html").as_uri())
    visit.wait_for_url("**/book/index.html")
    visit.locator("nav a[href$='pca.html']:visible").first.click()
    visit.wait_for_url("**/pca.html*")
    assert visit.locator(".bd-article h1").inner_text().startswith("2. PCA is an autoencoder")


def test_the_explorer_decodes_from_a_folder(visit, folder):
    """A step to the right changes the decoded digit; nothing is asked of anybody."""
    visit.goto((folder / EXPLORER).as_uri())
    figure = visit.locator(".cw-figure[data-widget=latent-explorer]").first
    figure.scroll_into_view_if_needed()
    figure.and_(visit.locator('[data-state="ready"]')).wait_for()
    before = figure.locator("canvas.le-digit").evaluate("canvas => canvas.toDataURL()")
    figure.locator("canvas[tabindex]").focus()
    for _ in range(5):
        visit.keyboard.press("Shift+ArrowRight")
    wait_until(visit, "before => document.querySelector('canvas.le-digit').toDataURL() !== before", before)


def test_quizzes_the_dark_page_and_the_search_work_from_a_folder(visit, folder):
    """What the scripts of a page do needs no server either."""
    visit.goto((folder / "book/part1/pca.html").as_uri())
    quiz = visit.locator("form.quiz[data-kind=number]").first
    quiz.locator("input").fill("2")
    quiz.locator("button").click()
    assert quiz.get_by_role("status").text_content().startswith("Right")
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = visit.evaluate(background)
    for _ in range(3):  # light, dark, as the system has it: in some order
        visit.locator(".theme-switch-button:visible").first.click()
        if visit.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    assert visit.evaluate(background) != light
    visit.keyboard.press("Control+k")
    visit.locator("input[type=search]:visible").fill("eigenvalues")
    visit.keyboard.press("Enter")
    visit.locator("#search-results a[href*='pca']").first.wait_for()
