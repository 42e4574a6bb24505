"""One slider for each dimension of a code, in several models of pictures whose factors are known."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import nn

from course_lib import data, latent, metrics
from course_lib.data import Dataset
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._convolutions import pack_convolutions
from course_lib.widgets._traits import Real

IN_STILL, ROWS_IN_STILL, REACH = 7, 6, 2.0
PICTURES = 6


class FactorSliders(CourseWidget):
    """Sliders for the dimensions of a code, dearest first, and what each dimension knows about each factor.

    Make one with `FactorSliders.from_models`. The page decodes.

    Attributes
    ----------
    which : int
        The model that is shown, from 0.
    shown : int
        The picture that was loaded last.
    z : list of float
        The code that is decoded.
    touched : int
        The dimension that the row of pictures moves along, from 0.
    factors, side, reach, runs, pictures, titles
        What is drawn; see the head of `js/factor-sliders.mjs`.
    """

    module = "factor-sliders"
    shared: ClassVar = ("which", "shown", "z", "touched")

    factors = traitlets.List(traitlets.Unicode()).tag(sync=True)
    side = traitlets.Int(32, min=1).tag(sync=True)
    reach = traitlets.Float(REACH).tag(sync=True)
    runs = traitlets.List(traitlets.Dict()).tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    titles = traitlets.List(traitlets.Unicode()).tag(sync=True)
    which = traitlets.Int(0, min=0).tag(sync=True)
    shown = traitlets.Int(0, min=0).tag(sync=True)
    z = traitlets.List(Real()).tag(sync=True)
    touched = traitlets.Int(0, min=0).tag(sync=True)

    _models = ()

    @traitlets.validate("z")
    def _z_is_a_code(self, proposal) -> list[float]:
        z, d = proposal["value"], len(self.runs[0]["order"]) if self.runs else len(proposal["value"])
        if len(z) != d:
            raise traitlets.TraitError(f"got z = {z}, expected {d} numbers, one for each dimension")
        return z

    @traitlets.validate("which", "shown", "touched")
    def _is_one_of_them(self, proposal) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        if self.runs:
            n = {"which": len(self.runs), "shown": len(self.titles), "touched": len(self.runs[0]["order"])}[name]
            if value >= n:
                raise traitlets.TraitError(f"got {name} = {value}, expected a number from 0 to {n - 1}")
        return value

    @classmethod
    def from_models(cls, models: dict[str, nn.Module], pictures: Dataset, **traits) -> FactorSliders:
        """The sliders of several models of one data set.

        Parameters
        ----------
        models : dict of str to module
            What a reader may choose, by its label: models that encode to a `Gaussian`, all with as many dimensions,
            whose decoder is a stack that `pack_convolutions` takes.
        pictures : Dataset
            Data with known factors, of square pictures. What a dimension knows is measured on all of them, with one
            draw from each posterior.
        **traits
            `name`, `which`, `shown`, `z`, `touched`.

        Raises
        ------
        TypeError
            If the page cannot run a decoder.
        ValueError
            If the factors of the data are not known, or the models differ in their number of dimensions.
        """
        if not pictures.factors:
            raise ValueError(f"got {pictures.name!r}, expected data whose factors are known, such as 'shapes'")
        widths = {model.latent_dim for model in models.values()}
        if len(widths) != 1:
            raise ValueError(f"got models with {sorted(widths)} dimensions, expected one number of them for all")
        x = torch.cat([pictures.train.x, pictures.test.x])
        levels = torch.cat([pictures.train.factors, pictures.test.factors])
        some = pictures.test.sample(PICTURES, seed=0)
        runs = [_measured(label, model, x, levels, some.x) for label, model in models.items()]
        which = traits.get("which", 0)
        start = {"z": runs[which]["codes"][traits.get("shown", 0)], "touched": runs[which]["order"][0]}
        widget = cls(
            factors=[factor.name for factor in pictures.factors],
            side=pictures.image_shape[0],
            runs=runs,
            pictures=(255 * some.x).round().to(torch.uint8).numpy().tobytes(),
            titles=[_title(pictures, row) for row in some.factors.tolist()],
            **start | traits,
        )
        widget._models = tuple(models.values())
        return widget

    def still(self) -> Figure:
        """The dearest dimensions of each model, one row each, and the factor that each of them knows best."""
        figure, axes = plt.subplots(1, len(self.runs), figsize=(4.1 * len(self.runs), 3.4), squeeze=False)
        for ax, run, model in zip(axes[0], self.runs, self._models, strict=True):
            z, steps = torch.tensor(run["codes"][self.shown]), torch.linspace(-self.reach, self.reach, IN_STILL)
            rows = run["order"][:ROWS_IN_STILL]
            with torch.no_grad():
                decoded = torch.cat([model.decode(latent.traverse(z, j, steps)) for j in rows])
            grid = data.image_grid(decoded.reshape(-1, self.side, self.side), IN_STILL)
            ax.imshow(grid.numpy(), vmin=0, vmax=1, interpolation="nearest")
            height = grid.shape[0] / len(rows)
            ax.set_yticks([height * (row + 0.5) for row in range(len(rows))], [self._label(run, j) for j in rows])
            ax.set_xticks([])
            ax.set_title(run["label"])
            ax.tick_params(length=0)
            ax.spines[:].set_visible(False)
        return figure

    def _label(self, run: dict, j: int) -> str:
        share, factor = max(zip(run["shares"][j], self.factors, strict=True))
        return f"$z_{{{j + 1}}}$: {factor} {round(100 * share)} %"

    def describe(self) -> str:
        """What the still shows."""
        labels = " and ".join(run["label"] for run in self.runs)
        return (
            f"For {labels}: {ROWS_IN_STILL} rows of {IN_STILL} decoded pictures of a shape, one for each of the "
            "dearest dimensions; from left to right that dimension alone moves. Beside each row stands the factor that "
            "the dimension knows best, and how much of it."
        )


def _measured(label: str, model: nn.Module, x: torch.Tensor, levels: torch.Tensor, some: torch.Tensor) -> dict:
    q = metrics.posteriors(model, x)
    z = q.sample(torch.Generator().manual_seed(0))
    entropies = torch.tensor([float(_entropy(column)) for column in levels.T])
    prices = q.kl_per_dimension().mean(dim=0)
    decoder = model.decoder[:-1] if isinstance(model.decoder[-1], nn.Flatten) else model.decoder
    return {
        "label": label,
        "decoder": pack_convolutions(decoder, z[:256]),
        "order": prices.argsort(descending=True).tolist(),
        "prices": prices.tolist(),
        "shares": (metrics.factor_information(z, levels) / entropies).tolist(),
        "codes": metrics.encode_dataset(model, some).tolist(),
    }


def _entropy(levels: torch.Tensor) -> torch.Tensor:
    return torch.special.entr(levels.bincount() / len(levels)).sum()


def _title(pictures: Dataset, levels: list[int]) -> str:
    values = [factor.levels[level] for factor, level in zip(pictures.factors, levels, strict=True)]
    said = [value if isinstance(value, str) else f"{value:.3g}".replace("-", "−") for value in values]
    return ", ".join(f"{factor.name} {value}" for factor, value in zip(pictures.factors, said, strict=True))
