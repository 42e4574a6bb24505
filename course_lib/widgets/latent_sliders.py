"""One slider for each dimension of a code."""

from __future__ import annotations

from typing import ClassVar, Literal

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure

from course_lib import _validate, data, latent, metrics
from course_lib.data import Split
from course_lib.distributions import Gaussian
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._decoders import pack_decoder
from course_lib.widgets._traits import Real, one_of

FRAMES, IN_STILL, LOADABLE, MEASURED, REACH = 11, 7, 8, 2500, 3.0


class LatentSliders(CourseWidget):
    """A slider for each dimension of a model's code, dearest first, and what moving one of them alone does.

    Make one with `LatentSliders.from_model`. The page decodes; with `decode="python"` Python does, for any model of the
    course: it watches `z` and `touched` and answers in `image` and `row`.

    Attributes
    ----------
    z : list of float
        The code that is decoded.
    touched : int
        The dimension that the row of pictures moves along, from 0.
    image, row : bytes
        What Python decoded, one byte a pixel; empty if the page decodes.
    decodes, decoder, side, order, prices, unit, low, high, codes, pictures, classes
        What is drawn; see the head of `js/latent-sliders.mjs`.
    """

    module = "latent-sliders"
    shared: ClassVar = ("z", "touched")

    decodes = traitlets.Enum(["page", "python"], "page").tag(sync=True)
    decoder = traitlets.Dict().tag(sync=True)
    side = traitlets.Int(28, min=1).tag(sync=True)
    order = traitlets.List(traitlets.Int()).tag(sync=True)
    prices = traitlets.List(Real()).tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    low = traitlets.List(Real()).tag(sync=True)
    high = traitlets.List(Real()).tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    classes = traitlets.Bytes().tag(sync=True)
    z = traitlets.List(Real()).tag(sync=True)
    touched = traitlets.Int(0, min=0).tag(sync=True)
    image = traitlets.Bytes().tag(sync=True)
    row = traitlets.Bytes().tag(sync=True)

    _model = None

    @traitlets.validate("z")
    def _z_is_a_code(self, proposal) -> list[float]:
        z = proposal["value"]
        if self.order and len(z) != len(self.order):
            raise traitlets.TraitError(f"got z = {z}, expected {len(self.order)} numbers, one for each dimension")
        return z

    @traitlets.validate("touched")
    def _touched_is_a_dimension(self, proposal) -> int:
        return one_of(proposal, self.order)

    @classmethod
    def from_model(cls, model, points: Split, *, decode: Literal["page", "python"] = "page", **traits) -> LatentSliders:
        """The sliders of one model.

        Parameters
        ----------
        model
            Any model of the course with `encode` and `decode`, of square pictures. For one that encodes to a Gaussian
            the price of a dimension is its KL and its slider reaches from −3 to 3; else the price is the variance of
            the codes, and the slider reaches three standard deviations to either side of their mean.
        points : Split
            Test images and their labels; the prices are measured on up to 2,500, and eight can be loaded.
        decode : {"page", "python"}
            Who decodes. The page can if the decoder is a stack of `Linear` layers; Python needs a live notebook.
        **traits
            `name`, `z`, `touched`.

        Raises
        ------
        TypeError
            If the page is to run a decoder that it can't.
        ValueError
            If a picture is not square, or `decode` is something else.
        """
        _validate.choice(decode, "decode", ("page", "python"))
        side = round(points.x.shape[1] ** 0.5)
        if side**2 != points.x.shape[1]:
            raise ValueError(f"got pictures of {points.x.shape[1]} pixels, expected a square number of them")
        shown = points.sample(min(MEASURED, len(points)))
        codes = metrics.encode_dataset(model, shown.x)
        with torch.no_grad():
            is_gaussian = isinstance(model.encode(shown.x[:1]), Gaussian)
        prices = metrics.kl_per_dimension(model, shown.x) if is_gaussian else codes.var(dim=0)
        middle = torch.zeros_like(prices) if is_gaussian else codes.mean(dim=0)
        reach = torch.full_like(prices, REACH) if is_gaussian else REACH * codes.std(dim=0)
        order = prices.argsort(descending=True).tolist()
        some = [int((shown.y == digit).nonzero()[0]) for digit in shown.y.unique()[:LOADABLE]]
        widget = cls(
            decodes=decode,
            decoder=pack_decoder(model) if decode == "page" else {},
            side=side,
            order=order,
            prices=prices.tolist(),
            unit="nats of KL" if is_gaussian else "variance of the codes",
            low=(middle - reach).tolist(),
            high=(middle + reach).tolist(),
            codes=codes[some].numpy().astype("<f4").tobytes(),
            pictures=_bytes(shown.x[some]),
            classes=bytes(shown.y[some].tolist()),
            **{"z": codes[some[0]].tolist(), "touched": order[0]} | traits,
        )
        widget._model = model
        widget._answer()
        return widget

    @traitlets.observe("z", "touched")
    def _answer(self, change=None) -> None:
        # For a model that the page can't run: both pictures at once, so that they belong together.
        if self._model is None or self.decodes == "page":
            return
        with self.hold_sync():
            self.image = _bytes(self._decode(torch.tensor([self.z])))
            self.row = _bytes(self._decode(self._along(self.touched)))

    def _along(self, dimension: int, frames: int = FRAMES) -> torch.Tensor:
        ends = self.low[dimension], self.high[dimension]
        return latent.traverse(torch.tensor(self.z), dimension, torch.linspace(*ends, frames))

    def _decode(self, z: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self._model.decode(z).clamp(0, 1)

    def still(self) -> Figure:
        """What each slider does alone: a row of pictures for each dimension, dearest first."""
        pictures = torch.cat([self._decode(self._along(j, IN_STILL)) for j in self.order])
        rows = len(self.order)
        figure, ax = plt.subplots(figsize=(3.8, 3.2 * rows / IN_STILL))
        grid = data.image_grid(pictures.reshape(-1, self.side, self.side), IN_STILL)
        ax.imshow(grid.numpy(), vmin=0, vmax=1, interpolation="nearest")
        ax.set_xticks([])
        height = grid.shape[0] / rows
        places = [height * (row + 0.5) for row in range(rows)]
        ax.set_yticks(places, labels=[f"$z_{{{j + 1}}}$: {self.prices[j]:.2f}" for j in self.order])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        return figure

    def describe(self) -> str:
        """What the still shows."""
        return (
            f"{len(self.order)} rows of {IN_STILL} decoded images, one for each dimension, in falling order of its "
            f"price ({self.unit}); from left to right that dimension alone moves from one end of its slider to the "
            "other."
        )


def _bytes(pixels: torch.Tensor) -> bytes:
    return (255 * pixels).round().to(torch.uint8).numpy().tobytes()
