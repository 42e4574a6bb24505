"""The factor sliders: prices, what each dimension knows, and that the page decodes what Python does."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from sklearn.metrics import mutual_info_score
from traitlets import TraitError

from course_lib import checkpoints, data, metrics, models, widgets
from tests.in_node import ask


@pytest.fixture(scope="module")
def shapes():
    """The pictures with known factors."""
    return data.load("shapes")


@pytest.fixture(scope="module")
def pair():
    """The shipped models of chapter 12."""
    return {"VAE": checkpoints.load("vae-shapes"), "β-TCVAE": checkpoints.load("tcvae-shapes")}


@pytest.fixture
def figure(pair, shapes):
    """Their sliders."""
    return widgets.FactorSliders.from_models(pair, shapes, name="knobs")


def test_the_dearest_dimension_comes_first_in_each_model(figure, pair, shapes):
    x = torch.cat([shapes.train.x, shapes.test.x])
    for run, model in zip(figure.runs, pair.values(), strict=True):
        kl = metrics.kl_per_dimension(model, x)
        torch.testing.assert_close(torch.tensor(run["prices"]), kl)
        assert run["order"] == kl.argsort(descending=True).tolist()
    assert figure.touched == figure.runs[0]["order"][0]
    assert figure.factors == ["shape", "scale", "rotation", "x", "y"]


def test_the_shares_are_those_of_the_entropy(figure, shapes):
    """Each between 0 and 1; for one dimension against scikit-learn on the means, which tell a little more."""
    model = checkpoints.load("tcvae-shapes")
    run, levels = figure.runs[1], torch.cat([shapes.train.factors, shapes.test.factors])
    shares = torch.tensor(run["shares"])
    assert shares.shape == (10, 5)
    assert 0 <= shares.min() <= shares.max() <= 1
    best = int(shares[:, 4].argmax())
    means = metrics.encode_dataset(model, torch.cat([shapes.train.x, shapes.test.x]))[:, best]
    cells = (20 * (means - means.min()) / (means.max() - means.min())).long().clamp(max=19)
    told = mutual_info_score(cells.numpy(), levels[:, 4].numpy()) / torch.tensor(4.0).log()
    assert 0.5 < shares[best, 4] < told + 0.02


def test_pictures_belong_to_their_codes(figure, pair, shapes):
    """Each picture that can be loaded, in every model; its title names its levels."""
    pictures = torch.frombuffer(bytearray(figure.pictures), dtype=torch.uint8).reshape(-1, 1024) / 255
    for run, model in zip(figure.runs, pair.values(), strict=True):
        torch.testing.assert_close(
            torch.tensor(run["codes"]), metrics.encode_dataset(model, pictures), rtol=0, atol=0.1
        )
    row = int(torch.cdist(pictures[:1], shapes.test.x).argmin())
    assert figure.titles[0].startswith(f"shape {shapes.factors[0].levels[shapes.test.y[row]]}, scale")
    assert figure.z == figure.runs[0]["codes"][0]


@pytest.mark.parametrize("convolutional", [False, True], ids=["linear layers", "convolutions"])
def test_the_page_decodes_what_python_does(pair, shapes, convolutional):
    """Rounded to 16 bits, both kinds of decoder."""
    model = models.ConvVAE(10, side=32, channels=(4, 8)) if convolutional else pair["VAE"]
    run = widgets.FactorSliders.from_models({"one": model}, shapes).runs[0]
    z = torch.randn(5, 10, generator=torch.Generator().manual_seed(1))
    page = ask(
        "core/convolution.mjs",
        "const network = figure.readConvolutions(given.decoder);"
        "return given.z.map((code) => [...figure.runConvolutions(network, Float32Array.from(code))]);",
        decoder=run["decoder"],
        z=z.tolist(),
    )
    with torch.no_grad():
        torch.testing.assert_close(torch.tensor(page), model.decode(z), rtol=0, atol=0.01)
    assert run["decoder"]["error"][0] < 0.01


def test_values_are_checked(figure):
    with pytest.raises(TraitError, match="expected 10 numbers"):
        figure.z = [0.0] * 9
    with pytest.raises(TraitError, match=r"'z' trait .*finite"):
        figure.z = [float("nan")] * 10
    for name, n in (("which", 2), ("touched", 10), ("shown", 6)):
        with pytest.raises(TraitError, match=f"got {name} = {n}, expected a number from 0 to {n - 1}"):
            setattr(figure, name, n)


def test_what_cannot_be_shown_is_refused(pair, shapes):
    """Data without known factors, models of different widths."""
    with pytest.raises(ValueError, match="got 'digits-28', expected data whose factors are known"):
        widgets.FactorSliders.from_models(pair, data.load("digits-28"))
    with pytest.raises(ValueError, match=r"got models with \[3, 10\] dimensions"):
        widgets.FactorSliders.from_models(pair | {"narrow": models.VAE(3, input_dim=1024, hidden=(8,))}, shapes)


def test_the_figure_fits_in_a_page_and_its_still_shows_each_model(figure, monkeypatch):
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = figure._repr_mimebundle_()
    assert 'data-widget="factor-sliders"' in bundle["text/html"]
    assert len(bundle["text/html"]) < 700_000
    still = figure.still()
    assert isinstance(still, Figure)
    assert [ax.get_title() for ax in still.axes] == ["VAE", "β-TCVAE"]
    for ax, run in zip(still.axes, figure.runs, strict=True):
        known = torch.tensor(run["shares"]).max(dim=1)
        assert [label.get_text() for label in ax.get_yticklabels()] == [
            f"$z_{{{j + 1}}}$: {figure.factors[known.indices[j]]} {round(100 * float(known.values[j]))} %"
            for j in run["order"][:6]
        ]
    assert "6 rows of 7 decoded pictures" in figure.describe()
