"""The words of a picture: exchange one and see what it drew."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure

from course_lib import plots
from course_lib.data import Split
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._convolutions import pack_convolutions
from course_lib.widgets._traits import one_of

LOADABLE = 8
TRIED = 500  # test images on which the error of the page's decoder is measured
IN_STILL = 7


class CodeGrid(CourseWidget):
    """Choose a cell of a digit's grid, then another word of the codebook for it; the page decodes.

    Make one with `CodeGrid.from_model`. `grid`, `cell` and `digit` follow the reader, and moving them from Python moves
    the figure.

    Attributes
    ----------
    grid : list of int
        The words that are decoded, row by row.
    cell : int
        The cell whose word can be exchanged, counted row by row from 0.
    digit : int
        Which of the loadable digits was loaded.
    network, codebook, side, codes, pictures, classes
        What is decoded; see the head of `js/code-grid.mjs`.
    """

    module = "code-grid"
    shared: ClassVar = ("cell", "digit", "grid")

    network = traitlets.Dict().tag(sync=True)
    codebook = traitlets.Bytes().tag(sync=True)
    side = traitlets.Int(7).tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)
    classes = traitlets.Bytes().tag(sync=True)
    digit = traitlets.Int(0, min=0).tag(sync=True)
    grid = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    cell = traitlets.Int(0, min=0).tag(sync=True)

    _model = None

    @traitlets.validate("grid")
    def _is_a_grid_of_words(self, proposal) -> list[int]:
        cells, words = self.side**2, len(self.codebook) // (4 * self.network["shape"][2])
        if len(proposal["value"]) != cells or max(proposal["value"]) >= words:
            raise traitlets.TraitError(
                f"got a grid of {len(proposal['value'])} words up to {max(proposal['value'], default=0)}, expected "
                f"{cells} words, each from 0 to {words - 1}"
            )
        return proposal["value"]

    @traitlets.validate("digit")
    def _is_loadable(self, proposal) -> int:
        return one_of(proposal, self.classes)

    @traitlets.validate("cell")
    def _is_a_cell(self, proposal) -> int:
        return one_of(proposal, range(self.side**2))

    @classmethod
    def from_model(cls, model, points: Split, **traits) -> CodeGrid:
        """The grid of a VQ-VAE's words.

        Parameters
        ----------
        model : VQVAE
            With at most 256 words.
        points : Split
            Test images and their labels: the first of each of eight digits can be loaded.
        **traits
            `name`, `grid`, `cell`, `digit`.

        Raises
        ------
        ValueError
            If the codebook has more than 256 words.
        TraitError
            If `grid`, `cell` or `digit` is not there.
        """
        if model.num_embeddings > 256:
            raise ValueError(
                f"got a codebook of {model.num_embeddings} words, expected at most 256: the page stores them as bytes"
            )
        some = [int((points.y == digit).nonzero()[0]) for digit in points.y.unique()[:LOADABLE]]
        with torch.no_grad():
            tried = model.encode(points.x[:TRIED])
            codes, codebook = model.encode(points.x[some]), model.quantiser.codebook.detach()
            vectors = model.quantiser.embed(tried).movedim(-1, 1)
        widget = cls(
            network=pack_convolutions(model.decoder, vectors),
            codebook=codebook.numpy().astype("<f4").tobytes(),
            side=model.side,
            codes=bytes(codes.flatten().tolist()),
            pictures=(255 * points.x[some]).round().to(torch.uint8).numpy().tobytes(),
            classes=bytes(points.y[some].tolist()),
            **{"cell": model.side**2 // 2} | traits,
        )
        if "grid" not in traits:
            widget.grid = codes[widget.digit].flatten().tolist()
        widget._model = model
        return widget

    def still(self) -> Figure:
        """The decoded picture with its cells, and the same with the chosen cell's word exchanged for others."""
        words = self._others()
        grids = torch.tensor([self.grid] * (1 + len(words)))
        grids[1:, self.cell] = torch.tensor(words)
        with torch.no_grad():
            decoded = self._model.decode(grids.unflatten(1, (self.side, self.side)))
        figure, axes = plt.subplots(2, (1 + IN_STILL) // 2, figsize=(7, 3.8))
        row, column = divmod(self.cell, self.side)
        titles = [f"word {self.grid[self.cell] + 1}", *(f"word {word + 1}" for word in words)]
        for ax, picture, title in zip(axes.flat, decoded, titles, strict=False):
            shape = (4 * self.side, 4 * self.side)
            plots.images(picture[None], columns=1, shape=shape, ax=ax)
            ax.add_patch(plt.Rectangle((4 * column - 0.5, 4 * row - 0.5), 4, 4, fill=False, edgecolor="#b3261e"))
            ax.set_title(title)
        return figure

    def describe(self) -> str:
        """What the still shows."""
        row, column = divmod(self.cell, self.side)
        return (
            f"A decoded digit, and the digit {len(self._others())} times more with other words in the cell of row "
            f"{row + 1}, column {column + 1}, which is framed: the strokes change there and in the cells around it."
        )

    def _others(self) -> list[int]:
        """Words for the still: some of those that the loadable digits use, other than the cell's own."""
        used = sorted(set(self.codes) - {self.grid[self.cell]})
        return used[:: max(1, len(used) // IN_STILL)][:IN_STILL]
