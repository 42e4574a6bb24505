"""The bound: the page computes what torch computes, and the class takes only what the page can show."""

from __future__ import annotations

import json
import math
import subprocess

import pytest
import torch
import traitlets
from torch.distributions import Normal, kl_divergence

from course_build.sphinx import katex_math
from course_lib import widgets
from course_lib.distributions import full_gaussian_kl
from course_lib.widgets import the_bound
from course_lib.widgets._join import JS

SCRIPT = """
import { bound, elboGradient, truePosterior, MEANS, STDS, XS } from "%s";
const rows = JSON.parse(process.argv.at(-1)).map(([x, w, s2, mean, std]) => {
  const state = { x, w, s2, mean, std };
  const { reconstruction, price, elbo, gap, evidence } = bound(state);
  return [reconstruction, price, elbo, gap, evidence, ...elboGradient(state), ...Object.values(truePosterior(state))];
});
console.log(JSON.stringify({ MEANS, STDS, XS, rows }));
"""


def in_node(cases: torch.Tensor) -> dict:
    """What the page's module says of each x, w, s², mean and standard deviation, and its limits."""
    script = SCRIPT % (JS / "the-bound.mjs").as_uri()
    command = [katex_math.node(), "--input-type=module", "--eval", script, json.dumps(cases.tolist())]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_page_computes_as_torch_does():
    """Every bar, the gradient of the ELBO and the posterior at 200 random places, to 1e-6.

    The evidence is that of the joint Gaussian of (z, x), the posterior is its conditional, and the reconstruction an
    average over quadrature points: none of them uses the page's formulas.
    """
    torch.manual_seed(0)
    u = torch.rand(200, 5, dtype=torch.float64)
    x, w, s2 = 5 * u[:, 0] - 2.5, 0.3 + 2 * u[:, 1], 0.1 + u[:, 2]
    mean = (4 * u[:, 3] - 2).requires_grad_()
    logvar = (2 * (0.1 + 1.4 * u[:, 4]).log()).requires_grad_()
    q, prior = Normal(mean, (logvar / 2).exp()), Normal(torch.zeros_like(x), torch.ones_like(x))
    ones = torch.ones_like(x)
    covariance = torch.stack([torch.stack([ones, w], 1), torch.stack([w, w**2 + s2], 1)], 1)  # of (z, x)
    precision = covariance.inverse()
    posterior = Normal(-precision[:, 0, 1] / precision[:, 0, 0] * x, precision[:, 0, 0] ** -0.5)
    evidence = Normal(0, covariance[:, 1, 1].sqrt()).log_prob(x)
    # ±1 has the first two moments of the noise, which is all that a square asks for.
    points = [Normal(w * (q.mean + sign * q.stddev), s2.sqrt()).log_prob(x) for sign in (-1, 1)]
    reconstruction = (points[0] + points[1]) / 2
    price = kl_divergence(q, prior)
    elbo = reconstruction - price
    gradients = torch.autograd.grad(elbo.sum(), (mean, logvar))
    gap = kl_divergence(q, posterior)
    torch.testing.assert_close(elbo + gap, evidence, rtol=1e-9, atol=1e-9)
    expected = torch.stack(
        [reconstruction, price, elbo, gap, evidence, *gradients, posterior.mean, posterior.stddev], dim=1
    ).detach()
    page = in_node(torch.stack([x, w, s2, mean, q.stddev], dim=1))
    got = torch.tensor(page["rows"], dtype=torch.float64)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)
    library = full_gaussian_kl(q.mean[:1], q.variance[:1, None], posterior.mean[:1], posterior.variance[:1, None])
    torch.testing.assert_close(got[0, 3], library.detach(), rtol=1e-6, atol=1e-6)
    limits = [tuple(page[key]) for key in ("MEANS", "STDS", "XS")]
    assert limits == [the_bound.MEANS, the_bound.STDS, the_bound.XS]


def set_together(figure: widgets.TheBound, traits: dict) -> None:
    """Assign several traits as one change."""
    with figure.hold_trait_notifications():
        for name, value in traits.items():
            setattr(figure, name, value)


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"x": 4}, "'x' trait"),
        ({"mean": -2.1}, "'mean' trait"),
        ({"std": 0.01}, "'std' trait"),
        ({"s2": 0}, "got s2 0, expected a variance above 0"),
        ({"w": 0.3, "s2": 0.1}, r"got w 0\.3 and s2 0\.1, whose posterior reaches mean 3\.95 .*choose another"),
        ({"w": 30}, r"standard deviation 0\.024; expected .* at least 0\.05"),
    ],
)
def test_values_that_cannot_be_shown_are_errors(traits, message):
    """When the figure is made, and afterwards; the figure keeps the values that it had."""
    with pytest.raises(traitlets.TraitError, match=message):
        widgets.TheBound(**traits)
    figure = widgets.TheBound()
    before = {name: getattr(figure, name) for name in traits}
    with pytest.raises(traitlets.TraitError, match=message):
        set_together(figure, traits)
    assert {name: getattr(figure, name) for name in traits} == before


def test_w_and_s2_may_change_together():
    """A pair that can be shown, although each alone with the other's old value could not."""
    figure = widgets.TheBound()
    with pytest.raises(traitlets.TraitError, match=r"got w 20 and s2 0\.5"):
        figure.w = 20.0
    set_together(figure, {"w": 20.0, "s2": 2.0})
    assert (figure.w, figure.s2) == (20.0, 2.0)


def test_still_closes_the_gap_in_its_last_panel():
    """Three gaps: the prior's, that of the state, and none."""
    still = widgets.TheBound(w=1.7, s2=0.5, x=1.3, mean=0.4, std=math.sqrt(0.3)).still()
    assert [ax.get_title() for ax in still.axes[3:]] == ["gap 3.37", "gap 0.38", "gap 0.00"]


def test_description_has_the_numbers():
    """The evidence and the bounds of chapter 7."""
    sentence = widgets.TheBound().describe()
    assert all(number in sentence for number in ("log p(x) = -1.78", "ends at -5.15", "at -2.16"))


def test_bundle_has_both_types(monkeypatch):
    """A view for Jupyter; for all others a picture, and in the book the state."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = widgets.TheBound(name="bound", x=-1)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert '"x": -1.0' in bundle["text/html"]
    assert 'data-widget="the-bound"' in bundle["text/html"]
