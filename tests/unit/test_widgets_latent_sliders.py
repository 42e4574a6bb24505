"""The latent sliders: what is dear, what the page decodes, and Python that decodes for any model."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course_lib import checkpoints, data, latent, metrics, models, widgets
from tests.in_node import ask


@pytest.fixture(scope="module")
def points():
    """The bundled digits."""
    return data.load("digits-28").test


@pytest.fixture(scope="module")
def vae():
    """The shipped ten-dimensional model."""
    return checkpoints.load("vae-10d-digits-28")


@pytest.fixture
def sliders(vae, points):
    """Its sliders."""
    return widgets.LatentSliders.from_model(vae, points, name="knobs")


def pixels(values: bytes) -> torch.Tensor:
    """Pictures of 784 bytes each, in [0, 1]."""
    return torch.frombuffer(bytearray(values), dtype=torch.uint8).reshape(-1, 784) / 255


def test_the_dearest_dimension_comes_first(sliders, vae, points):
    """The prices are the KL of `metrics`, the order is theirs, and one dimension is the first to be moved."""
    kl = metrics.kl_per_dimension(vae, points.x)
    torch.testing.assert_close(torch.tensor(sliders.prices), kl)
    assert sliders.order == kl.argsort(descending=True).tolist()
    assert sliders.touched == sliders.order[0]
    assert sliders.unit == "nats of KL"
    assert (sliders.low, sliders.high) == ([-3.0] * 10, [3.0] * 10)


def test_digits_to_load_have_their_codes(sliders, vae, points):
    """Eight kinds of digit; picture, class and code belong together, and the figure starts at the first."""
    assert list(sliders.classes) == list(range(8))
    codes = torch.frombuffer(bytearray(sliders.codes), dtype=torch.float32).reshape(8, 10)
    torch.testing.assert_close(codes, metrics.encode_dataset(vae, pixels(sliders.pictures)), rtol=0, atol=0.05)
    torch.testing.assert_close(torch.tensor(sliders.z), codes[0])


def test_page_moves_one_dimension_as_the_course_does(sliders):
    """`traverse` of the page and of Python."""
    z = torch.tensor(sliders.z)
    page = ask("core/traversal.mjs", "return figure.traverse(given.z, 4, -3, 3);", z=sliders.z)
    torch.testing.assert_close(torch.tensor(page), latent.traverse(z, 4, torch.linspace(-3, 3, 11)), rtol=0, atol=1e-6)


def test_page_draws_what_python_draws(vae, points):
    """The same code, decoded in the page and in Python, differs by what one byte a weight costs."""
    z = torch.randn(50, 10, generator=torch.Generator().manual_seed(1))
    assert widgets.worst_pixel_error(vae, z) < 0.1
    assert widgets.LatentSliders.from_model(vae, points).decoder == widgets.pack_decoder(vae)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: models.VAE(4, hidden=(16,)),
        lambda x: models.Autoencoder(5, hidden=(16,)),
        lambda x: models.PCA(3).fit(x),
        lambda x: models.LinearVAE(784, 3),
        lambda x: models.LinearAutoencoder(784, 3),
    ],
    ids=["vae", "ae", "pca", "linear-vae", "linear-ae"],
)
def test_python_answers_for_any_model(points, make):
    """Setting z gives the picture of that code, setting touched the row along another dimension."""
    model = make(points.x)
    figure = widgets.LatentSliders.from_model(model, points, decode="python")
    assert figure.decoder == {}
    d = len(figure.order)
    for touched in (0, d - 1):
        figure.z = [0.3 * j - 0.2 for j in range(d)]
        figure.touched = touched
        with torch.no_grad():
            image = model.decode(torch.tensor([figure.z])).clamp(0, 1)
            way = torch.linspace(figure.low[touched], figure.high[touched], 11)
            row = model.decode(latent.traverse(torch.tensor(figure.z), touched, way)).clamp(0, 1)
        torch.testing.assert_close(pixels(figure.image), image, rtol=0, atol=0.51 / 255)
        torch.testing.assert_close(pixels(figure.row), row, rtol=0, atol=0.51 / 255)
    before = figure.image
    figure.z = [1.5] * d
    assert figure.image != before


def test_without_a_prior_the_codes_say_how_far(points):
    """Price: their variance; reach: three standard deviations about their mean."""
    pca = models.PCA(3).fit(points.x)
    figure = widgets.LatentSliders.from_model(pca, points, decode="python")
    codes = pca.encode(points.x)
    assert figure.unit == "variance of the codes"
    torch.testing.assert_close(torch.tensor(figure.prices), codes.var(dim=0), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.tensor(figure.high), codes.mean(0) + 3 * codes.std(0), rtol=1e-4, atol=1e-4)


def test_page_decodes_alone(sliders):
    """No Python picture travels, and none is made."""
    sliders.z = [0.0] * 10
    assert (sliders.image, sliders.row) == (b"", b"")


def test_values_are_checked(sliders):
    """A code has d finite numbers; a dimension is one of d."""
    for z in ([0.0] * 9, [0.0] * 11):
        with pytest.raises(TraitError, match="expected 10 numbers"):
            sliders.z = z
    for z in ([float("nan")] * 10, [float("inf")] + [0.0] * 9):
        with pytest.raises(TraitError, match=r"'z' trait .*finite"):
            sliders.z = z
    with pytest.raises(TraitError, match="got touched = 10, expected a number from 0 to 9"):
        sliders.touched = 10


def test_what_cannot_be_drawn_is_refused(points):
    """A decoder that the page has not, a third way to decode, pictures that are no squares."""
    with pytest.raises(TypeError, match="got PCA, expected an Autoencoder or a VAE"):
        widgets.LatentSliders.from_model(models.PCA(3).fit(points.x), points)
    with pytest.raises(ValueError, match="decode"):
        widgets.LatentSliders.from_model(models.VAE(3), points, decode="server")
    narrow = data.Split(points.x[:, :780], points.y)
    with pytest.raises(ValueError, match="got pictures of 780 pixels, expected a square number"):
        widgets.LatentSliders.from_model(models.VAE(3, input_dim=780), narrow)


def test_notebook_and_page_get_the_figure(sliders, monkeypatch):
    """Both kinds of output."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = sliders._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == sliders.model_id
    assert 'data-widget="latent-sliders"' in bundle["text/html"]


def test_still_has_a_row_for_each_dimension(sliders):
    """In the order of the sliders, each with its price."""
    still = sliders.still()
    assert isinstance(still, Figure)
    labels = [label.get_text() for label in still.axes[0].get_yticklabels()]
    assert labels[0] == f"$z_{{{sliders.order[0] + 1}}}$: {sliders.prices[sliders.order[0]]:.2f}"
    assert len(labels) == 10
    assert "10 rows of 7 decoded images" in sliders.describe()
