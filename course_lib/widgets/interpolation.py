"""The straight line between the codes of two digits, in several planes, with a judge beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from course_lib import latent, metrics, notation, plots
from course_lib.data import Split
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._decoders import quantised
from course_lib.widgets._planes import named_models, pack_plane, shown_points
from course_lib.widgets._traits import Real, one_of

FRAMES, OF_EACH, SCATTERED = 11, 2, 800


class InterpolationStrip(CourseWidget):
    """Walk from one test digit to another along the straight line between their codes, in every model's plane at once.

    Make one with `InterpolationStrip.from_models`. The page decodes; what the judge says is computed here, for every
    two digits, from the decoders that the page has.

    Attributes
    ----------
    planes, labels, colors, digits, classes
        What is drawn; see the head of `js/interpolation.mjs`.
    start, end : int
        The two digits, by their place in `classes`.
    t : float
        The fraction of the way that is shown large, in [0, 1].
    """

    module = "interpolation"
    shared: ClassVar = ("start", "end", "t")

    planes = traitlets.List(traitlets.Dict()).tag(sync=True)
    labels = traitlets.Bytes().tag(sync=True)
    colors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    digits = traitlets.Bytes().tag(sync=True)
    classes = traitlets.Bytes().tag(sync=True)
    start = traitlets.Int(0, min=0).tag(sync=True)
    end = traitlets.Int(0, min=0).tag(sync=True)
    t = Real(0.5, min=0, max=1).tag(sync=True)

    @traitlets.validate("start", "end")
    def _is_one_of_the_digits(self, proposal) -> int:
        return one_of(proposal, self.classes)

    @classmethod
    def from_models(
        cls, models: Mapping | None = None, *, ae=None, vae=None, points: Split, judge, **traits
    ) -> InterpolationStrip:
        """The strips of one or more models with a code of two numbers.

        Parameters
        ----------
        models : mapping, optional
            Name shown to the reader → `Autoencoder` or `VAE`. `ae=` and `vae=` are short for two usual names.
        points : Split
            Test images and their labels, such as `data.load("mnist").test`; two of each digit are to choose from.
        judge : Classifier
            Says which digit a frame is, and how sure it is.
        **traits
            `name`, `start`, `end`, `t`.

        Raises
        ------
        ValueError
            If there is no model, or one with a code of another size.
        """
        named = named_models(models, ae, vae)
        shown = shown_points(points)
        chosen = _choose(named.values(), shown)
        planes, ways = [], {}
        for name, model in named.items():
            codes = metrics.encode_dataset(model, shown.x)
            ways[name] = _judged(quantised(model, codes), judge, codes[chosen])
            plane = pack_plane(name, model, shown.x)
            few = {"codes": plane["codes"][: 4 * SCATTERED]}  # two numbers of two bytes each
            ends = {"ends": codes[chosen].numpy().astype("<f4").tobytes(), "verdicts": _bytes(ways[name][1])}
            planes.append(plane | few | ends)
        traits = {"start": 0, "end": len(chosen) - 1} | traits
        widget = cls(
            planes=planes,
            labels=_bytes(shown.y[:SCATTERED]),
            colors=[to_hex(color) for color in plots.DIGIT_COLORS],
            digits=_bytes((255 * shown.x[chosen]).round()),
            classes=_bytes(shown.y[chosen]),
            **traits,
        )
        widget._frames = {name: frames for name, (frames, _) in ways.items()}
        return widget

    def still(self) -> Figure:
        """The chosen pair's eleven frames in every model, with the judge's verdicts below them."""
        figure, axes = plt.subplots(len(self.planes), 1, figsize=(7, 1.25 * len(self.planes)), squeeze=False)
        first, last = sorted((self.start, self.end))
        pair = _pairs(len(self.classes)).index((first, last))
        for ax, plane in zip(axes[:, 0], self.planes, strict=True):
            verdicts = torch.frombuffer(bytearray(plane["verdicts"]), dtype=torch.uint8).reshape(-1, FRAMES, 2)[pair]
            frames = self._frames[plane["name"]][pair]
            if self.start > self.end:
                verdicts, frames = verdicts.flip(0), frames.flip(0)
            plots.images(frames, columns=FRAMES, ax=ax)
            width, below = ax.get_xlim()[1] / FRAMES, ax.get_ylim()[0] + 7
            for step, (digit, sure) in enumerate(verdicts.tolist()):
                text = f"{digit}: {100 * sure / 255:.0f} %"
                ax.text(width * (step + 0.5), below, text, ha="center", va="center", fontsize=9)
            ax.set_title(plane["name"], loc="left", fontsize=10, color=notation.color("decoder"))
        return figure

    def describe(self) -> str:
        """What the still shows."""
        names = " and of the ".join(plane["name"] for plane in self.planes)
        return (
            f"Strips of eleven frames from a {self.classes[self.start]} to a {self.classes[self.end]}, of the {names}; "
            "under each frame the digit that a classifier names and its confidence in percent."
        )


def _bytes(values: torch.Tensor) -> bytes:
    return values.to(torch.uint8).numpy().tobytes()


def _pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i, n)]


def _choose(models, shown: Split) -> list[int]:
    # Two of each digit, by class; none whose code lies at the rim of a plane, where a box would cut it off.
    central = torch.ones(len(shown), dtype=torch.bool)
    for model in models:
        codes = metrics.encode_dataset(model, shown.x)
        low, high = torch.quantile(codes, torch.tensor([0.02, 0.98]), dim=0)
        central &= ((codes > low) & (codes < high)).all(dim=1)
    return [int(i) for digit in range(10) for i in ((shown.y == digit) & central).nonzero().flatten()[:OF_EACH]]


def _judged(model, judge, ends: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    # Of every two ends the frames, (pairs, 11, D), and what the judge says of each: (pairs, 11, 2), 0 to 255.
    i, j = torch.tensor(_pairs(len(ends))).T
    with torch.no_grad():
        frames = model.decode(latent.lerp(ends[i], ends[j], FRAMES).flatten(0, 1))
    said = metrics.confidence(judge, frames)
    verdicts = torch.stack([said.classes, (255 * said.confidence).round().long()], dim=1)
    return frames.unflatten(0, (len(i), FRAMES)), verdicts.unflatten(0, (len(i), FRAMES))
