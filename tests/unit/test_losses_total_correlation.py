"""β-TCVAE: its loss at β = 1 is the VAE's, and what a batch says about q(z) errs to a known side."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

from course_lib import losses, metrics, models
from course_lib.distributions import Gaussian

N, D = 60, 3


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture(scope="module")
def q():
    """Sixty posteriors that overlap in part: correlated means, narrow clouds."""
    mix = torch.tensor([[1.0, 0.8, 0.0], [0.0, 0.6, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    return Gaussian(normal(N, D) @ mix, -2 + 0.5 * normal(N, D, seed=1))


def batches(q, size, draws):
    """Batches without replacement from the sixty, with a code from each posterior."""
    g = torch.Generator().manual_seed(5)
    for _ in range(draws):
        rows = torch.randperm(N, generator=g)[:size]
        batch = Gaussian(q.mean[rows], q.logvar[rows])
        yield batch, batch.sample(g)


@pytest.mark.parametrize("estimator", ["weighted", "stratified"])
def test_the_formula_by_loops_over_pairs_with_scipy(q, estimator):
    """Every q(z_i | x_k), weighted as the definition says."""
    m = 7
    batch, z = next(batches(q, m, 1))
    got = losses.batch_densities(batch, z, N, estimator=estimator)
    for i in range(m):
        each = np.array([stats.norm(batch.mean[k], batch.std[k]).logpdf(z[i]) for k in range(m)])  # (m, D)
        own = np.arange(m) == i
        weights = np.where(own, 1 / N, (N - 1) / N / (m - 1)) if estimator == "stratified" else np.full(m, 1 / (N * m))
        assert got.joint[i].item() == pytest.approx(special.logsumexp(each.sum(axis=1), b=weights), rel=1e-9)
        expected = special.logsumexp(each, axis=0, b=weights[:, None])
        np.testing.assert_allclose(got.marginals[i].numpy(), expected, rtol=1e-9)
    total = got.joint - got.marginals.sum(dim=1)
    torch.testing.assert_close(got.total_correlation, total)


def test_the_whole_data_set_as_a_batch_is_the_full_mixture(q):
    """Stratified with m = n weights every posterior 1/n: no estimate is left. Weighted is log n below it."""
    z = q.sample(torch.Generator().manual_seed(2))
    full = metrics.aggregated_posterior_log_prob(q, z)
    torch.testing.assert_close(losses.batch_densities(q, z, N, estimator="stratified").joint, full)
    torch.testing.assert_close(losses.batch_densities(q, z, N).joint, full - math.log(N))


@pytest.mark.parametrize("size", [4, 20])
def test_both_estimators_err_below_the_full_mixture_and_the_weighted_one_by_far(q, size):
    """E log q̂(z) ≤ E log q(z); the weighted one lacks between log m and log n nats."""
    errors = {"weighted": [], "stratified": []}
    for batch, z in batches(q, size, 400):
        full = metrics.aggregated_posterior_log_prob(q, z)
        for estimator, found in errors.items():
            found.append((losses.batch_densities(batch, z, N, estimator=estimator).joint - full).mean())
    for found in errors.values():
        found = torch.stack(found)
        assert found.mean() + 4 * found.std() / len(found) ** 0.5 < 0
    weighted, stratified = (torch.stack(errors[key]).mean() for key in ("weighted", "stratified"))
    assert math.log(size) - 0.1 < -weighted < math.log(N) + 1
    assert -stratified < -0.5 * weighted


def test_the_stratified_density_itself_is_unbiased(q):
    """Its mean over batches that hold a given code's example is q(z), by importance of each stratum."""
    own, g = 0, torch.Generator().manual_seed(3)
    code = q.mean[[own]] + 0.5 * q.std[[own]]
    truth = metrics.aggregated_posterior_log_prob(q, code).exp().item()
    found = []
    for _ in range(3000):
        rows = torch.cat([torch.tensor([own]), 1 + torch.randperm(N - 1, generator=g)[:5]])
        batch = Gaussian(q.mean[rows], q.logvar[rows])
        z = torch.cat([code, q.mean[rows[1:]]])
        found.append(losses.batch_densities(batch, z, N, estimator="stratified").joint[0].exp().item())
    error = 4 * np.std(found) / len(found) ** 0.5
    assert np.mean(found) == pytest.approx(truth, abs=error)


