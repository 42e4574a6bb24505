"""The axis through a cloud: what it accepts, and that the page computes what `course_lib.models.PCA` computes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from traitlets import TraitError

from course_build.sphinx import katex_math
from course_lib import models
from course_lib.widgets import PCAAxis

MODULE = Path(__file__).parents[2] / "course_lib/widgets/js/pca-axis.mjs"
FIVE = torch.tensor([[-3.0, -1.0], [-1.0, -1.5], [0.0, 0.5], [1.0, 0.5], [3.0, 1.5]])


@pytest.fixture
def figure():
    """The chapter's five points, and a cloud that is not centred."""
    cloud = torch.randn(40, 2, generator=torch.Generator().manual_seed(3)) @ torch.tensor([[2.0, 0.3], [0.5, 0.4]]) + 5
    return PCAAxis.from_points({"five points": FIVE, "cloud": cloud}, angle=110, name="axis")


def in_the_page(points: list, angles: list[float]) -> dict:
    """What the functions of the module say about a cloud."""
    script = f"""
        import {{ covarianceOf, principalAxis, project }} from {json.dumps(MODULE.as_uri())};
        const points = {json.dumps(points)};
        const along = {json.dumps(angles)}.map((angle) => project(points, angle));
        console.log(JSON.stringify({{ along, axis: principalAxis(covarianceOf(points)) }}));
    """
    command = [katex_math.node(), "--input-type=module", "-e", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("cloud", [0, 1])
def test_page_finds_the_axis_of_pca(figure, cloud):
    """Angle and eigenvalues; and at that angle the feet are PCA's reconstructions, the codes PCA's up to sign."""
    points = figure.clouds[cloud]["points"]
    x = torch.tensor(points, dtype=torch.float64)
    pca = models.PCA(n_components=1).fit(x)
    axis = pca.components_[0]
    angle = float(torch.atan2(axis[1], axis[0]).rad2deg()) % 180

    page = in_the_page(points, [angle])
    assert page["axis"]["angle"] == pytest.approx(angle, abs=1e-6)
    assert [page["axis"]["most"], page["axis"]["least"]] == pytest.approx(pca.eigenvalues_.tolist(), abs=1e-9)
    (along,) = page["along"]
    torch.testing.assert_close(torch.tensor(along["feet"], dtype=x.dtype), pca.reconstruct(x), rtol=0, atol=1e-6)
    torch.testing.assert_close(
        torch.tensor(along["codes"], dtype=x.dtype).abs(), pca.encode(x)[:, 0].abs(), rtol=0, atol=1e-6
    )
    assert along["lost"] == pytest.approx(float(pca.eigenvalues_[1]), abs=1e-9)


def test_page_captures_what_the_chapter_computes():
    """`(x @ directions).square().mean(dim=0)`, as in chapter 2, for every fifth degree."""
    degrees = torch.arange(0, 181, 5, dtype=torch.float64)
    directions = torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()])
    captured = (FIVE.double() @ directions).square().mean(dim=0)
    page = in_the_page(FIVE.tolist(), degrees.tolist())
    assert [along["captured"] for along in page["along"]] == pytest.approx(captured.tolist(), abs=1e-9)


@pytest.mark.parametrize(("trait", "good", "bad"), [("angle", 180, 180.5), ("angle", 0, -1), ("cloud", 1, 2)])
def test_values_are_checked(figure, trait, good, bad):
    """At construction and on assignment; a refused value changes nothing."""
    setattr(figure, trait, good)
    with pytest.raises(TraitError, match=trait):
        setattr(figure, trait, bad)
    assert getattr(figure, trait) == good
    with pytest.raises(TraitError, match=trait):
        PCAAxis(clouds=figure.clouds, **{trait: bad})


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([[1.0, 2.0]], "and 1 points, expected name and points, 2 to 500 pairs"),
        ([[1.0, 2.0], [1.0]], "expected pairs of finite numbers"),
        ([[1.0, 2.0], [1.0, float("nan")]], "expected pairs of finite numbers"),
        ([[1.0, 2.0], [1.0, 2.0]], "got one point 2 times in 'c', expected a cloud"),
    ],
)
def test_clouds_are_checked(figure, points, message):
    """At construction and on assignment."""
    with pytest.raises(TraitError, match=message):
        PCAAxis(clouds=[{"name": "c", "points": points}])
    with pytest.raises(TraitError, match=message):
        figure.clouds = [{"name": "c", "points": points}]


def test_points_are_pairs():
    """The constructor says so in the library's words."""
    with pytest.raises(ValueError, match=r"got cube with 3 columns, expected 2"):
        PCAAxis.from_points({"cube": torch.zeros(4, 3)})


def test_still_shows_the_line_and_both_curves(figure):
    """The curves add up to the total; the line has the angle; the sentence has the numbers."""
    left, right = figure.still().axes
    captured, lost = (torch.as_tensor(right.lines[i].get_ydata()) for i in (0, 1))
    torch.testing.assert_close(captured + lost, torch.full_like(lost, 5.2))
    assert float(captured.max()) == pytest.approx(4.96, abs=0.005)
    assert len(left.collections) == 2
    assert "at 110°" in figure.describe()
    assert "5.20 everywhere, and what is captured is highest at 27°" in figure.describe()
    plt.close("all")


def test_a_round_cloud_has_no_best_angle():
    """And the sentence does not name one."""
    turns = torch.arange(5, dtype=torch.float64) * 2 * torch.pi / 5
    pentagon = PCAAxis.from_points({"pentagon": torch.stack([turns.cos(), turns.sin()], dim=1)})
    assert "the same in all directions" in pentagon.describe()
    assert in_the_page(pentagon.clouds[0]["points"], [0])["axis"]["angle"] is None


def test_both_readers_are_served(figure, monkeypatch):
    """A live view in Jupyter, the still beside it, and the state in the book."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle = figure._repr_mimebundle_()[0]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert 'data-widget="pca-axis"' in bundle["text/html"]
    assert bundle["text/plain"] == figure.describe()
