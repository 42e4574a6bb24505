"""The log-likelihood estimate on models whose log p(x) is known exactly."""

import math

import numpy as np
import pytest
import torch

from course_lib import losses, metrics, models
from course_lib.metrics import _blocks
from course_lib.metrics.bounds import LikelihoodEstimate


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def one_dimensional(variance=0.6):
    """p(x | z) = N(1.7 z, ½) and q(z | x) = N(0.3 x, variance): log p(x) = log N(x; 0, 3.39)."""
    vae = models.LinearVAE(1, 1).double()
    with torch.no_grad():
        vae.decoder.weight.fill_(1.7)
        vae.decoder.bias.zero_()
        vae.encoder.weight.fill_(0.3)
        vae.logvar.fill_(math.log(variance))
        vae.log_noise.fill_(math.log(0.5))
    return vae


def exact(x):
    return torch.distributions.Normal(0.0, math.sqrt(3.39)).log_prob(x[:, 0])


def probabilistic_pca(n=400):
    """A linear VAE at the maximum-likelihood solution, whose encoder is the exact posterior, and its log p(x)."""
    x = normal(n, 6) @ normal(6, 6, seed=1)
    ppca = models.ProbabilisticPCA(2).fit(x)
    vae = models.LinearVAE(6, 2).double()
    mean, covariance = ppca.posterior(x)
    with torch.no_grad():
        vae.decoder.weight.copy_(ppca.weight_)
        vae.decoder.bias.copy_(ppca.mean_)
        vae.log_noise.copy_(ppca.noise_variance_.log())
        vae.encoder.weight.copy_(torch.linalg.lstsq(x - ppca.mean_, mean).solution.T)
        vae.logvar.copy_(covariance.diagonal().log())
    return vae, x, ppca.log_likelihood(x)


def test_where_q_is_the_posterior_every_number_of_samples_gives_the_likelihood_of_probabilistic_pca():
    vae, x, log_p = probabilistic_pca()
    for samples in (1, 10):
        estimate = metrics.log_likelihood(vae, x, samples=samples)
        assert estimate.mean == pytest.approx(log_p.mean().item(), abs=1e-9)
        assert estimate.standard_error == pytest.approx(log_p.std().item() / 20, rel=1e-9)
        assert estimate.effective_samples == pytest.approx(samples, rel=1e-9)  # all weigh alike
    assert metrics.elbo(vae, x, samples=400).elbo == pytest.approx(log_p.mean().item(), abs=0.02)


def test_a_thousand_samples_reach_the_exact_likelihood_of_the_one_dimensional_model():
    vae, x = one_dimensional(), 1.84 * normal(1500, 1, seed=9)
    estimate = metrics.log_likelihood(vae, x, samples=1000)
    assert abs(estimate.mean - exact(x).mean().item()) < 3e-3
    assert estimate.standard_error == pytest.approx(exact(x).std().item() / math.sqrt(1500), rel=0.02)


def test_one_sample_is_the_elbo_and_more_only_raise_it():
    vae, x = one_dimensional(), 1.84 * normal(4000, 1, seed=9)
    with torch.no_grad():
        elbo = losses.linear_elbo(vae, x).elbo.mean().item()
    estimates = [metrics.log_likelihood(vae, x, samples=k) for k in (1, 10, 100)]
    with torch.no_grad():
        noise = losses.iwae(vae, x, 1, generator=torch.Generator().manual_seed(0)) - losses.linear_elbo(vae, x).elbo
    assert abs(estimates[0].mean - elbo) < 4 * noise.std().item() / math.sqrt(len(x))
    means = [estimate.mean for estimate in estimates]
    assert means == sorted(means)
    assert means[-1] <= exact(x).mean().item() + 1e-3
    assert estimates[0].effective_samples == pytest.approx(1, rel=1e-12)
    assert 1 < estimates[1].effective_samples < 10


def test_effective_samples_follow_their_definition_and_their_limit():
    """(Σw)² / Σw², and for many samples k / (1 + χ²) with χ² of the posterior against q."""
    vae, x = one_dimensional(), torch.full((30, 1), 1.3, dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        weights = losses.log_importance_weights(vae, x, 50, generator=generator).exp().numpy()
    expected = (weights.sum(axis=0) ** 2 / (weights**2).sum(axis=0)).mean()
    assert metrics.log_likelihood(vae, x, samples=50).effective_samples == pytest.approx(expected, rel=1e-9)
    grid = np.linspace(-15, 15, 300_001)
    posterior = np.exp(-0.5 * (grid - 1.7 * 1.3 / 3.39) ** 2 * 3.39 / 0.5) * math.sqrt(3.39 / 0.5 / (2 * math.pi))
    q = np.exp(-0.5 * (grid - 0.39) ** 2 / 0.6) / math.sqrt(2 * math.pi * 0.6)
    with np.errstate(under="ignore"):
        chi_square = np.trapezoid(np.where(q > 1e-250, posterior**2 / np.maximum(q, 1e-250), 0), grid) - 1
    share = metrics.log_likelihood(vae, x, samples=20_000).effective_samples / 20_000
    assert share == pytest.approx(1 / (1 + chi_square), rel=0.02)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_decides_and_every_example_counts_once(monkeypatch):
    vae, x = one_dimensional(), normal(20, 1)
    assert metrics.log_likelihood(vae, x, samples=5, seed=3) == metrics.log_likelihood(vae, x, samples=5, seed=3)
    assert metrics.log_likelihood(vae, x, samples=5, seed=3) != metrics.log_likelihood(vae, x, samples=5, seed=4)
    monkeypatch.setattr(_blocks, "SIZE", 7)
    pca, data, log_p = probabilistic_pca(22)
    assert metrics.log_likelihood(pca, data, samples=2).mean == pytest.approx(log_p.mean().item(), abs=1e-9)


def test_it_says_itself_with_its_unit():
    estimate = LikelihoodEstimate(-90.0812, 0.7561, 18.63)
    assert repr(estimate) == "-90.08 ± 0.76 nats (18.6 effective samples)"
