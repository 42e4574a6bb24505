"""The rate–distortion figure: its settings, its still, and that every picture is the right one."""

from __future__ import annotations

import json
import subprocess

import pytest
import torch
from traitlets import TraitError

from course_build.sphinx import katex_math
from course_lib import widgets
from course_lib.results import beta_sweep
from course_lib.widgets import _join


@pytest.fixture(scope="module")
def sweep():
    return beta_sweep.load("digits-28")


@pytest.fixture
def figure(sweep):
    return widgets.RateDistortion.from_sweep(sweep, name="sweep")


def test_the_numbers_are_those_of_the_sweep(figure, sweep):
    assert figure.beta == 1
    assert figure.betas == sweep.beta.tolist()
    assert figure.rates == sweep.rate.tolist()
    assert figure.distortions == sweep.distortion.tolist()
    assert figure.active == sweep.active_units.tolist()


def test_the_weight_is_one_that_was_trained(figure, sweep):
    figure.beta = 8
    assert figure.beta == 8
    with pytest.raises(TraitError, match=r"got beta = 3, expected one of 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32"):
        figure.beta = 3
    assert figure.beta == 8
    with pytest.raises(TraitError, match=r"got beta = -1"):
        widgets.RateDistortion.from_sweep(sweep, beta=-1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"rates": [1.0]}, ValueError, r"got 9 betas and \{'rates': 1\}, expected one of each a model"),
        ({"originals": b""}, ValueError, "got 0, .* bytes of pictures for 9 models"),
        ({"originals": bytes(785)}, ValueError, "got 785, .* expected whole images of 784 bytes"),
        ({"samples": bytes(784)}, ValueError, "and 784 bytes of pictures for 9 models"),
        ({"reconstructions": bytes(784)}, ValueError, ", 784 and"),
        ({"betas": [1.0, 0.5]}, TraitError, r"got betas = \[1.0, 0.5\], expected rising numbers above 0"),
        ({"betas": []}, TraitError, r"got betas = \[\], expected rising numbers"),
        ({"betas": [-1.0, 1.0]}, TraitError, "expected rising numbers above 0"),
    ],
)
def test_parts_that_do_not_fit_are_refused(figure, change, error, message):
    state = {key: getattr(figure, key) for key in figure.figure_traits()}
    with pytest.raises(error, match=message):
        widgets.RateDistortion(**state | change)


def test_the_page_shows_the_pictures_of_the_sweep_and_its_bounds(figure, sweep):
    """Read by the module of the page itself: the last model's second reconstruction and its third sample."""
    module = (_join.JS / "rate-distortion.mjs").as_uri()
    script = f"""
import {{ elbos, pictureAt }} from "{module}";
const view = (base64) => new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
let text = "";
for await (const part of process.stdin) text += part;
const given = JSON.parse(text);
console.log(JSON.stringify({{
  bounds: elbos(given),
  original: [...pictureAt(view(given.originals), 1)],
  redrawn: [...pictureAt(view(given.reconstructions), 8 * 8 + 1)],
  drawn: [...pictureAt(view(given.samples), 8 * 16 + 2)],
}}));
"""
    encoded = {buffer["path"][0]: buffer["data"] for buffer in figure._page_state()[1]}
    given = json.dumps(encoded | {"rates": figure.rates, "distortions": figure.distortions})
    command = [katex_math.node(), "--input-type=module", "--eval", script]
    result = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    found = {key: torch.tensor(value, dtype=torch.float64) for key, value in json.loads(result.stdout).items()}
    torch.testing.assert_close(found["bounds"], sweep.elbo, rtol=1e-9, atol=0)
    for key, wanted in {
        "original": sweep.x[1], "redrawn": sweep.reconstructions[8, 1], "drawn": sweep.samples[8, 2]
    }.items():  # fmt: skip
        torch.testing.assert_close(found[key], wanted.double(), rtol=0, atol=1e-6)


def test_the_still_shows_the_curve_and_three_models(figure):
    figure.beta = 4
    curve, originals, *shown = figure.still().axes
    assert curve.lines[0].get_xdata().tolist() == figure.rates
    assert [note.get_text() for note in curve.texts] == ["⅛", "¼", "½", "1", "2", "4", "8", "16", "32"]
    assert [ax.get_title(loc="left").split(":")[0] for ax in shown] == ["β = ⅛", "β = 4", "β = 32"]
    assert all(len(ax.images) == 1 for ax in (originals, *shown))
    figure.beta = 32
    assert len(figure.still().axes) == 4


def test_the_sentence_and_the_bundle(figure):
    assert f"to {figure.rates[0]:.1f} and {figure.distortions[0]:.1f} nats at β = 0.125" in figure.describe()
    bundle, _ = figure._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= bundle.keys()
