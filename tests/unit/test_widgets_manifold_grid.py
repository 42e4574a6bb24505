"""The manifold grid: the page's cells are the course's, and what the figure accepts."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course_lib import data, latent, models, widgets
from tests.in_node import ask


@pytest.fixture(scope="module")
def points():
    """The bundled digits."""
    return data.load("digits-28").test


@pytest.fixture
def grid(points):
    """Of a model that was never trained."""
    return widgets.ManifoldGrid.from_models(vae=models.VAE(2, hidden=(16,)), points=points, name="grid")


def test_page_cuts_the_normal_distribution_as_torch_does():
    """Its function to 2e-7, its inverse to 1e-6, over what cells reach."""
    u = torch.linspace(1e-5, 1 - 1e-5, 2001, dtype=torch.float64)
    z = torch.linspace(-4.5, 4.5, 901, dtype=torch.float64)
    body = "return [given.u.map(figure.normalQuantile), given.z.map(figure.normalShare)];"
    quantiles, shares = ask("manifold-grid.mjs", body, u=u.tolist(), z=z.tolist())
    torch.testing.assert_close(torch.tensor(quantiles, dtype=u.dtype), torch.special.ndtri(u), rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(torch.tensor(shares, dtype=z.dtype), torch.special.ndtr(z), rtol=0, atol=2e-7)


def test_page_lays_the_cells_out_as_the_course_does():
    """Equal shares are `latent.prior_grid`, equal steps are `latent.grid_codes`, cell by cell from the top left."""
    box = [-2.5, 3.0, -4.0, 1.0]
    body = """
    const cells = Array.from({ length: 400 }, (_, i) => [i % 20, Math.floor(i / 20)]);
    const lay = (spacing) => cells.map((cell) => figure.cellCode(spacing, given.box, [0, 1, 0, 1], cell));
    return [lay("shares"), lay("steps")];
    """
    shares, steps = ask("manifold-grid.mjs", body, box=box)
    torch.testing.assert_close(torch.tensor(shares), latent.prior_grid(20), rtol=0, atol=1e-6)
    torch.testing.assert_close(torch.tensor(steps), latent.grid_codes(box, 20), rtol=0, atol=1e-6)


def test_share_of_a_cell_is_the_share_of_the_draws():
    """Of a million draws from the prior, those that fall in a cell of equal steps, within four standard errors."""
    box = [-2.5, 2.5, -2.0, 3.0]
    z = torch.randn(1_000_000, 2, generator=torch.Generator().manual_seed(0))
    for column, row in ((10, 12), (3, 9), (15, 4)):
        left, top = box[0] + 0.25 * column, box[3] - 0.25 * row
        inside = (z[:, 0] > left) & (z[:, 0] < left + 0.25) & (z[:, 1] < top) & (z[:, 1] > top - 0.25)
        body = "return figure.priorOfCell('steps', given.box, [0, 1, 0, 1], given.cell);"
        share = ask("manifold-grid.mjs", body, box=box, cell=[column, row])
        assert abs(inside.double().mean() - share) < 4 * (share / len(z)) ** 0.5


def test_values_are_checked(grid):
    """Windows with an inside, cells of the grid, spacings and planes that there are; at birth and later."""
    grid.window = [0.25, 0.5, 0, 1]
    grid.cell = [0, 19]
    for window in ([0.5, 0.5, 0, 1], [0, 1, 0.6, 0.5], [-0.1, 1, 0, 1], [0, 1, 0, 1.1]):
        with pytest.raises(TraitError, match=r"got window = .*, expected 0 ≤ left < right ≤ 1"):
            grid.window = window
    with pytest.raises(TraitError, match=r"got cell = \[20, 0\], expected a column and a row from 0 to 19"):
        grid.cell = [20, 0]
    with pytest.raises(TraitError, match="spacing"):
        grid.spacing = "equal"
    with pytest.raises(TraitError, match="expected a column"):
        widgets.ManifoldGrid(cell=[-1, 3])
    assert (grid.window, grid.cell) == ([0.25, 0.5, 0, 1], [0, 19])


def test_models_are_checked(points):
    """None, or one whose code is no plane."""
    with pytest.raises(ValueError, match="got no model"):
        widgets.ManifoldGrid.from_models(points=points)
    with pytest.raises(ValueError, match=r"got latent_dim 3 for 'VAE', expected 2"):
        widgets.ManifoldGrid.from_models(vae=models.VAE(3), points=points)


def test_decoder_is_the_explorers(points, grid):
    """Byte by byte, so that a page with both figures loads it once."""
    explorer = widgets.LatentExplorer.from_models(vae=models.VAE(2, hidden=(16,)), points=points)
    assert grid.planes[0]["decoder"] == explorer.planes[0]["decoder"]
    assert grid.planes[0]["box"] == explorer.planes[0]["box"]


def test_notebook_and_page_get_the_figure(grid, monkeypatch):
    """Both kinds of output."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = grid._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == grid.model_id
    assert 'data-widget="manifold-grid"' in bundle["text/html"]


def test_still_shows_the_chosen_plane(points):
    """Twenty by twenty pictures of the plane that is chosen, with ticks where the codes lie."""
    two = {"one": models.VAE(2, hidden=(16,), seed=1), "two": models.VAE(2, hidden=(16,), seed=2)}
    grid = widgets.ManifoldGrid.from_models(two, points=points, plane=1)
    still = grid.still()
    assert isinstance(still, Figure)
    (ax,) = still.axes
    shown = torch.as_tensor(ax.images[0].get_array().data)
    with torch.no_grad():
        first = two["two"].decode(latent.prior_grid(20)[:1]).reshape(28, 28)
    torch.testing.assert_close(shown[:28, :28], first)
    assert ax.get_xticks()[2] == pytest.approx(0.5)
    assert "plane of the two" in grid.describe()
