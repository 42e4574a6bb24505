"""Colours for the dark page: as strong as they were, of the same hue."""

import colorsys

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from course_lib import contrast, notation, plots
from tests import wcag

GREYS = [f"#{value:02x}{value:02x}{value:02x}" for value in range(0, 256, 15)]
RANDOM = [to_hex(rgb) for rgb in np.random.default_rng(0).random((40, 3))]


def on_dark(color: str, least: float = 1.0) -> str:
    return to_hex(contrast.on_dark(to_rgb(color), least))


@pytest.mark.parametrize("color", GREYS + RANDOM)
def test_luminance_and_contrast_are_those_of_wcag(color):
    assert contrast.luminance(to_rgb(color)) == pytest.approx(wcag.luminance(color))
    assert contrast.ratio(color, "white") == pytest.approx(wcag.contrast(color, "#ffffff"))
    assert contrast.ratio(to_rgb(color), to_rgb("#14181e")) == pytest.approx(wcag.contrast("#14181e", color))


@pytest.mark.parametrize("color", GREYS[1:-1] + RANDOM)
def test_a_colour_keeps_its_contrast_with_the_page(color):
    """Up to that of the page's text; #rrggbb rounds."""
    wanted = min(wcag.contrast(color, notation.LIGHT_PAGE), wcag.contrast(contrast.DARK_TEXT, notation.DARK_PAGE))
    assert wcag.contrast(on_dark(color), notation.DARK_PAGE) == pytest.approx(wanted, rel=0.03)


@pytest.mark.parametrize("color", RANDOM)
def test_a_colour_keeps_its_hue(color):
    """In linear light, where mixing with white or black leaves it alone."""

    def hue(rgb):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return colorsys.rgb_to_hsv(*linear)[0]

    difference = abs(hue(contrast.on_dark(to_rgb(color))) - hue(to_rgb(color)))
    assert min(difference, 1 - difference) < 1e-6


@pytest.mark.parametrize("symbol", notation.SYMBOLS, ids=lambda symbol: symbol.macro)
def test_symbols_have_the_colour_of_the_formulas(symbol):
    assert on_dark(symbol.light) == symbol.dark


def test_paper_and_ink_become_those_of_the_dark_page():
    assert on_dark("white") == notation.DARK_PAGE
    assert on_dark("black") == on_dark(plots.INK) == contrast.DARK_TEXT


@pytest.mark.parametrize("least", [3.0, 4.5])
def test_none_falls_short_of_what_is_asked_for(least):
    for color in GREYS[:-1] + RANDOM:
        assert wcag.contrast(on_dark(color, least), notation.DARK_PAGE) > 0.99 * least


def test_arrays_keep_their_shape_and_their_order():
    colors = np.random.default_rng(1).random((2, 5, 3))
    exchanged = contrast.on_dark(colors)
    assert exchanged.shape == colors.shape
    np.testing.assert_allclose(exchanged[1, 3], contrast.on_dark(colors[1, 3]))


def test_classes_are_told_apart_on_both_pages():
    """Ten colours, each at 3 : 1 or more as it is, and as a figure for the dark page shows it."""
    colors = [to_hex(color) for color in plots.DIGIT_COLORS]
    assert len(set(colors)) == 10
    for color in colors:
        assert wcag.contrast(color, notation.LIGHT_PAGE) >= 3
        assert wcag.contrast(color, notation.DARK_PAGE) >= 3  # figures that move keep it in either mode
        assert wcag.contrast(on_dark(color), notation.DARK_PAGE) >= 3
