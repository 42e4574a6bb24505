"""A progress bar where somebody can see it, silence elsewhere."""

from __future__ import annotations

import os
import sys

from tqdm.auto import tqdm


def progress_bar(epochs: int, done: int, wanted: bool | None) -> tqdm:
    """A bar over epochs; `wanted=None` shows it on a terminal and in a notebook, unless TQDM_DISABLE is set."""
    if wanted is None:
        wanted = (sys.stderr.isatty() or _in_notebook()) and not os.environ.get("TQDM_DISABLE")
    return tqdm(total=epochs, initial=done, unit="epoch", disable=not wanted)


def _in_notebook() -> bool:
    # IPython can only be the caller if it has been imported already.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return type(shell).__name__ in {"ZMQInteractiveShell", "Shell"}  # Jupyter, Colab
