"""The look of the figures: one style sheet, and the colours of the symbols in either mode."""

from __future__ import annotations

from course_lib import notation
from course_lib.widgets._join import JS

# The page of the book, JupyterLab, Colab, VS Code: each says in its own way that it is dark.
_DARK = ('[data-theme="dark"] .cw', '[data-jp-theme-light="false"] .cw', '[theme="dark"] .cw', ".vscode-dark .cw")
_SURFACES = {  # (light, dark); pixels as red, green, blue: 0 is the paper, 1 the ink
    "page": (notation.LIGHT_PAGE, notation.DARK_PAGE),
    "text": ("#24292f", "#dde2e9"),
    "muted": ("#57606a", "#a4adb8"),
    "line": ("#8c959f", "#6e7681"),
    "wash": ("#f5f7f9", "#1c222b"),
    "pixel0": ("255, 255, 255", "20, 24, 30"),
    "pixel1": ("20, 24, 30", "240, 243, 247"),
}


def stylesheet() -> str:
    """CSS for every figure, scoped to the class `cw`."""
    symbols = {s.key: (s.light, s.dark) for s in notation.SYMBOLS}
    light, dark = ("; ".join(f"--cw-{k}: {v[mode]}" for k, v in (_SURFACES | symbols).items()) for mode in (0, 1))
    shared = JS / "core" / "figure.css"
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (shared, *sorted(JS.glob("*.css"))))
    return f".cw {{ {light} }}\n{', '.join(_DARK)} {{ {dark} }}\n{rules}"
