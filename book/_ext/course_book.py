"""The book's Sphinx extension: how its chapters are executed and how its pages are dressed.

`_config.yml` loads it, so `jupyter-book build .` and `make book` are the same build.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import katex_assets
from build_report import BuildReport
from chapter_execution import cache_key, execute_chapters
from docutils import nodes
from page_polish import drop_unused_scripts, polish_pages
from sphinx.util import logging
from sphinxcontrib import katex
from symbol_table import SymbolTable

from course_lib import data, notation

LOGGER = logging.getLogger(__name__)


def choose_edition(app, config) -> None:
    """Find out once what data the book is built on, and key the execution cache with it."""
    edition = data.edition()
    if edition != "mnist":
        os.environ["COURSE_OFFLINE"] = "1"  # so that no chapter tries the download again
        LOGGER.info("MNIST is not to be had here: building the edition on %s", edition)
    library = Path(importlib.util.find_spec("course_lib").origin).parent
    key = cache_key(library, Path(app.srcdir) / "constraints.txt", edition)
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / key)
    config.course_edition = edition


def collect_static_files(app) -> None:
    """Gather what the pages need and no source folder holds: KaTeX's files and the colours of the symbols."""
    katex_assets.install()
    katex_assets.configure(notation.katex_macros())
    static = Path(app.outdir).parent / ".generated_static"
    shutil.rmtree(static, ignore_errors=True)
    katex_assets.copy_into(static)
    # The contrast of the symbols is computed against these two pages: a theme with others would break the promise.
    pages = f"html {{ --pst-color-background: {notation.LIGHT_PAGE}; }}\n"
    pages += f'html[data-theme="dark"] {{ --pst-color-background: {notation.DARK_PAGE}; }}\n'
    (static / "symbols.css").write_text(pages + notation.stylesheet(), encoding="utf-8")
    app.config.html_static_path.append(str(static))
    app.add_css_file("symbols.css")
    app.add_css_file("course.css", priority=900)


def check_formulas(app, doctree, docname) -> None:
    """Turn a formula that KaTeX refuses into a warning that names its place, and show its source in the page."""
    for node in list(doctree.findall(lambda n: isinstance(n, (nodes.math, nodes.math_block)))):
        is_block = isinstance(node, nodes.math_block)
        try:
            katex.render_latex(node.astext(), {"displayMode": is_block})
        except katex.KaTeXError as error:
            LOGGER.warning("KaTeX cannot render this formula: %s", error, location=node)
            node.replace_self((nodes.literal_block if is_block else nodes.literal)(text=node.astext()))


def setup(app):
    """Connect everything; called by Sphinx."""
    app.setup_extension("sphinxcontrib.katex")
    app.add_config_value("course_edition", "", "env")
    app.add_directive("build-report", BuildReport)
    app.add_directive("symbol-table", SymbolTable)
    app.connect("config-inited", choose_edition)
    app.connect("builder-inited", collect_static_files)
    app.connect("env-before-read-docs", execute_chapters)
    app.connect("doctree-resolved", check_formulas)
    # After the theme has added its own.
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("build-finished", polish_pages)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}
