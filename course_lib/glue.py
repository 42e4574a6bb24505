"""Numbers for the prose: what a sentence states is stored by the cell that computed it, never typed."""

from __future__ import annotations

import re
import sys


def glue(**numbers: object) -> None:
    """Store formatted numbers under names that the page's text can quote as ``{glue:text}`name```.

    Parameters
    ----------
    **numbers : object
        Name → what to print, already formatted: `glue(pca2_error=f"{error:.2f}")`. A hyphen before a digit becomes
        a minus sign.

    Notes
    -----
    Shows nothing. The record is the one that MyST-NB reads, written without needing MyST-NB, so that a chapter runs
    unchanged in Colab, Binder and plain Python.
    """
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return
    prefix = "application/papermill.record/"
    for name, number in numbers.items():
        # Quoted, because MyST-NB evaluates what it gets: a bare 5.20 would be printed as 5.2.
        text = repr(re.sub(r"-(?=\d)", "−", str(number)))
        record = {"scrapbook": {"name": name, "mime_prefix": prefix}}
        ipython.display.display({f"{prefix}text/plain": text}, raw=True, metadata=record)
