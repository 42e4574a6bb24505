"""The interpolation strip: frames and verdicts of the page are the course's, and what the figure accepts."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course_lib import checkpoints, data, latent, metrics, widgets
from tests.in_node import ask


@pytest.fixture(scope="module")
def trained():
    """The shipped models of the bundled digits, their test images, and the judge."""
    names = ("ae-2d-digits-28", "vae-2d-digits-28", "judge-digits-28")
    return *(checkpoints.load(name) for name in names), data.load("digits-28").test


@pytest.fixture(scope="module")
def strip(trained):
    """From the first 3 to the second 8."""
    ae, vae, judge, points = trained
    return widgets.InterpolationStrip.from_models(
        ae=ae, vae=vae, points=points, judge=judge, start=6, end=17, name="way"
    )


def test_two_of_each_digit_with_their_codes(strip, trained):
    """Pictures, classes and codes belong together."""
    ae, _, _, points = trained
    assert list(strip.classes) == [digit for digit in range(10) for _ in range(2)]
    pictures = torch.frombuffer(bytearray(strip.digits), dtype=torch.uint8).reshape(20, 784) / 255
    apart = torch.cdist(pictures, points.x)
    assert apart.min(dim=1).values.max() < 0.1
    assert points.y[apart.argmin(dim=1)].tolist() == list(strip.classes)
    codes = torch.frombuffer(bytearray(strip.planes[0]["ends"]), dtype=torch.float32).reshape(20, 2)
    torch.testing.assert_close(codes, metrics.encode_dataset(ae, points.x[apart.argmin(dim=1)]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("start", "end"), [(6, 17), (17, 6), (4, 4)])
def test_page_says_what_the_judge_says(strip, trained, number, start, end):
    """Of the eleven frames that the page decodes itself: the same class, the same confidence up to one 255th."""
    model, judge, points = trained[number], trained[2], trained[3]
    plane = strip.planes[number]
    ends = torch.frombuffer(bytearray(plane["ends"]), dtype=torch.float32).reshape(20, 2)
    body = """
    const times = Array.from({ length: 11 }, (_, k) => k / 10);
    const codes = times.map((t) => figure.between(given.ends[0], given.ends[1], t));
    return { codes, verdicts: figure.verdictsAlong(given.verdicts, given.start, given.end, 20) };
    """
    pair = [ends[start].tolist(), ends[end].tolist()]
    page = ask("interpolation.mjs", body, ends=pair, verdicts=plane["verdicts"], start=start, end=end)
    z = latent.lerp(ends[start], ends[end], 11)
    torch.testing.assert_close(torch.tensor(page["codes"]), z, rtol=0, atol=1e-6)
    seen = points.sample(len(points))
    with torch.no_grad():
        frames = widgets.quantised(model, metrics.encode_dataset(model, seen.x)).decode(z)
    verdict = metrics.confidence(judge, frames)
    assert [one["digit"] for one in page["verdicts"]] == verdict.classes.tolist()
    confidence = torch.tensor([one["sure"] for one in page["verdicts"]], dtype=torch.float32)
    torch.testing.assert_close(confidence, verdict.confidence, rtol=0, atol=0.51 / 255)


def test_values_are_checked(strip):
    """The ends are digits that there are, t is a fraction of the way."""
    for name in ("start", "end"):
        with pytest.raises(TraitError, match=rf"got {name} = 20, expected a number from 0 to 19"):
            setattr(strip, name, 20)
    with pytest.raises(TraitError, match="'t'"):
        strip.t = 1.01
    assert (strip.start, strip.end, strip.t) == (6, 17, 0.5)


def test_a_digit_that_is_not_there_is_an_error_at_birth(strip):
    """Also when the figure is made."""
    with pytest.raises(TraitError, match="got start = 3, expected a number from 0 to 1"):
        widgets.InterpolationStrip(classes=bytes(2), start=3)


def test_notebook_and_page_get_the_figure(strip, monkeypatch):
    """Both kinds of output."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = strip._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == strip.model_id
    assert 'data-widget="interpolation"' in bundle["text/html"]


def test_still_shows_the_way_and_the_verdicts(strip, trained):
    """A strip for each model, eleven verdicts below each, and the way back in the other order."""
    still = strip.still()
    assert isinstance(still, Figure)
    assert [ax.get_title(loc="left") for ax in still.axes] == ["autoencoder", "VAE"]
    there = [text.get_text() for text in still.axes[1].texts]
    assert len(there) == 11
    strip.start, strip.end = 17, 6
    back = [text.get_text() for text in strip.still().axes[1].texts]
    strip.start, strip.end = 6, 17
    assert back == there[::-1] != there
    assert "from a 3 to a 8" in strip.describe()
