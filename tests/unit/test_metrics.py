"""Metrics against brute force, SciPy and closed forms; block boundaries; what seeds and samples mean."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles

from course_lib import losses, metrics, models
from course_lib.distributions import Gaussian
from course_lib.metrics import _blocks


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def linear_vae(seed=0, logvar=-0.5):
    vae = models.LinearVAE(5, 3, noise_variance=0.5, seed=seed).double()
    with torch.no_grad():
        vae.logvar.copy_(torch.tensor([logvar, logvar - 1, logvar + 0.3]))
    return vae


class Encoder:
    """Stands for a model whose posterior means and log-variances are the data themselves."""

    def encode(self, x):
        return Gaussian(x, torch.zeros_like(x) - 2)


SIZES = pytest.mark.parametrize("n", [1, 6, 7, 8, 20])


@pytest.fixture
def blocks_of_seven(monkeypatch):
    monkeypatch.setattr(_blocks, "SIZE", 7)


def test_blocks_are_smaller_than_mnist():
    assert 0 < _blocks.SIZE < 10_000  # else the boundaries below would never be met


@SIZES
@pytest.mark.usefixtures("blocks_of_seven")
def test_reconstruction_error_is_the_mean_and_standard_error_of_every_example(n):
    ae, x = models.LinearAutoencoder(5, 2).double(), normal(n, 5)
    with torch.no_grad():
        errors = [((row - ae.decoder(ae.encoder(row))) ** 2).sum().item() for row in x]
    estimate = metrics.reconstruction_error(ae, x)
    assert estimate.mean == pytest.approx(np.mean(errors), rel=1e-12)
    if n == 1:
        assert math.isnan(estimate.standard_error)
    else:
        assert estimate.standard_error == pytest.approx(np.std(errors, ddof=1) / math.sqrt(n), rel=1e-9)


@SIZES
@pytest.mark.usefixtures("blocks_of_seven")
def test_kl_per_dimension_averages_every_example_once_and_sums_to_the_kl(n):
    vae, x = linear_vae(), normal(n, 5)
    per_dimension = metrics.kl_per_dimension(vae, x)
    with torch.no_grad():
        mean, logvar = (x - vae.decoder.bias) @ vae.encoder.weight.T, vae.logvar
        expected = (0.5 * (mean**2 + logvar.exp() - 1 - logvar)).mean(dim=0)
    torch.testing.assert_close(per_dimension, expected, rtol=1e-9, atol=1e-12, check_dtype=False)
    assert per_dimension.sum().item() == pytest.approx(metrics.elbo(vae, x).kl, rel=1e-9)


@SIZES
@pytest.mark.usefixtures("blocks_of_seven")
def test_codes_keep_the_order_of_the_examples(n):
    x = normal(n, 5)
    assert torch.equal(metrics.encode_dataset(Encoder(), x), x)
    pca = models.PCA(2).fit(normal(30, 5, seed=1))
    torch.testing.assert_close(
        metrics.encode_dataset(pca, x), (x - pca.mean_) @ pca.components_.T, rtol=1e-9, atol=1e-12
    )


@SIZES
@pytest.mark.usefixtures("blocks_of_seven")
def test_elbo_of_a_model_without_noise_averages_every_example_once(n):
    vae, x = linear_vae(logvar=-70.0), normal(n, 5)
    with torch.no_grad():
        exact = losses.linear_elbo(vae, x)
    estimate = metrics.elbo(vae, x, samples=2)
    assert estimate.reconstruction == pytest.approx(exact.reconstruction.mean().item(), rel=1e-9)
    assert estimate.kl == pytest.approx(exact.kl.mean().item(), rel=1e-9)
    assert estimate.elbo == pytest.approx(exact.elbo.mean().item(), rel=1e-9)
    if n > 1:
        assert estimate.standard_error == pytest.approx(exact.elbo.std().item() / math.sqrt(n), rel=1e-6)


def test_elbo_estimates_the_exact_bound_and_more_samples_only_quieten_it():
    vae, x = linear_vae(), normal(50, 5)
    exact = losses.linear_elbo(vae, x).elbo.mean().item()
    spread = {}
    for samples in (1, 16):
        estimates = np.array([metrics.elbo(vae, x, samples=samples, seed=seed).elbo for seed in range(200)])
        spread[samples] = estimates.std(ddof=1)
        assert abs(estimates.mean() - exact) < 4 * spread[samples] / math.sqrt(200)
    # A quarter, within four standard errors of a ratio of two standard deviations from 200 values each.
    assert spread[16] / spread[1] == pytest.approx(0.25, rel=4 / math.sqrt(200))


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_alone_decides_the_noise_of_the_elbo():
    vae, x = linear_vae(), normal(50, 5)
    assert metrics.elbo(vae, x, seed=3) == metrics.elbo(vae, x, seed=3)
    assert metrics.elbo(vae, x, seed=3) != metrics.elbo(vae, x, seed=4)
    assert metrics.elbo(vae, x) == metrics.elbo(vae, x, samples=1, seed=0)
    estimate = metrics.elbo(vae, x)
    assert estimate.elbo == pytest.approx(estimate.reconstruction - estimate.kl, rel=1e-12)


def test_samples_are_drawn_anew_for_each_example_and_each_sample():
    """Identical examples would have identical bounds, and so no standard error, if they shared their noise."""
    vae, x = linear_vae(), normal(1, 5).expand(400, 5)
    one, four = (metrics.elbo(vae, x, samples=samples).standard_error for samples in (1, 4))
    assert one > 0
    assert four / one == pytest.approx(0.5, rel=4 / math.sqrt(400))


def test_active_units_count_the_mean_codes_that_move():
    still, slow, fast = torch.zeros(100), torch.linspace(-1, 1, 100), 10 * torch.linspace(-1, 1, 100)
    x = torch.stack([still + 5, 0.1 * slow, 0.2 * slow, fast], dim=1)  # variances 0, .0034, .0136 and 34
    assert metrics.active_units(Encoder(), x) == 2
    assert metrics.active_units(Encoder(), x, threshold=0.001) == 3
    assert metrics.active_units(Encoder(), x, threshold=1.0) == 1
    assert metrics.active_units(Encoder(), x[:, [0]]) == 0


@pytest.mark.parametrize(("d", "width"), [(1, 2), (2, 5), (3, 40)])
def test_principal_angles_equal_scipy_in_rising_order(d, width):
    a, b = normal(d, width), normal(d, width, seed=1)
    expected = np.rad2deg(subspace_angles(a.T.numpy(), b.T.numpy()))[::-1]
    np.testing.assert_allclose(metrics.principal_angles(a, b).numpy(), expected, atol=1e-6)


def test_principal_angles_depend_on_the_subspaces_alone():
    a, b = normal(2, 6), normal(2, 6, seed=1)
    expected = metrics.principal_angles(a, b)
    torch.testing.assert_close(metrics.principal_angles(b, a), expected)
    torch.testing.assert_close(metrics.principal_angles(normal(2, 2, seed=2) @ a, -3 * b.flip(0)), expected)
    rotation = torch.linalg.qr(normal(6, 6, seed=3))[0]
    torch.testing.assert_close(metrics.principal_angles(a @ rotation, b @ rotation), expected)
    assert metrics.principal_angles(a, normal(2, 2, seed=2) @ a).max() < 1e-10


@pytest.mark.parametrize("angle", [1e-9, 1e-4, 30.0, 45.0, 89.0, 90.0])
def test_principal_angles_are_right_also_where_a_cosine_would_round_to_one(angle):
    turn = math.radians(angle)
    a = torch.tensor([[1.0, 0, 0, 0], [0, 1, 0, 0]], dtype=torch.float64)
    b = torch.tensor([[math.cos(turn), 0, math.sin(turn), 0], [0, 1, 0, 0]], dtype=torch.float64)
    assert metrics.principal_angles(a, b).tolist() == pytest.approx([0, angle], rel=1e-5, abs=1e-13)


def test_metrics_build_no_graph():
    vae, x = linear_vae(), normal(4, 5)
    assert not metrics.encode_dataset(vae, x).requires_grad
    assert not metrics.kl_per_dimension(vae, x).requires_grad
    assert not metrics.principal_angles(vae.decoder.weight.T, vae.encoder.weight).requires_grad
