"""A question as a reader meets it: with the keyboard, without a script, on paper, in either mode.

The page is built here, as the book is, so that no chapter has to hold still for these tests.
"""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.in_chromium import violations

ROOT = Path(__file__).resolve().parents[2]

PAGE = """\
# A page with questions

Some text about the code $\\z$.

```{quiz}
question: Which of these does the loss of an autoencoder with code $\\z$ determine?
answers:
  - text: The subspace, whatever $\\mean$ is.
    correct: true
    why: Any other has a larger error.
  - text: The columns of the decoder.
    why: Any invertible matrix between *encoder* and decoder cancels.
  - text: The sign of $\\z$.
    why: Two changes of sign cancel.
```

```{quiz}
question: Which are never negative?
answers:
  - text: A divergence.
    correct: true
    why: By Jensen's inequality.
  - text: A log-density.
    why: A narrow Gaussian has a density above 1, a wide one below.
  - text: A variance.
    correct: true
    why: It is the mean of a square.
```

```{quiz}
question: A cloud with $\\mean = 1$ and $\\std = 1$ costs how many nats?
number: 0.5
tolerance: 0.01
why: Half of $1^2$.
wrong:
  - value: 1
    why: That is without the ½.
otherwise: Put both into the formula.
```
"""


@pytest.fixture(scope="module")
def quiz_site(tmp_path_factory):
    """The address of a book of two pages, the second with three questions, built like the real one."""
    book = tmp_path_factory.mktemp("quiz")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    config = config.replace("book/_static", (ROOT / "book/_static").as_posix())
    config = config.replace("extension: .", f"extension: {ROOT.as_posix()}")
    config = re.sub(r"exclude_patterns:\n? +\[.*?\]", "exclude_patterns: []", config)
    (book / "_config.yml").write_text(re.sub(r".*bibtex.*\n", "", config), encoding="utf-8")
    (book / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n- file: page\n", encoding="utf-8")
    (book / "index.md").write_text("# A book\n\nIts first page.\n", encoding="utf-8")
    (book / "page.md").write_text(PAGE, encoding="utf-8")
    (book / "constraints.txt").write_text("", encoding="utf-8")
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COURSE_OFFLINE": "1"}
    command = [*jupyter_book, "build", "--all", "-W", "-n", "--keep-going", str(book)]
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr

    class QuietHandler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = partial(QuietHandler, directory=book / "_build" / "html")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def open_page(browser, quiz_site):
    """A function that opens the page with the questions; its complaints fail the test."""
    contexts, complaints = [], []

    def go(name: str = "page.html", width: int = 1280, **settings):
        context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: said.type == "error" and complaints.append(f"{said.text} {said.location}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(quiz_site + name, wait_until="networkidle")
        return page

    yield go
    for context in contexts:
        context.close()
    assert complaints == []


def focused(page) -> str:
    """The accessible label of what has the focus, more or less: the text of its label, or its own."""
    return page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()")


def tab_to(page, text: str, key: str = "Tab") -> None:
    """Press the tab key, or another one, until something with this text has the focus."""
    for _ in range(60):
        page.keyboard.press(key)
        if text in focused(page):
            return
    raise AssertionError(f"the key {key} never reached {text}")


def test_a_choice_with_the_keyboard_only(open_page):
    """Wrong first: it says why. Then right. Nothing but tab, arrows, space and return."""
    page = open_page()
    form = page.locator("form.quiz").nth(0)
    status = form.get_by_role("status")
    answer = form.locator("details")
    assert status.text_content() == ""
    assert not answer.is_visible(), "The answer is offered after a try"

    tab_to(page, "Check")
    page.keyboard.press("Enter")
    assert status.text_content() == "Choose an answer first."
    assert not answer.is_visible()

    page.keyboard.press("Shift+Tab")  # to the first answer or to the last: versions of Chromium differ
    page.keyboard.press("Space")
    tab_to(page, "The columns", "ArrowDown")
    page.keyboard.press("Enter")
    assert status.text_content() == "Not right. Any invertible matrix between encoder and decoder cancels."
    assert form.locator("label").nth(1).get_attribute("data-verdict") == "wrong"
    assert "✗" in form.locator("label").nth(1).evaluate("label => getComputedStyle(label, '::after').content")
    assert answer.is_visible()

    page.keyboard.press("ArrowUp")
    assert status.text_content() == "", "What was said was about another answer"
    page.keyboard.press("Enter")
    assert status.text_content() == "Right. Any other has a larger error."
    assert form.locator("[data-verdict=wrong]").count() == 0

    tab_to(page, "Show the answer")
    page.keyboard.press("Enter")
    assert form.get_by_text("Two changes of sign cancel.").is_visible()


def test_a_multiple_choice(open_page):
    """Reasons for what was chosen, a count of what is missing, no name."""
    page = open_page()
    form = page.locator("form.quiz").nth(1)
    status = form.get_by_role("status")
    assert "More than one answer is right." in form.locator("legend").text_content()
    boxes, check = form.get_by_role("checkbox"), form.get_by_role("button", name="Check")
    boxes.nth(0).check()
    check.click()
    assert "Right so far. One more of these is right." in status.text_content()
    assert "mean of a square" not in status.text_content()
    boxes.nth(1).check()
    check.click()
    assert "Not right. One more of these is right." in status.text_content()
    assert "B is wrong. A narrow Gaussian" in status.text_content()
    boxes.nth(1).uncheck()
    boxes.nth(2).check()
    check.click()
    assert status.text_content().startswith("Right.")
    assert "C is right. It is the mean of a square." in status.text_content()


def test_a_number(open_page):
    """A decimal comma is fine, a known mistake is explained, a word is no number."""
    page = open_page()
    form = page.locator("form.quiz").nth(2)
    status = form.get_by_role("status")
    field = form.get_by_label("Your number")
    for typed, said in (
        ("0,5", "Right. Half of"),
        ("0.505", "Right. Half of"),
        ("1", "Not right. That is without the ½."),
        ("-7", "Not right. Put both into the formula."),
        ("half", "Type a number first"),
    ):
        field.fill(typed)
        field.press("Enter")
        assert status.text_content().startswith(said), typed
    assert page.url.endswith("page.html"), "The return key sends nothing"


def test_questions_do_not_touch_each_other(open_page):
    """Choosing in one leaves the other alone; no id stands twice, not even in what is quoted."""
    page = open_page()
    forms = page.locator("form.quiz")
    forms.nth(0).get_by_role("radio").nth(0).check()
    forms.nth(1).get_by_role("checkbox").nth(0).check()
    forms.nth(1).get_by_role("button", name="Check").click()
    assert forms.nth(0).get_by_role("radio").nth(0).is_checked()
    assert forms.nth(0).get_by_role("status").text_content() == ""
    ids = page.eval_on_selector_all("[id]", "elements => elements.map((element) => element.id)")
    assert len(ids) == len(set(ids))
    page.reload()
    assert forms.get_by_role("radio", checked=True).count() == 0


def test_without_javascript_the_answer_can_be_read(open_page):
    """A list opens with a click; no button that does nothing."""
    page = open_page(java_script_enabled=False)
    form = page.locator("form.quiz").nth(0)
    assert not form.get_by_role("button").is_visible()
    form.locator("summary").click()
    assert form.get_by_text("Any other has a larger error.").is_visible()
    number = page.locator("form.quiz").nth(2)
    number.get_by_role("textbox").fill("1")
    number.get_by_role("textbox").press("Enter")
    assert page.url.endswith("page.html")


@pytest.mark.parametrize("script", [True, False])
def test_paper_shows_answers_and_reasons(open_page, script):
    """Printed, the list is open and the button gone."""
    page = open_page(java_script_enabled=script)
    page.emulate_media(media="print")
    if script:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    form = page.locator("form.quiz").nth(0)
    assert form.get_by_text("Any other has a larger error.").is_visible()
    assert not form.locator("button").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_accessible_and_fits(open_page, scheme, width):
    """Axe finds nothing of any weight, before and after the answers; nothing is wider than a phone."""
    page = open_page(width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    for answered in (False, True):
        if answered:
            forms = page.locator("form.quiz")
            for index, wrong in ((0, True), (1, False)):
                forms.nth(index).get_by_role("radio" if index == 0 else "checkbox").nth(int(wrong)).check()
                forms.nth(index).get_by_role("button", name="Check").click()
            forms.nth(2).get_by_role("textbox").fill("0,5")
            forms.nth(2).get_by_role("button", name="Check").click()
            for details in page.locator("form.quiz summary").all():
                details.click()
        assert violations(page, "article") == []
        wide = page.eval_on_selector_all(
            "form.quiz *:not(.katex *)",
            "(all) => all.filter((el) => el.getBoundingClientRect().right > innerWidth).map((el) => el.outerHTML)",
        )
        assert wide == []


def test_focus_can_be_seen(open_page):
    """What the keyboard is on has an outline of 3 px."""
    page = open_page()
    for text in ("subspace", "Check", "Your number"):
        tab_to(page, text)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px", text


def test_only_pages_with_a_question_load_the_script(open_page):
    """The first page has none."""
    assert open_page("index.html").locator("script[src*='quiz']").count() == 0
    assert open_page().locator("script[src*='quiz']").count() == 1
