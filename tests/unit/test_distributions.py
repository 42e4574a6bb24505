"""Gaussians against torch.distributions, SciPy, Monte Carlo and autograd."""

import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from course_lib import losses
from course_lib.distributions import Gaussian, full_gaussian_kl, standard_normal_log_prob


def draw(n, d, seed=0):
    """Means and log-variances of n unremarkable Gaussians."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, n, d, generator=generator, dtype=torch.float64)


def covariance(d, seed):
    root = torch.randn(d, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return root @ root.T + 0.3 * torch.eye(d, dtype=torch.float64)


def in_torch(q):
    return Normal(q.mean, q.logvar.exp().sqrt())


@pytest.mark.parametrize("d", [1, 2, 7])
def test_kl_equals_torch_distributions(d):
    q = Gaussian(*draw(5, d))
    expected = kl_divergence(in_torch(q), Normal(0.0, 1.0))
    torch.testing.assert_close(q.kl_per_dimension(), expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(q.kl(), expected.sum(dim=1), rtol=1e-12, atol=1e-12)


def test_kl_is_the_mean_log_ratio_of_samples_within_four_standard_errors():
    one = Gaussian(torch.tensor([[0.8, -1.2]]).double(), torch.tensor([[-1.0, 0.7]]).double())
    q = Gaussian(one.mean.expand(200_000, 2), one.logvar.expand(200_000, 2))
    z = q.sample(torch.Generator().manual_seed(1))
    ratio = q.log_prob(z) - standard_normal_log_prob(z)
    assert abs(ratio.mean() - one.kl()) < 4 * ratio.std() / math.sqrt(len(ratio))


def test_gradient_of_kl_is_mu_and_half_of_variance_minus_one():
    mean, logvar = (t.requires_grad_() for t in draw(4, 3))
    Gaussian(mean, logvar).kl().sum().backward()
    torch.testing.assert_close(mean.grad, mean.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(logvar.grad, 0.5 * (logvar.detach().exp() - 1), rtol=1e-12, atol=1e-12)


def test_kl_is_zero_exactly_for_the_standard_normal_and_only_there():
    assert torch.equal(Gaussian(torch.zeros(1, 3), torch.zeros(1, 3)).kl(), torch.zeros(1))
    for mean, logvar in ((1e-2, 0.0), (-1e-2, 0.0), (0.0, 1e-2), (0.0, -1e-2)):
        assert Gaussian(torch.tensor([[mean]]), torch.tensor([[logvar]])).kl() > 0


@given(st.floats(-30, 30, width=32), st.floats(-30, 30, width=32) | st.floats(-(2**-10), 2**-10, width=32))
def test_rounding_never_makes_kl_negative_even_in_float32(mean, logvar):
    assert Gaussian(torch.tensor([[mean]]), torch.tensor([[logvar]])).kl_per_dimension() >= 0


def test_log_prob_equals_scipy_and_sums_over_latent_dimensions():
    q, z = Gaussian(*draw(5, 3)), draw(5, 3, seed=1)[0]
    rows = zip(q.mean.numpy(), q.logvar.numpy(), z.numpy(), strict=True)
    expected = [stats.multivariate_normal(mean, np.diag(np.exp(logvar))).logpdf(point) for mean, logvar, point in rows]
    np.testing.assert_allclose(q.log_prob(z).numpy(), expected, rtol=1e-12)
    prior = stats.multivariate_normal(np.zeros(3))
    np.testing.assert_allclose(standard_normal_log_prob(z).numpy(), prior.logpdf(z.numpy()), rtol=1e-12)


def test_density_integrates_to_one():
    q = Gaussian(torch.tensor([[0.7]]).double(), torch.tensor([[-0.9]]).double())
    area, _ = integrate.quad(lambda z: q.log_prob(torch.tensor([[z]]).double()).exp().item(), -10, 10)
    assert area == pytest.approx(1, abs=1e-9)


def test_samples_have_the_stated_mean_and_variance_within_four_standard_errors():
    n, mean, var = 100_000, torch.tensor([2.0, -1.0]).double(), torch.tensor([0.25, 4.0]).double()
    q = Gaussian(mean.expand(n, 2), var.log().expand(n, 2))
    z = q.sample(torch.Generator().manual_seed(3))
    assert ((z.mean(dim=0) - mean).abs() < 4 * (var / n).sqrt()).all()
    assert ((z.var(dim=0) - var).abs() < 4 * var * math.sqrt(2 / n)).all()
    assert abs(torch.corrcoef(z.T)[0, 1]) < 4 / math.sqrt(n)


def test_sample_is_mean_plus_std_times_the_given_noise():
    q, eps = Gaussian(*draw(5, 3)), draw(5, 3, seed=2)[0]
    torch.testing.assert_close(q.sample(eps=eps), q.mean + q.logvar.exp().sqrt() * eps, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(q.std, in_torch(q).stddev, rtol=1e-14, atol=0)
    torch.testing.assert_close(q.var, in_torch(q).variance, rtol=1e-14, atol=0)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_generator_alone_decides_the_sample():
    q = Gaussian(*draw(5, 3))
    first, again, other = (q.sample(torch.Generator().manual_seed(seed)) for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    going_on = torch.Generator().manual_seed(7)
    q.sample(going_on)
    assert not torch.equal(q.sample(going_on), first)


def test_gradient_flows_through_a_sample_by_reparameterization():
    (mean, logvar), eps = draw(4, 3).unbind(), draw(4, 3, seed=2)[0]
    mean.requires_grad_(), logvar.requires_grad_()
    Gaussian(mean, logvar).sample(eps=eps).sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones_like(mean), rtol=0, atol=0)
    torch.testing.assert_close(logvar.grad, 0.5 * eps * (0.5 * logvar.detach()).exp(), rtol=1e-12, atol=1e-12)


def test_a_gaussian_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Gaussian(*draw(2, 2)).mean = torch.zeros(2, 2)


@pytest.mark.parametrize("d", [1, 3, 6])
def test_full_kl_equals_torch_distributions_and_is_not_symmetric(d):
    (mean_q, mean_p), cov_q, cov_p = draw(2, d)[0], covariance(d, 1), covariance(d, 2)
    q, p = MultivariateNormal(mean_q, cov_q), MultivariateNormal(mean_p, cov_p)
    forward, reverse = full_gaussian_kl(mean_q, cov_q, mean_p, cov_p), full_gaussian_kl(mean_p, cov_p, mean_q, cov_q)
    torch.testing.assert_close(forward, kl_divergence(q, p), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(reverse, kl_divergence(p, q), rtol=1e-10, atol=1e-12)
    assert abs(forward - reverse) > 0.1


def test_full_kl_of_a_diagonal_against_the_prior_is_the_diagonal_kl():
    q = Gaussian(*draw(1, 4))
    full = full_gaussian_kl(q.mean[0], q.var[0].diag(), torch.zeros(4).double(), torch.eye(4).double())
    torch.testing.assert_close(full, q.kl()[0], rtol=1e-12, atol=1e-12)


def test_full_kl_is_zero_for_equal_gaussians_and_unchanged_by_an_affine_map():
    (mean_q, mean_p), cov_q, cov_p = draw(2, 3)[0], covariance(3, 1), covariance(3, 2)
    assert abs(full_gaussian_kl(mean_q, cov_q, mean_q, cov_q)) < 1e-14
    a = draw(3, 3, seed=9)[0]
    mapped = full_gaussian_kl(a @ mean_q + 1, a @ cov_q @ a.T, a @ mean_p + 1, a @ cov_p @ a.T)
    torch.testing.assert_close(mapped, full_gaussian_kl(mean_q, cov_q, mean_p, cov_p), rtol=1e-9, atol=0)


def test_full_kl_refuses_a_covariance_that_is_none():
    mean, good, bad = torch.zeros(2), torch.eye(2), torch.tensor([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(torch.linalg.LinAlgError):
        full_gaussian_kl(mean, good, mean, bad)


@pytest.mark.parametrize("logvar", [-140.0, -100.0, 89.0, 150.0])
def test_log_density_where_the_variance_leaves_float32(logvar):
    """The variance is 0 or infinite in float32 there; its logarithm is an ordinary number."""
    q = Gaussian(torch.zeros(1, 1), torch.full((1, 1), logvar))
    z = torch.full((1, 1), math.exp(logvar / 2) * 0.5)
    assert q.log_prob(q.mean).isfinite()
    expected = -0.5 * (math.log(2 * math.pi) + logvar + 0.25)
    assert float(q.log_prob(z)) == pytest.approx(expected, rel=1e-5)


def test_a_gaussian_says_its_shape_and_its_ranges():
    q = Gaussian(torch.tensor([[0.0, -2.0], [1.5, 0.0]]), torch.zeros(2, 2))
    assert repr(q) == "Gaussian(shape (2, 2), means -2 … 1.5, standard deviations 1 … 1)"


@pytest.mark.parametrize(
    "call",
    [
        lambda: Gaussian(torch.zeros(2, 2, dtype=torch.int64), torch.zeros(2, 2, dtype=torch.int64)),
        lambda: losses.squared_error(torch.zeros(1, 2, dtype=torch.uint8), torch.full((1, 2), 200, dtype=torch.uint8)),
        lambda: losses.gaussian_log_likelihood(torch.ones(1, 2).long(), torch.ones(1, 2).long(), 1.5),
    ],
)
def test_integers_are_refused_where_they_would_round_or_overflow(call):
    with pytest.raises(TypeError, match="expected floating-point"):
        call()


@pytest.mark.parametrize("variance", [0.0, -1.0, float("nan"), float("inf")])
def test_a_variance_is_above_0(variance):
    with pytest.raises(ValueError, match=r"got variance = .*, expected a finite number above 0"):
        losses.gaussian_log_likelihood(torch.zeros(1, 2), torch.zeros(1, 2), variance)


def test_full_covariances_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"got shapes \(1,\), \(2, 2\), \(2,\), \(2, 2\), expected"):
        full_gaussian_kl(torch.zeros(1), torch.eye(2), torch.zeros(2), torch.eye(2))
