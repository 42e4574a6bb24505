"""The aggregated posterior: SciPy's mixture, quadrature in one and two dimensions, the identity of the split."""

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

from course_lib import metrics, models
from course_lib.distributions import Gaussian
from course_lib.metrics import _blocks


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Encoder:
    """Stands for a VAE whose posteriors are the data: μ in the first half of the columns, log σ² in the second."""

    def encode(self, x):
        return Gaussian(*x.chunk(2, dim=1))


def mixture(n, d, seed=0):
    return Gaussian(1.5 * normal(n, d, seed=seed), -1 + 0.5 * normal(n, d, seed=seed + 1))


@pytest.mark.parametrize("n", [1, 5, 40])
@pytest.mark.parametrize("d", [1, 3])
@pytest.mark.parametrize("pairs", [1, 40, 100, 10**6])
def test_it_is_the_log_density_of_the_mixture_in_blocks_of_any_size(monkeypatch, n, d, pairs):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    q, z = mixture(n, d), normal(11, d, seed=7)
    components = [
        stats.multivariate_normal(mean, np.diag(np.exp(logvar))).logpdf(z.numpy())
        for mean, logvar in zip(q.mean.numpy(), q.logvar.numpy(), strict=True)
    ]
    expected = special.logsumexp(np.array(components).reshape(n, -1), axis=0) - math.log(n)
    np.testing.assert_allclose(metrics.aggregated_posterior_log_prob(q, z).numpy(), expected, rtol=1e-10)


def test_very_narrow_and_very_distant_posteriors_lose_no_digits():
    """In float32 the expanded square of a code 3 units away from a posterior of width 10⁻³ would be all rounding."""
    q = Gaussian(torch.tensor([[3.0], [-3.0]]), torch.full((2, 1), 2 * math.log(1e-3)))
    z = torch.tensor([[3.001], [-3.0], [0.0], [1e4]])
    got = metrics.aggregated_posterior_log_prob(q, z)
    narrow = stats.norm(0, 1e-3)
    shift = np.float64(np.float32(3.001)) - 3
    assert got[0].item() == pytest.approx(narrow.logpdf(shift) - math.log(2), abs=1e-4)
    assert got[1].item() == pytest.approx(narrow.logpdf(0) - math.log(2), abs=1e-5)
    assert got[2].item() == pytest.approx(narrow.logpdf(3), rel=1e-6)  # two equal terms of two
    assert got.isfinite().all()


def test_a_code_of_another_width_is_refused():
    with pytest.raises(ValueError, match="got z with 3 columns, expected 2"):
        metrics.aggregated_posterior_log_prob(mixture(4, 2), normal(5, 3))


def quadrature(q, edge=9.0, steps=601):
    """KL(q(z) ‖ p(z)) and I(x; z) by the trapezoid rule on a grid, from the densities' definitions."""
    axis = np.linspace(-edge, edge, steps)
    d = q.mean.shape[1]
    grid = np.stack([g.ravel() for g in np.meshgrid(*[axis] * d, indexing="ij")], axis=1)
    weight = (axis[1] - axis[0]) ** d
    each = np.stack(
        [
            stats.norm(mean, np.exp(logvar / 2)).pdf(grid).prod(axis=1)
            for mean, logvar in zip(q.mean.numpy(), q.logvar.numpy(), strict=True)
        ]
    )
    together, prior = each.mean(axis=0), stats.norm.pdf(grid).prod(axis=1)
    to_prior = weight * (together * (np.log(together) - np.log(prior))).sum()
    information = weight * special.rel_entr(each, together).sum() / len(each)
    return to_prior, information


@pytest.mark.parametrize("d", [1, 2])
def test_kl_splits_into_information_and_distance_to_the_prior_as_by_quadrature(d):
    q = Gaussian(1.2 * normal(5, d, seed=3), -0.8 + 0.3 * normal(5, d, seed=4))
    to_prior, information = quadrature(q)
    parts = metrics.kl_decomposition(Encoder(), torch.cat([q.mean, q.logvar], dim=1), samples=100_000)
    assert parts.kl == pytest.approx(to_prior + information, abs=1e-6)  # the identity itself, both sides exact
    assert parts.kl == pytest.approx(parts.information.mean + parts.to_prior.mean, rel=1e-12)
    assert 0 < parts.to_prior.standard_error < 0.01
    assert abs(parts.to_prior.mean - to_prior) < 4 * parts.to_prior.standard_error
    assert abs(parts.information.mean - information) < 4 * parts.information.standard_error
    assert 0 < parts.information.mean < math.log(5)


def test_distant_posteriors_tell_every_example_apart():
    """It is log n nats of information, and no more."""
    x = torch.cat([40 * torch.arange(8.0)[:, None], torch.zeros(8, 1)], dim=1).double()
    parts = metrics.kl_decomposition(Encoder(), x, samples=20_000)
    assert abs(parts.information.mean - math.log(8)) < 4 * parts.information.standard_error


def test_total_collapse_carries_nothing_and_matches_the_prior():
    parts = metrics.kl_decomposition(Encoder(), torch.zeros(30, 4))
    assert (parts.kl, parts.information.mean, parts.to_prior.mean) == pytest.approx((0, 0, 0), abs=1e-5)


def test_a_linear_vae_whose_codes_match_the_prior_pays_for_information_alone():
    """With x ~ N(0, 1) and q(z | x) = N(ρx, 1 − ρ²): q(z) is the prior and I = −½ log(1 − ρ²)."""
    rho, n = 0.8, 20_000
    x = torch.from_numpy(stats.norm.ppf((np.arange(n) + 0.5) / n))[:, None]
    vae = models.LinearVAE(1, 1).double()
    with torch.no_grad():
        vae.encoder.weight.fill_(rho)
        vae.decoder.bias.zero_()
        vae.logvar.fill_(math.log(1 - rho**2))
    parts = metrics.kl_decomposition(vae, x, samples=500)
    assert parts.to_prior.mean == pytest.approx(0, abs=2e-3)
    assert parts.information.mean == pytest.approx(-0.5 * math.log(1 - rho**2), abs=3e-3)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_alone_decides_the_codes_and_one_code_is_too_few():
    x = torch.cat([normal(6, 2), normal(6, 2, seed=1)], dim=1)
    assert metrics.kl_decomposition(Encoder(), x, seed=1) == metrics.kl_decomposition(Encoder(), x, seed=1)
    assert metrics.kl_decomposition(Encoder(), x, seed=1) != metrics.kl_decomposition(Encoder(), x, seed=2)
    with pytest.raises(ValueError, match="got samples = 1, expected at least 2"):
        metrics.kl_decomposition(Encoder(), x, samples=1)
