"""What every interactive figure is: an anywidget with a still picture, and all of it in its state.

In a notebook the front end of anywidget shows it. In the published book there is no kernel: the page holds the state,
the still and the sentence that describes it, and `book/_static/widget-host.js` hands the same module the same model.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from html import escape
from typing import ClassVar

import anywidget
import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure

from course_lib import dark
from course_lib.widgets._join import JS, join
from course_lib.widgets._style import stylesheet

MAX_BYTES = 1_000_000


class CourseWidget(anywidget.AnyWidget):
    """An interactive figure that needs no kernel: everything it draws follows from its state.

    A subclass names its `module` (`js/<module>.mjs`), declares its traits with `.tag(sync=True)`, and says what is to
    be seen without a script: `still()` and `describe()`.

    Parameters
    ----------
    name : str
        How this figure is called in the page's address: `?w.<name>.<trait>=…` opens the page with that value.
    **traits
        Values of the traits.

    Raises
    ------
    TypeError
        If a keyword is no trait; the message lists the traits.
    ValueError
        If the state holds more than 1 MB.
    """

    module: ClassVar[str]
    shared: ClassVar[tuple[str, ...]] = ()

    name = traitlets.Unicode().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        """Give the class its module and its style, from the files they are written in."""
        if "module" in vars(cls):  # traitlets makes further subclasses, whose traits these two have become
            cls._esm = join(JS / f"{cls.module}.mjs")
            cls._css = stylesheet()
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits):
        if unknown := sorted(set(traits) - set(self.figure_traits())):
            raise TypeError(
                f"got {', '.join(unknown)}, expected only {', '.join(self.figure_traits())} for {type(self).__name__}"
            )
        super().__init__(**{"name": self.module, **traits})
        size = sum(len(base64.b64decode(buffer["data"])) for buffer in self._page_state()[1])
        if size > MAX_BYTES:
            raise ValueError(
                f"got a state of {size:,} bytes, expected at most {MAX_BYTES:,}: show fewer or smaller data"
            )

    @classmethod
    def figure_traits(cls) -> list[str]:
        """The names of what makes up the figure's state, without those that every widget has."""
        inherited = set(anywidget.AnyWidget.class_trait_names())
        return sorted(n for n in cls.class_trait_names(sync=True) if n not in inherited and not n.startswith("_"))

    def still(self) -> Figure:
        """The figure on paper: one matplotlib picture that makes its point without moving."""
        raise NotImplementedError

    def describe(self) -> str:
        """What the still shows, in a sentence, for those who cannot see it."""
        raise NotImplementedError

    def _page_state(self) -> tuple[dict, list[dict]]:
        # What ipywidgets itself would save: JSON, and beside it each piece of bytes with the place it belongs to.
        saved = self.get_manager_state(drop_defaults=False, widgets=[self])["state"][self.model_id]
        keys = self.figure_traits()
        return {key: saved["state"].get(key) for key in keys}, saved.get("buffers", [])

    def _stills(self) -> tuple[bytes, bytes]:
        figure = self.still()
        pictures = dark.both(figure)
        plt.close(figure)
        return pictures

    def _still_image(self, picture: bytes, kind: str = "") -> str:
        data = base64.b64encode(picture).decode()
        return f'<img class="cw-still{kind}" alt="{escape(self.describe())}" src="data:image/png;base64,{data}">'

    def page_html(self) -> str:
        """The figure as the published page holds it: a still for either mode, the state, each piece of bytes once."""
        state, buffers = self._page_state()
        places, pieces = [], {}
        for buffer in buffers:
            key = hashlib.sha256(buffer["data"].encode()).hexdigest()[:16]
            places.append({"path": buffer["path"], "data": key})
            pieces[key] = buffer["data"]
        content = json.dumps({"state": state, "shared": self.shared, "buffers": places}).replace("<", "\\u003c")
        scripts = [f'<script type="application/json">{content}</script>']
        scripts += [
            f'<script type="application/octet-stream" data-key="{key}">{data}</script>' for key, data in pieces.items()
        ]
        kinds = (f" {dark.LIGHT}", f" {dark.DARK}")
        stills = [self._still_image(*still) for still in zip(self._stills(), kinds, strict=True)]
        return f'<div class="cw-figure" data-widget="{self.module}">{"".join(stills + scripts)}</div>'

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        # The book's build says that it is one. A notebook keeps the still only: saved, it is what GitHub shows.
        html = self.page_html() if os.environ.get("COURSE_BOOK") else self._still_image(self._stills()[0])
        return {**data, "text/html": html, "text/plain": self.describe()}, metadata
