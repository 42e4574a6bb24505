"""The expected pictures: what the cell `expected` of an exercise draws with the right solution."""

from __future__ import annotations

import io
import warnings

import matplotlib
import matplotlib.pyplot as plt

from tools.exercise_source import BadSource, Exercise
from tools.exercise_trial import namespace

DPI = 144


def picture(exercise: Exercise) -> bytes:
    """The expected picture as a PNG, b"" where the exercise has none; BadSource where its cell draws nothing."""
    if not exercise.expected:
        return b""
    plt.close("all")
    previous = matplotlib.get_backend()
    matplotlib.use("Agg")
    try:
        with matplotlib.rc_context(), warnings.catch_warnings():
            matplotlib.rcdefaults()  # whatever else has been drawn in this process
            warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")  # plt.show() in a notebook's cell
            # matplotlib asks a tensor for a copy in words that torch does not know yet; it then copies all the same.
            warnings.filterwarnings("ignore", "__array__ implementation|__array_wrap__ must", DeprecationWarning)
            namespace([*exercise.given, *exercise.answers, exercise.expected], exercise.id)
            if len(plt.get_fignums()) != 1:
                raise BadSource(f"{exercise.id}.md: the cell tagged expected drew {len(plt.get_fignums())} figures")
            file = io.BytesIO()
            # Without the name of the program that wrote it: the same picture is the same file.
            plt.gcf().savefig(file, dpi=DPI, bbox_inches="tight", metadata={"Software": None})
        return file.getvalue()
    finally:
        plt.close("all")
        matplotlib.use(previous)
