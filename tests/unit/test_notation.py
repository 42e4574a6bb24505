"""One symbol, one name, one colour, and each of them can be read and rendered."""

from __future__ import annotations

import re

import pytest

from course_build.sphinx import katex_math
from course_lib import notation
from tests.wcag import contrast


def test_contrast_of_known_pairs():
    """The oracle itself: black on white is 21, #767676 is the lightest grey that passes."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") < 4.5


@pytest.mark.parametrize("symbol", notation.SYMBOLS, ids=lambda symbol: symbol.macro)
def test_every_colour_can_be_read_on_both_pages(symbol):
    """WCAG AA for text: at least 4.5 to 1."""
    assert contrast(symbol.light, notation.LIGHT_PAGE) >= 4.5
    assert contrast(symbol.dark, notation.DARK_PAGE) >= 4.5


def test_macros_are_unique():
    """No command stands for two symbols."""
    macros = [symbol.macro for symbol in notation.SYMBOLS]
    assert len(set(macros)) == len(macros) == len(notation.katex_macros())


@pytest.mark.parametrize("symbol", notation.SYMBOLS, ids=lambda symbol: symbol.macro)
def test_katex_renders_every_macro_in_its_colour(symbol):
    """In running text and on its own line; the MathML carries the letter for a screen reader."""
    for display in (False, True):
        html = katex_math.render(f"\\{symbol.macro}", display)
        assert f"sym-{symbol.key}" in html
        assert "<math" in html


def test_every_colour_has_its_rules_in_the_style_sheet():
    """Each class of the macros has a colour in light and in dark mode."""
    css = notation.stylesheet()
    for symbol in notation.SYMBOLS:
        assert f".sym-{symbol.key} {{ color: {symbol.light}; }}" in css
        assert f'html[data-theme="dark"] .sym-{symbol.key} {{ color: {symbol.dark}; }}' in css


@pytest.mark.parametrize("wrong", [r"\unknownmacro", r"\frac{1}", "é"])
def test_a_wrong_formula_is_refused_and_named(wrong):
    """What KaTeX would show in red, and what LaTeX would not take, never reaches a page."""
    with pytest.raises(katex_math.FormulaError, match=re.escape(wrong)):
        katex_math.render(wrong)


def test_a_numbered_environment_gets_its_number_from_sphinx():
    """KaTeX's own (1), (2) would stand beside Sphinx's number of the block."""
    html = katex_math.render(r"\begin{align} \x &= \z \\ \z &= \x \end{align}", display=True)
    assert "eqn-num" not in html


def test_color_of_an_unknown_key_lists_the_known_ones():
    """The message helps."""
    with pytest.raises(KeyError, match="x_hat"):
        notation.color("colour-of-magic")
