"""Two Gaussians: the page computes what torch computes, and the class takes only what the page can show."""

from __future__ import annotations

import json
import subprocess

import pytest
import torch
import traitlets
from torch.distributions import Normal, kl_divergence

from course_build.sphinx import katex_math
from course_lib import widgets
from course_lib.distributions import Gaussian
from course_lib.widgets import two_gaussians
from course_lib.widgets._join import JS

SCRIPT = """
import { bothDirections, klGradient, klTerms, integrand, MEANS, STDS } from "%s";
const rows = JSON.parse(process.argv.at(-1)).map(([mean, std, z]) => [
  ...Object.values(klTerms(mean, std)), bothDirections(mean, std).qp, bothDirections(mean, std).pq,
  ...klGradient(mean, std), integrand("qp", mean, std)(z), integrand("pq", mean, std)(z),
]);
console.log(JSON.stringify({ MEANS, STDS, rows }));
"""


def in_node(cases: torch.Tensor) -> dict:
    """What the page's module says of each mean, standard deviation and z, and its limits."""
    script = SCRIPT % (JS / "two-gaussians.mjs").as_uri()
    command = [katex_math.node(), "--input-type=module", "--eval", script, json.dumps(cases.tolist())]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_page_computes_as_torch_does():
    """Terms, both directions, gradients and integrands at 200 random places, to 1e-6."""
    torch.manual_seed(0)
    u = torch.rand(200, 3, dtype=torch.float64)
    mean = (4 * u[:, 0] - 2).requires_grad_()
    std = (0.1 + 2.4 * u[:, 1]).requires_grad_()
    z = 6 * u[:, 2] - 3
    q, p = Normal(mean, std), Normal(torch.zeros_like(mean), torch.ones_like(std))
    forward = kl_divergence(q, p)
    gradients = torch.autograd.grad(forward.sum(), (mean, std))
    log_ratio = q.log_prob(z) - p.log_prob(z)
    expected = torch.stack(
        [
            mean**2 / 2,
            (std**2 - 1) / 2,
            -std.square().log() / 2,
            forward,
            kl_divergence(p, q),
            *gradients,
            q.log_prob(z).exp() * log_ratio,
            -p.log_prob(z).exp() * log_ratio,
        ],
        dim=1,
    ).detach()
    page = in_node(torch.stack([mean, std, z], dim=1))
    got = torch.tensor(page["rows"], dtype=torch.float64)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-6)
    library = Gaussian(mean[:, None], 2 * std.log()[:, None]).kl().detach()
    torch.testing.assert_close(got[:, 3], library, rtol=1e-6, atol=1e-6)
    assert (tuple(page["MEANS"]), tuple(page["STDS"])) == (two_gaussians.MEANS, two_gaussians.STDS)


@pytest.mark.parametrize(
    ("traits", "message"),
    [
        ({"mean": 2.5}, "'mean' trait"),
        ({"std": 0.0}, "'std' trait"),
        ({"std": float("nan")}, "std = nan"),
        ({"direction": "qq"}, "direction"),
    ],
)
def test_values_that_cannot_be_shown_are_errors(traits, message):
    """When the figure is made, and afterwards; the figure keeps the value that it had."""
    with pytest.raises(traitlets.TraitError, match=message):
        widgets.TwoGaussians(**traits)
    figure = widgets.TwoGaussians(mean=-1)
    ((name, value),) = traits.items()
    before = getattr(figure, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(figure, name, value)
    assert getattr(figure, name) == before


def test_still_marks_the_cheapest_width_in_either_direction():
    """The dots are the minima of the curves that are drawn, and the sentence says the same."""
    figure = widgets.TwoGaussians(mean=1.5)
    forward, backward, dots = figure.still().axes[1].lines
    for curve, best, price in zip((forward, backward), *dots.get_data(), strict=True):
        sigma, nats = curve.get_data()
        assert abs(sigma[nats.argmin()] - best) < 0.02 * best
        assert abs(nats.min() - price) < 1e-3
    assert "KL(q‖p) is lowest at 1, KL(p‖q) at 1.80" in figure.describe()


def test_bundle_has_both_types(monkeypatch):
    """A view for Jupyter; for all others a picture, and in the book the state."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = widgets.TwoGaussians(name="kl", std=0.25)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert '"std": 0.25' in bundle["text/html"]
    assert 'data-widget="two-gaussians"' in bundle["text/html"]
