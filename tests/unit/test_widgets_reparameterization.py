"""The figure of the reparameterization: its settings, its still, and the same numbers in the page as in course_lib."""

from __future__ import annotations

import json
import subprocess

import pytest
import torch
from traitlets import TraitError

from course_build.sphinx import katex_math
from course_lib import widgets
from course_lib.widgets import _join

PLACES = [(0.0, 1.0, 0.7), (1.1, -0.4, 0.2), (-3.0, -1.0, 1.2)]  # a, mean, std


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mean": 2.5}, r"got mean = 2.5 with a = 0, expected them at most 2 apart"),
        ({"a": 9}, r"got a = 9 with mean = 1, expected them at most 2 apart"),
        ({"mean": float("nan")}, "got mean = nan, expected a finite number"),
        ({"std": 0}, "std"),
        ({"std": float("nan")}, "std = nan"),
        ({"draws": 0}, "draws"),
        ({"draws": 2001}, "draws"),
        ({"draws": 1.5}, "draws"),
    ],
)
def test_settings_are_checked_when_made_and_when_changed(wrong, message):
    with pytest.raises(TraitError, match=message):
        widgets.Reparameterization(**wrong)
    figure = widgets.Reparameterization()
    before = figure.a, figure.mean, figure.std, figure.draws
    [(name, value)] = wrong.items()
    with pytest.raises(TraitError, match=message):
        setattr(figure, name, value)
    assert (figure.a, figure.mean, figure.std, figure.draws) == before


def test_a_far_minimum_may_come_with_its_mean():
    figure = widgets.Reparameterization(a=7, mean=8, std=0.5, draws=3, seed=5, name="far")
    assert (figure.a, figure.mean, figure.std, figure.draws, figure.seed) == (7, 8, 0.5, 3, 5)


def test_the_limits_of_the_page_are_those_of_the_class():
    figure = widgets.Reparameterization()
    limits = in_the_page("LIMITS")
    figure.mean, figure.std, figure.draws = limits["mean"], limits["std"][0], limits["draws"][1]
    figure.mean, figure.std, figure.draws = -limits["mean"], limits["std"][1], limits["draws"][0]
    beyond = {"mean": [-limits["mean"] - 0.01, limits["mean"] + 0.01]}
    beyond |= {"std": [limits["std"][0] - 0.01, limits["std"][1] + 0.01]}
    beyond |= {"draws": [limits["draws"][0] - 1, limits["draws"][1] + 1]}
    for name, values in beyond.items():
        for value in values:
            with pytest.raises(TraitError):
                setattr(figure, name, value)


@pytest.mark.parametrize("place", PLACES)
def test_the_page_computes_what_course_lib_computes(place):
    """Both estimators draw by draw, the closed variances, and mean and spread of the estimates, to 1e-6."""
    a, mean, std = place
    figure = widgets.Reparameterization(a=a, mean=mean, std=std)
    eps = torch.randn(400, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    settings = json.dumps({"a": a, "mean": mean, "std": std})
    noise = f"Float64Array.from({json.dumps(eps.tolist())})"
    found = in_the_page(
        f"(() => {{ const both = estimates({noise}, {settings}); "
        "return { path: [...both.path], score: [...both.score], "
        f"spread: summary(both.score), closed: closedVariances({settings}), exact: exactGradient({settings}) }}; }})()"
    )
    wanted = figure.estimates(eps)
    for here, there in (("pathwise", "path"), ("score function", "score")):
        torch.testing.assert_close(torch.tensor(found[there]).double(), wanted[here], rtol=1e-6, atol=1e-6)
        assert found["closed"][there] == pytest.approx(figure.variances()[here], rel=1e-9)
    score = wanted["score function"]
    assert found["spread"]["mean"] == pytest.approx(float(score.mean()), rel=1e-6)
    assert found["spread"]["variance"] == pytest.approx(float(score.var()), rel=1e-6)
    assert found["spread"]["error"] == pytest.approx(float(score.std()) / 20, rel=1e-6)
    assert found["exact"] == pytest.approx(2 * (mean - a))


def in_the_page(expression: str):
    """What an expression of the figure's module is, computed by node."""
    module = (_join.JS / "reparameterization.mjs").as_uri()
    names = "LIMITS, closedVariances, estimates, exactGradient, summary"
    script = f'import {{ {names} }} from "{module}"; console.log(JSON.stringify({expression}));'
    command = [katex_math.node(), "--input-type=module", "--eval", script]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_the_variances_are_those_of_many_draws():
    figure = widgets.Reparameterization(a=0.5, mean=1.3, std=0.6)
    eps = torch.randn(1_000_000, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    for name, values in figure.estimates(eps).items():
        assert float(values.var()) == pytest.approx(figure.variances()[name], rel=0.03)
        assert float(values.mean()) == pytest.approx(1.6, abs=5 * float(values.std()) / 1000)


def test_the_still_shows_the_draws_and_both_histograms_on_one_axis():
    figure = widgets.Reparameterization(mean=1.5, std=0.4)
    ride, path, score = figure.still().axes
    assert len(ride.lines) == 1 + 24 + 2
    assert path.get_xlim() == score.get_xlim()
    assert [ax.get_title(loc="left") for ax in (path, score)] == [
        "pathwise: variance 0.64",
        f"score function: variance {figure.variances()['score function']:.2f}",
    ]
    for ax in (path, score):
        assert sum(bar.get_height() for bar in ax.patches) > 0.95 * 2000


def test_the_sentence_holds_the_numbers():
    said = widgets.Reparameterization().describe()
    assert "variance 1.96" in said
    assert "variance 23.39" in said


def test_a_notebook_gets_the_view_and_the_still():
    bundle, _ = widgets.Reparameterization()._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= bundle.keys()
