"""The theme's icons in a font of 3 kB: its own holds 1 400 icons, weighs 156 kB and shows a dozen."""

from __future__ import annotations

import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont

STATIC = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"

# The classes that stand in the theme's templates and scripts and in no page until somebody opens a menu or a dialog.
NAMES = (
    *("angle-left", "angle-right", "arrow-up", "bars", "chevron-down", "chevron-right", "chevron-up", "xmark"),
    *("circle-half-stroke", "moon", "sun", "magnifying-glass", "list", "link", "download", "file", "file-code"),
    *("file-pdf", "expand", "rocket", "pencil", "lightbulb"),
)

RULE = """\
/* The last rule for a family wins: the theme's font is not fetched. */
@font-face {
  font-family: "Font Awesome 6 Free";
  font-style: normal;
  font-weight: 900;
  font-display: block;
  src: url(icons.woff) format("woff");
}
"""


ICON_RULE = re.compile(r'([^{}]*):before\{content:"\\([0-9a-f]{2,4})"\}')


def codes() -> set[int]:
    """The characters of the icons: those of `NAMES`, and those the style sheet uses by itself."""
    css = (STATIC / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    of_name = {
        name: code for selectors, code in ICON_RULE.findall(css) for name in re.findall(r"\.fa-([a-z0-9-]+)", selectors)
    }
    by_itself = re.findall(r'--pst-icon-[a-z-]+:"(.)"', css)
    return {int(of_name[name], 16) for name in NAMES} | {ord(character) for character in by_itself}


def slim(style_sheet: Path) -> None:
    """Take the rules of the icons that nobody draws out of the theme's style sheet: a third of it."""

    def keep(rule: re.Match) -> str:
        names = re.findall(r"\.fa-([a-z0-9-]+)", rule[0])
        return rule[0] if not names or set(names) & set(NAMES) else ""

    style_sheet.write_text(ICON_RULE.sub(keep, style_sheet.read_text(encoding="utf-8")), encoding="utf-8")


def write(folder: Path) -> None:
    """Write `icons.woff` and the `icons.css` that puts it in the place of the theme's font."""
    font = TTFont(STATIC / "vendor" / "fontawesome" / "webfonts" / "fa-solid-900.ttf")
    options = subset.Options(flavor="woff", notdef_outline=True, layout_features=[])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes())
    subsetter.subset(font)
    font.flavor = "woff"
    font.save(folder / "icons.woff")
    (folder / "icons.css").write_text(RULE, encoding="utf-8")
