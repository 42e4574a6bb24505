"""The grid of words: what the page decodes is what the model decodes, and what it is given is checked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course_lib import data, models, widgets
from tests.in_node import ask

DECODE = """
const { network, codebook, grids, d } = given;
const words = Float32Array.from({ length: codebook.byteLength / 4 }, (_, i) => codebook.getFloat32(4 * i, true));
return grids.map((grid) => [...figure.vectorsOf(grid, words, d)]);
"""


@pytest.fixture(scope="module")
def points():
    """The bundled digits."""
    return data.load("digits-28").test


@pytest.fixture(scope="module")
def model(points):
    """A small model, briefly followed by its codebook so that words differ."""
    model = models.VQVAE(24, code_dim=4, hidden=(4, 6), seed=1)
    z_e, found = model.quantise(points.x[:200])
    for _ in range(50):
        model.quantiser.update_ema(z_e, found.indices)
    return model.eval()


@pytest.fixture
def figure(model, points):
    return widgets.CodeGrid.from_model(model, points, name="words")


def test_the_digits_to_load_have_their_words(figure, model, points):
    """Picture, class and grid belong together, and the figure starts at the first."""
    assert list(figure.classes) == list(range(8))
    pictures = torch.frombuffer(bytearray(figure.pictures), dtype=torch.uint8).reshape(8, 784) / 255
    first = [points.x[points.y == digit][0] for digit in range(8)]
    torch.testing.assert_close(pictures, torch.stack(first), rtol=0, atol=0.5 / 255 + 1e-6)
    codes = np.frombuffer(figure.codes, np.uint8).reshape(8, 7, 7)
    with torch.no_grad():
        assert (codes == model.encode(torch.stack(first)).numpy()).all()
    assert figure.grid == codes[0].flatten().tolist()
    assert figure.cell == 24


def test_another_digit_can_be_the_first(model, points):
    figure = widgets.CodeGrid.from_model(model, points, digit=3)
    assert figure.grid == list(np.frombuffer(figure.codes, np.uint8).reshape(8, 49)[3])


def test_the_page_looks_words_up_as_the_model_does(figure, model):
    """Its vectors are those of the codebook, cell by cell; that it decodes them as torch does is tested elsewhere."""
    grids = [figure.grid, list(reversed(figure.grid))]
    page = ask("code-grid.mjs", DECODE, network={}, codebook=figure.codebook, grids=grids, d=4)
    vectors = model.quantiser.embed(torch.tensor(grids)).flatten(1)
    torch.testing.assert_close(torch.tensor(page), vectors, rtol=0, atol=1e-6)
    assert figure.network["shape"] == [7, 7, 4]


@pytest.mark.parametrize(
    ("trait", "value", "words"),
    [
        ("grid", [0] * 48, "a grid of 48 words up to 0, expected 49 words, each from 0 to 23"),
        ("grid", [24] * 49, "a grid of 49 words up to 24, expected 49 words, each from 0 to 23"),
        ("cell", 49, "got cell = 49, expected a number from 0 to 48"),
        ("digit", 8, "got digit = 8, expected a number from 0 to 7"),
    ],
)
def test_what_is_no_place_or_word_is_refused(figure, model, points, trait, value, words):
    with pytest.raises(TraitError, match=words):
        setattr(figure, trait, value)
    with pytest.raises(TraitError, match=words):
        widgets.CodeGrid.from_model(model, points, **{trait: value})


def test_too_many_words_for_a_byte_are_refused(points):
    with pytest.raises(ValueError, match="got a codebook of 300 words, expected at most 256"):
        widgets.CodeGrid.from_model(models.VQVAE(300, hidden=(4, 6)), points)


def test_the_still_shows_the_cell_under_other_words(figure):
    still = figure.still()
    assert isinstance(still, Figure)
    titles = [ax.get_title() for ax in still.axes]
    assert titles[0] == f"word {figure.grid[24] + 1}"
    assert len(set(titles) - {""}) == 1 + len(figure._others())
    assert figure.grid[24] not in figure._others()
    assert "row 4, column 4" in figure.describe()
    pictures = [ax.get_images()[0].get_array() for ax in still.axes if ax.get_images()]
    assert any(not np.array_equal(pictures[0], other) for other in pictures[1:])