def test_at_beta_one_the_loss_is_that_of_the_vae():
    """Term by term, with the same noise, and so are the gradients."""
    x = torch.rand(16, 10, generator=torch.Generator().manual_seed(1))
    gradients = []
    for terms, options in ((losses.elbo_terms, {}), (losses.tc_elbo_terms, {"dataset_size": 40})):
        vae = models.VAE(3, input_dim=10, hidden=(8,))
        found = terms(vae, x, generator=torch.Generator().manual_seed(2), beta=1.0, **options)
        found["loss"].mean().backward()
        gradients.append([found["loss"].detach(), *(p.grad for p in vae.parameters())])
    for ours, plain in zip(*reversed(gradients), strict=True):
        torch.testing.assert_close(ours, plain)


def test_beta_weights_the_total_correlation_and_nothing_else():
    """The loss is linear in β, with the weighted estimate for 40 examples as its slope; the other terms stay."""
    x, vae = torch.rand(16, 10, generator=torch.Generator().manual_seed(1)), models.VAE(3, input_dim=10, hidden=(8,))
    at = {
        beta: losses.tc_elbo_terms(vae, x, generator=torch.Generator().manual_seed(2), beta=beta, dataset_size=40)
        for beta in (1.0, 6.0)
    }
    torch.testing.assert_close(at[6.0]["loss"] - at[1.0]["loss"], 5 * at[1.0]["total_correlation"])
    torch.testing.assert_close(at[6.0]["elbo"], at[1.0]["elbo"])
    q = vae.encode(x)
    expected = losses.batch_densities(q, q.sample(torch.Generator().manual_seed(2)), 40, estimator="weighted")
    torch.testing.assert_close(at[6.0]["total_correlation"], expected.total_correlation)


def test_its_gradient_makes_dependent_dimensions_less_dependent():
    """Steps down the estimate lower the total correlation against the full mixture."""
    base = normal(80, 1, seed=8)
    mean = torch.cat([base, base + 0.3 * normal(80, 1, seed=9)], dim=1).requires_grad_()
    logvar = torch.full((80, 2), -2.0, dtype=torch.float64)

    def full():
        z = torch.cat([mean + logvar.exp().sqrt() * normal(80, 2, seed=s) for s in range(20)]).detach()
        q = Gaussian(mean.detach(), logvar)
        each = [
            metrics.aggregated_posterior_log_prob(Gaussian(q.mean[:, [j]], q.logvar[:, [j]]), z[:, [j]]) for j in (0, 1)
        ]
        return float((metrics.aggregated_posterior_log_prob(q, z) - sum(each)).mean())

    before = full()
    for step in range(60):
        rows = torch.randperm(80, generator=torch.Generator().manual_seed(step))[:40]
        q = Gaussian(mean[rows], logvar[rows])
        z = q.sample(torch.Generator().manual_seed(step))
        gradient = torch.autograd.grad(losses.batch_densities(q, z, 80).total_correlation.mean(), mean)[0]
        mean.data -= 0.5 * gradient
    assert full() < 0.7 * before


@pytest.mark.parametrize(
    ("size", "n", "options", "message"),
    [
        (1, 60, {}, "got a batch of 1 out of dataset_size = 60"),
        (7, 6, {}, "got a batch of 7 out of dataset_size = 6"),
        (7, 60, {"estimator": "exact"}, "got estimator = 'exact', expected one of 'weighted', 'stratified'"),
    ],
)
def test_impossible_batches_are_refused(q, size, n, options, message):
    batch = Gaussian(q.mean[:size], q.logvar[:size])
    with pytest.raises(ValueError, match=message):
        losses.batch_densities(batch, batch.mean, n, **options)


def test_the_size_of_the_data_set_has_to_be_said():
    with pytest.raises(ValueError, match=r"got no dataset_size, .* use dataset_size=len\(x\)"):
        losses.tc_elbo_terms(models.VAE(3, input_dim=10, hidden=(8,)), torch.rand(4, 10), beta=2.0)
