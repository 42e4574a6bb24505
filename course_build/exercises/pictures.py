"""The expected pictures: what the cell `expected` of an exercise draws with the right solution, for either page."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import matplotlib
import matplotlib.pyplot as plt

from course_build.exercises.source import BadSource, Exercise
from course_build.exercises.trial import namespace
from course_lib import dark

DPI = 144


class Picture(NamedTuple):
    """One figure as two PNGs, for the light and for the dark page; both b"" where an exercise expects no picture."""

    light: bytes = b""
    dark: bytes = b""


def picture(exercise: Exercise) -> Picture:
    """The expected picture of an exercise; BadSource where its cell draws nothing."""
    if not exercise.expected:
        return Picture()
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
                raise BadSource(f"{exercise.id}: the cell tagged expected drew {len(plt.get_fignums())} figures")
            # Without the name of the program that wrote it: the same picture is the same file.
            return Picture(*dark.both(plt.gcf(), dpi=DPI, bbox_inches="tight", metadata={"Software": None}))
    finally:
        plt.close("all")
        matplotlib.use(previous)
