"""The width of a linear bottleneck: what it accepts, and that the page draws what `course_lib.models.PCA` draws."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from traitlets import TraitError

from course_build.sphinx import katex_math
from course_lib import data, losses, metrics, models
from course_lib.widgets import PCAComponents

MODULE = Path(__file__).parents[2] / "course_lib/widgets/js/pca-components.mjs"
ROUNDING = 0.02  # how far a pixel may be from PCA's, on a scale from paper 0 to ink 1


@pytest.fixture(scope="module")
def digits():
    """The bundled digits and a PCA of them."""
    images = data.load("digits-28")
    return models.PCA(n_components=100).fit(images.train.x), images


@pytest.fixture
def figure(digits):
    """With an eleventh picture that is no digit."""
    pca, images = digits
    return PCAComponents.from_pca(pca, images, extra={"upside down": images.test.x[0].flip(0)}, d=16, picture=4)


def in_the_page(figure: PCAComponents, widths: list[int]) -> dict:
    """Every picture redrawn from d numbers, for each d, and the curve of its error, by the functions of the module."""
    state = {key: base64.b64encode(getattr(figure, key)).decode() for key in ("mean", "axes", "codes", "images")}
    script = f"""
        import {{ errorCurve, readComponents, redraw }} from {json.dumps(MODULE.as_uri())};
        const chunks = [];
        for await (const chunk of process.stdin) chunks.push(chunk);
        const state = JSON.parse(Buffer.concat(chunks));
        for (const key in state) state[key] = new DataView(Uint8Array.from(Buffer.from(state[key], "base64")).buffer);
        const content = readComponents(state);
        const {{ codes, images }} = content;
        const drawn = codes.map((code) => {json.dumps(widths)}.map((d) => [...redraw(content, code, d)]));
        const curves = images.map((x, i) => errorCurve(content, x, codes[i]));
        console.log(JSON.stringify({{ drawn, curves, images: images.map((x) => [...x]) }}));
    """
    command = [katex_math.node(), "--input-type=module", "-e", script]
    result = subprocess.run(command, input=json.dumps(state), capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def compare(figure: PCAComponents, pca: models.PCA) -> float:
    """The worst pixel of the page; its error curves are compared on the way."""
    most = len(figure.test_error) - 1
    widths = [0, 1, 2, 16, most]
    page = in_the_page(figure, widths)
    x = torch.tensor(page["images"])
    worst = 0.0
    for i, d in enumerate(widths):
        x_hat = pca.mean_ + pca.encode(x)[:, :d] @ pca.components_[:d]
        drawn = torch.tensor([picture[i] for picture in page["drawn"]])
        worst = max(worst, float((drawn - x_hat).abs().max()))
        errors = torch.tensor([curve[d] for curve in page["curves"]])
        torch.testing.assert_close(errors, losses.squared_error(x, x_hat), rtol=0, atol=0.3)
    return worst


def test_page_draws_what_pca_draws(figure, digits):
    """Every picture, from 0 to all numbers; the rounding of the axes is the only difference."""
    assert 0 < compare(figure, digits[0]) < ROUNDING


def test_page_draws_mnist(mnist):
    """The same on MNIST, where all hundred components are used, and the state stays near 100 kB."""
    pca = models.PCA(n_components=100).fit(mnist.train.sample(10_000).x)
    figure = PCAComponents.from_pca(pca, mnist)
    assert len(figure.test_error) == 101
    assert compare(figure, pca) < ROUNDING
    assert sum(len(part) for part in (figure.mean, figure.axes, figure.codes, figure.images)) < 100_000


def test_errors_are_those_of_the_library(figure, digits):
    """Test error as measured, training error as the sum of the dropped eigenvalues, both also at 0."""
    pca, images = digits
    for d in (1, 16, 40):
        own = models.PCA(n_components=d).fit(images.train.x)
        assert figure.test_error[d] == pytest.approx(metrics.reconstruction_error(own, images.test.x).mean, abs=1e-3)
        assert figure.train_error[d] == pytest.approx(float(pca.eigenvalues_[d:].sum()), abs=1e-3)
        assert figure.train_error[d] == pytest.approx(metrics.reconstruction_error(own, images.train.x).mean, abs=1e-3)
    average = pca.mean_.expand_as(images.test.x)
    assert figure.test_error[0] == pytest.approx(float(losses.squared_error(images.test.x, average).mean()), abs=1e-3)


def test_components_that_the_data_do_not_have_are_left_out(figure):
    """The bundled digits were 8 × 8: their enlargements have at most 64 directions, and then no error is left."""
    most = len(figure.test_error) - 1
    assert 40 < most <= 64
    assert len(figure.train_error) == most + 1
    assert figure.train_error[-1] < 0.01
    assert len(figure.axes) == most * (784 + 4)


def test_pictures_are_the_ten_digits_and_the_extra_one(figure, digits):
    """Named by what they show, each a test image."""
    _, images = digits
    assert figure.pictures == [*map(str, range(10)), "upside down"]
    sent = torch.frombuffer(bytearray(figure.images), dtype=torch.uint8).reshape(11, 784).float() / 255
    distance = torch.cdist(sent, images.test.x)
    nearest = distance[:10].min(dim=1)
    assert images.test.y[nearest.indices].tolist() == list(range(10))
    assert float(nearest.values.max()) < 0.1
    assert float(distance[10].min()) > 1


@pytest.mark.parametrize(("trait", "good", "bad"), [("d", 0, -1), ("d", 40, 101), ("picture", 10, 11)])
def test_values_are_checked(figure, digits, trait, good, bad):
    """At construction and on assignment; a refused value changes nothing."""
    setattr(figure, trait, good)
    with pytest.raises(TraitError, match=f"got {trait} = {bad}, expected a number from 0 to"):
        setattr(figure, trait, bad)
    assert getattr(figure, trait) == good
    with pytest.raises(TraitError, match=f"got {trait} = {bad}, expected a number from 0 to"):
        PCAComponents.from_pca(*digits, **{trait: bad})


def test_extra_pictures_are_checked(digits):
    """Pixels lie in [0, 1], and there are 784 of them."""
    with pytest.raises(ValueError, match="extra"):
        PCAComponents.from_pca(*digits, extra={"dark": torch.full((784,), 2.0)})


def test_still_falls_to_the_left_over(figure):
    """Four widths of one picture, what each leaves over, and three falling curves; the sentence has the errors."""
    _, *pictures, curves = figure.still().axes
    assert len(pictures) == 2 * len([d for d in (1, 4, 16, 64) if d < len(figure.test_error)])
    assert [ax.get_title() for ax in pictures[:6:2]] == ["d = 1", "d = 4", "d = 16"]
    left_over = [float(abs(ax.images[0].get_array()).sum()) for ax in pictures[1::2]]
    assert left_over == sorted(left_over, reverse=True)
    for line in curves.lines:
        assert all(a >= b - 1e-4 for a, b in zip(line.get_ydata(), line.get_ydata()[1:], strict=False))
    assert f"{figure.test_error[16]:.1f} from 16" in figure.describe()
    plt.close("all")


def test_both_readers_are_served(figure, monkeypatch):
    """A live view in Jupyter, the still beside it, and the state in the book."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle = figure._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert 'data-widget="pca-components"' in bundle["text/html"]
    assert bundle["text/plain"] == figure.describe()
