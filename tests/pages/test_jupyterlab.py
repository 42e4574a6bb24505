"""A real JupyterLab: the latent explorer draws, and what the reader does reaches Python; a chapter's text is set."""

from __future__ import annotations

import re

import nbformat
import pytest

from course_build.notebooks.exercises import written
from tests.build.test_chapter_notebooks import formulas, notebook, texts
from tests.in_jupyterlab import serving

pytestmark = pytest.mark.slow

CELLS = (
    """from course_lib import checkpoints, data, widgets
ae, vae = checkpoints.load("ae-2d-digits-28"), checkpoints.load("vae-2d-digits-28")
explorer = widgets.LatentExplorer.from_models(ae=ae, vae=vae, points=data.load("digits-28").test)
explorer""",
    "print('z is', explorer.z)",
    "explorer.plane = 1; explorer.z = [0.25, -0.5]",
)


@pytest.fixture
def lab(tmp_path):
    """The address of a notebook in a JupyterLab on this machine, stopped afterwards."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, tmp_path / "explorer.ipynb")
    with serving(tmp_path, "explorer.ipynb") as address:
        yield address


def test_dragging_in_jupyterlab_changes_the_trait(browser, lab):
    """Run the cells; move over the plane; Python has the new z. Then Python moves it, and the figure follows."""
    page = browser.new_page(viewport={"width": 1280, "height": 1100})
    page.goto(lab)
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).wait_for()
    page.get_by_text("| Idle").wait_for()  # what is run before the kernel is there is lost
    page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    plane = page.locator(".cw canvas.le-plane")
    plane.wait_for()
    page.wait_for_function("document.querySelector('.cw .cw-readout').textContent.includes('z = (0.00, 0.00)')")

    box = plane.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.2, steps=5)
    page.mouse.up()
    page.evaluate("() => new Promise((done) => setTimeout(done, 1000))")  # the figure tells Python ten times a second
    said = page.locator(".cw .cw-readout").inner_text()

    page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Shift+Enter")
    printed = page.locator(".jp-OutputArea-output", has_text="z is").inner_text()
    in_python = [float(number) for number in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", printed)]
    in_page = [float(number.replace("−", "-")) for number in re.findall(r"−?\d+\.\d+", said)[:2]]
    assert in_page != [0.0, 0.0]
    assert in_python == pytest.approx(in_page, abs=0.006)

    page.locator(".jp-Notebook .jp-CodeCell .cm-content").nth(2).click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_function("document.querySelector('.cw .cw-readout').textContent.includes('z = (0.25, −0.50)')")
    assert page.locator(".cw input[type=radio]").nth(1).is_checked()
    page.close()


# What JupyterLab's reader of Markdown made of a notebook: typeset formulas, refused ones, and marks that it left.
SEEN = """() => {
    const texts = [...document.querySelectorAll(".jp-RenderedMarkdown")].map((cell) => {
        const copy = cell.cloneNode(true);
        copy.querySelectorAll("mjx-container, code, pre").forEach((element) => element.remove());
        return copy.textContent;
    });
    return {
        formulas: document.querySelectorAll(".jp-RenderedMarkdown mjx-container").length,
        refused: [...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map((error) => error.textContent),
        left: texts.flatMap((text) => text.match(/\\$|\\*\\*|:::|`|\\]\\(|\\\\[a-z]+|(^|\\n) *> /g) ?? []),
        quotations: document.querySelectorAll(".jp-RenderedMarkdown blockquote").length,
    };
}"""


def test_a_chapters_text_is_set_in_jupyterlab(browser, tmp_path):
    """Every formula is typeset, the boxes are quotations, and no mark of Markdown, MyST or LaTeX is left over."""
    chapter = notebook("book/part2/elbo")
    (tmp_path / "elbo.ipynb").write_text(written(chapter), encoding="utf-8")
    settings = tmp_path / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # all cells at once, not those in sight
    with serving(tmp_path, "elbo.ipynb") as address:
        page = browser.new_page()
        page.goto(address)
        wanted = len(formulas(texts(chapter)))
        page.wait_for_function(
            "n => document.querySelectorAll('.jp-RenderedMarkdown mjx-container').length === n", arg=wanted
        )
        seen = page.evaluate(SEEN)
        page.close()
    assert (seen["formulas"], seen["refused"], seen["left"]) == (wanted, [], [])
    assert seen["quotations"] == len(re.findall(r"^> \*\*[^*]+\*\*\n>\n", texts(chapter), re.MULTILINE))
