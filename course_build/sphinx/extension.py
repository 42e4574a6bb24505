"""The book's Sphinx extension: how its chapters are executed and how its pages are dressed.

`_config.yml` loads it, so `jupyter-book build .` and `make book` are the same build.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sphinx.util import logging

from course_build import repository
from course_build.sphinx import (
    content_policy,
    dark_figures,
    exercises,
    figures,
    front_pages,
    icon_font,
    katex_math,
    page_head,
    prev_next,
    widget_pages,
)
from course_build.sphinx.build_report import BuildReport, drop_old_copies, write_json
from course_build.sphinx.cache_key import current_key
from course_build.sphinx.chapter_execution import execute_chapters
from course_build.sphinx.notebook_files import write_notebooks
from course_build.sphinx.symbol_table import SymbolTable
from course_build.sphinx.theme_fixes import drop_unused_scripts, polish_pages
from course_lib import data, notation

LOGGER = logging.getLogger(__name__)


def choose_edition(app, config) -> None:
    """Find out once what data the book is built on, and key the execution cache with it."""
    if folder := os.environ.get("COURSE_DATA"):
        os.environ["COURSE_DATA"] = str(Path(folder).resolve())  # chapters run in folders of their own
    edition = data.edition()
    if edition != "mnist":
        os.environ["COURSE_OFFLINE"] = "1"  # so that no chapter tries the download again
        LOGGER.info("MNIST is not to be had here: building the edition on %s", edition)
    key = current_key(Path(app.srcdir), edition)
    config.nb_execution_cache_path = str(Path(app.outdir).parent / ".jupyter_cache" / key)
    config.course_edition = edition


def learn_address(app, config) -> None:
    """Say where the site will be published, if that is known: its pages then name their one address."""
    config.html_baseurl = repository.site_url(os.environ, repository.git_remote(Path(app.srcdir))) or ""


def collect_static_files(app) -> None:
    """Gather what the pages need and no source folder holds: KaTeX's files and the colours of the symbols."""
    # When a build ends, even a failed one, the theme copies the logo there: if there is none, to a file of that name.
    (Path(app.outdir) / "_static").mkdir(parents=True, exist_ok=True)
    katex_math.install()
    static = Path(app.outdir).parent / ".generated_static"
    shutil.rmtree(static, ignore_errors=True)
    katex_math.copy_into(static)
    icon_font.write(static)
    # The contrast of the symbols is computed against these two pages: a theme with others would break the promise.
    pages = f"html {{ --pst-color-background: {notation.LIGHT_PAGE}; }}\n"
    pages += f'html[data-theme="dark"] {{ --pst-color-background: {notation.DARK_PAGE}; }}\n'
    (static / "symbols.css").write_text(pages + notation.stylesheet(), encoding="utf-8")
    app.config.html_static_path.append(str(static))
    for style in ("katex/katex.min.css", "icons.css", "symbols.css", "course.css"):
        app.add_css_file(style, priority=900)
    app.add_css_file("print.css", priority=900, media="print")
    for script in ("scroll-boxes.js", "printing.js", "search-matches.js"):
        app.add_js_file(script, loading_method="defer")


def slim_static_files(app) -> None:
    """Make figures and icons small, once all files are written."""
    site = Path(app.outdir)
    pictures = site.parent / exercises.MADE / "pictures"
    dark_figures.pair(site, executed=Path(app.config.nb_execution_cache_path), exercises=pictures)
    figures.shrink(site)
    icon_font.slim(site / "_static" / "styles" / "pydata-sphinx-theme.css")


# In this order: each step takes the files as the one before it left them, and the policies come when no page changes.
FINISHING_STEPS = (
    write_notebooks,
    polish_pages,
    write_json,
    drop_old_copies,
    widget_pages.write_files,
    slim_static_files,
    page_head.write_sitemap,
    front_pages.write_pages,
    content_policy.write_policies,
)


def finish(app, exception) -> None:
    """Take the written site through every step; connected to Sphinx's event `build-finished`."""
    if exception is None and app.builder.format == "html":
        for step in FINISHING_STEPS:
            step(app)


def setup(app):
    """Connect everything; called by Sphinx."""
    app.add_config_value("course_edition", "", "env")
    for name in ("chapter_numbers", "quiz", "api_reference", "exercises", "launch_links"):
        app.setup_extension(f"course_build.sphinx.{name}")
    app.add_directive("build-report", BuildReport)
    app.add_directive("symbol-table", SymbolTable)
    app.add_html_math_renderer("katex", (katex_math.visit_inline, None), (katex_math.visit_block, None))
    app.connect("config-inited", choose_edition)
    app.connect("config-inited", learn_address)
    app.connect("config-inited", prev_next.add_templates)
    app.connect("builder-inited", collect_static_files)
    app.connect("env-before-read-docs", execute_chapters)
    app.connect("doctree-resolved", katex_math.check_formulas)
    # After the theme has added its own.
    app.connect("html-page-context", drop_unused_scripts, priority=900)
    app.connect("html-page-context", widget_pages.add_host)
    app.connect("html-page-context", prev_next.add_reasons)
    app.connect("html-page-context", page_head.add_tags)
    app.connect("build-finished", finish, priority=900)  # after Sphinx's and the theme's own
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}
