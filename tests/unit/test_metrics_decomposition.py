"""The KL in three parts: quadrature in two dimensions, Gaussians in closed form, invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

from course_lib import metrics
from course_lib.distributions import Gaussian


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Encoder:
    """Stands for a VAE whose posteriors are the data: μ in the first half of the columns, log σ² in the second."""

    def encode(self, x):
        return Gaussian(*x.chunk(2, dim=1))


def rows(q):
    """The data for which `Encoder` answers with q."""
    return torch.cat([q.mean, q.logvar], dim=1)


def by_quadrature(q, edge=9.0, steps=901):
    """Information, total correlation and dimension-wise KL of a mixture in the plane, from the definitions."""
    axis = np.linspace(-edge, edge, steps)
    h = axis[1] - axis[0]
    columns = [
        np.stack(
            [
                stats.norm(m[j], np.exp(v[j] / 2)).pdf(axis)
                for m, v in zip(q.mean.numpy(), q.logvar.numpy(), strict=True)
            ]
        )
        for j in (0, 1)
    ]
    each = columns[0][:, :, None] * columns[1][:, None, :]  # (n, steps, steps)
    joint, marginals, prior = each.mean(axis=0), [c.mean(axis=0) for c in columns], stats.norm.pdf(axis)
    information = h**2 * special.rel_entr(each, joint).sum() / len(each)
    correlation = h**2 * special.rel_entr(joint, marginals[0][:, None] * marginals[1]).sum()
    return information, correlation, sum(h * special.rel_entr(m, prior).sum() for m in marginals)


def test_the_three_parts_are_those_of_quadrature_and_add_up_to_the_kl():
    """Exact to 1e-6 on the right-hand side; the library's parts within their own errors."""
    q = Gaussian(1.2 * normal(5, 2, seed=3), -0.8 + 0.3 * normal(5, 2, seed=4))
    exact = by_quadrature(q)
    got = metrics.kl_decomposition(Encoder(), rows(q), samples=100_000)
    assert got.kl == pytest.approx(sum(exact), abs=1e-6)
    parts = (got.information, got.total_correlation, got.dimension_wise)
    assert sum(part.mean for part in parts) == pytest.approx(got.kl, rel=1e-12)
    assert got.total_correlation.mean + got.dimension_wise.mean == pytest.approx(got.to_prior.mean, rel=1e-9)
    for part, truth in zip(parts, exact, strict=True):
        assert 0 < part.standard_error < 0.01
        assert abs(part.mean - truth) < 4 * part.standard_error


def test_correlated_gaussian_means_have_the_total_correlation_of_a_gaussian():
    """μ ~ N(0, C − s²I) and noise s² make q(z) = N(0, C) for many examples: TC = −½ log(1 − ρ²), marginals N(0, 1)."""
    rho, s2, n = 0.8, 0.1, 4000
    covariance = torch.tensor([[1.0 - s2, rho], [rho, 1.0 - s2]], dtype=torch.float64)
    mean = normal(n, 2)
    mean = mean - mean.mean(dim=0)
    mean = mean @ torch.linalg.inv(torch.linalg.cholesky(mean.T @ mean / n)).T @ torch.linalg.cholesky(covariance).T
    q = Gaussian(mean, torch.full((n, 2), math.log(s2), dtype=torch.float64))
    got = metrics.kl_decomposition(Encoder(), rows(q), samples=4000)
    assert got.total_correlation.mean == pytest.approx(-0.5 * math.log(1 - rho**2), abs=0.06)
    assert abs(got.dimension_wise.mean) < 0.03


def test_independent_dimensions_have_none():
    """A grid of means is a product of its columns, whatever these are."""
    axis = torch.tensor([-2.0, 0.5, 1.0], dtype=torch.float64)
    q = Gaussian(torch.cartesian_prod(axis, axis), torch.full((9, 2), -2.0, dtype=torch.float64))
    got = metrics.kl_decomposition(Encoder(), rows(q), samples=200)
    assert got.total_correlation.mean == pytest.approx(0, abs=1e-9)
    assert got.dimension_wise.mean > 0.3


def test_turning_the_code_moves_nats_between_the_two_last_parts():
    """With equal noise in both directions a rotation keeps kl and information, and makes the dimensions depend."""
    axis = torch.tensor([-1.5, 0.0, 1.5], dtype=torch.float64)
    mean, noise = torch.cartesian_prod(axis, axis), torch.full((9, 2), -3.0, dtype=torch.float64)
    half = math.sqrt(0.5)
    turned = mean @ torch.tensor([[half, -half], [half, half]], dtype=torch.float64)
    straight, askew = (
        metrics.kl_decomposition(Encoder(), rows(Gaussian(m, noise)), samples=20_000) for m in (mean, turned)
    )
    assert askew.kl == pytest.approx(straight.kl, rel=1e-9)
    assert abs(askew.information.mean - straight.information.mean) < 5 * straight.information.standard_error
    assert askew.total_correlation.mean > 0.3
    assert straight.total_correlation.mean == pytest.approx(0, abs=1e-9)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_alone_decides_and_one_code_is_too_few():
    x = rows(Gaussian(normal(6, 2), normal(6, 2, seed=1)))
    assert metrics.kl_decomposition(Encoder(), x, seed=1) == metrics.kl_decomposition(Encoder(), x, seed=1)
    assert metrics.kl_decomposition(Encoder(), x, seed=1) != metrics.kl_decomposition(Encoder(), x, seed=2)
    with pytest.raises(ValueError, match="got samples = 1, expected at least 2"):
        metrics.kl_decomposition(Encoder(), x, samples=1)
