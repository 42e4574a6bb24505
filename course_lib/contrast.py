"""Which colour is to be seen as well on the dark page as another one is on the light page.

Contrast is WCAG 2's ratio of luminances, from 1 (none) to 21 (black on white). A colour drawn for the white page is
exchanged for one of the same hue that has the same contrast with the dark page: what was strong stays strong, what was
a hint, such as the lines of a grid, stays a hint. The symbols' colours come in pairs already (`notation`).
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

from course_lib import notation

LIGHT_TEXT, DARK_TEXT = "#24292f", "#dde2e9"

_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])
_PAIRS = {
    notation.LIGHT_PAGE: notation.DARK_PAGE,
    LIGHT_TEXT: DARK_TEXT,
    "#000000": DARK_TEXT,
    **{symbol.light: symbol.dark for symbol in notation.SYMBOLS},
}


def luminance(rgb) -> np.ndarray:
    """Relative luminance, 0 (black) to 1 (white), of sRGB values in [0, 1], shape (..., 3) → (...); WCAG 2.2."""
    return _linear(np.asarray(rgb, dtype=float)) @ _WEIGHTS


def ratio(one, other) -> np.ndarray:
    """Contrast of two colours, 1 to 21; each in [0, 1] and of shape (..., 3), or a name that matplotlib knows."""
    first, second = (luminance(to_rgb(c) if isinstance(c, str) else c) for c in (one, other))
    return (np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05)


def on_dark(rgb, least: float = 1.0) -> np.ndarray:
    """Exchange colours meant for the white page for colours meant for the dark one.

    Parameters
    ----------
    rgb : array_like
        sRGB values in [0, 1], shape (..., 3).
    least : float
        Contrast with the dark page that none may fall short of.

    Returns
    -------
    ndarray
        Shape (..., 3). White becomes the dark page, a symbol's colour its pair, black the page's text; everything else
        keeps its hue and its contrast with the page.
    """
    rgb = np.asarray(rgb, dtype=float)
    dark_page, brightest = luminance(to_rgb(notation.DARK_PAGE)), luminance(to_rgb(DARK_TEXT))
    linear, light = _linear(rgb), luminance(rgb)
    wanted = np.maximum(1.05 / (light + 0.05), least)[..., None]
    target = np.minimum(wanted * (dark_page + 0.05) - 0.05, brightest)
    light = light[..., None]
    # In linear light, mixing with white and scaling down both keep the hue, and luminance follows them in proportion.
    whiter = linear + (1 - linear) * (target - light) / np.maximum(1 - light, 1e-9)
    darker = linear * target / np.maximum(light, 1e-9)
    exchanged = _encoded(np.where(target > light, whiter, darker))
    for old, new in _PAIRS.items():
        exchanged[np.abs(rgb - to_rgb(old)).max(axis=-1) < 1 / 512] = to_rgb(new)
    return exchanged


def _linear(rgb: np.ndarray) -> np.ndarray:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _encoded(linear: np.ndarray) -> np.ndarray:
    linear = linear.clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
