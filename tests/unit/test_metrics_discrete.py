"""Perplexity, rate and sharpness: closed forms, and a bound that is computed twice."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from course_lib import metrics, models


@pytest.mark.parametrize(
    ("counts", "perplexity", "dead"),
    [
        ([5] * 8, 8.0, 0),
        ([9, 0, 0, 0], 1.0, 3),
        ([4, 2, 1, 1], 2**1.75, 0),  # ½, ¼, ⅛, ⅛: 1.75 bits
        ([3, 3, 0, 0, 0], 2.0, 3),
    ],
)
def test_perplexity_of_known_shares(counts, perplexity, dead):
    indices = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    use = metrics.codebook_use(indices[torch.randperm(len(indices))], len(counts))
    assert use.perplexity == pytest.approx(perplexity)
    assert use.perplexity <= len(counts) + 1e-12
    assert use.dead == dead
    torch.testing.assert_close(use.shares, torch.tensor(counts, dtype=torch.float64) / sum(counts))


def test_numbers_outside_the_codebook_are_refused():
    with pytest.raises(ValueError, match="from 0 to 4, expected 0 to 3"):
        metrics.codebook_use(torch.arange(5), 4)
    with pytest.raises(TypeError, match="of type list, expected a torch tensor of int64"):
        metrics.codebook_use([0, 1], 4)


@pytest.fixture
def model():
    return models.VQVAE(6, code_dim=3, input_dim=64, hidden=(4, 5))


@pytest.fixture
def pictures():
    return torch.rand(30, 64, generator=torch.Generator().manual_seed(0))


def test_under_the_uniform_prior_every_grid_costs_the_same(model, pictures):
    """Four cells of six words: 4 log 6 nats; the rest is the cross-entropy of the reconstruction."""
    bound = metrics.discrete_elbo(model, pictures)
    assert bound.kl == pytest.approx(4 * math.log(6))
    with torch.no_grad():
        p = model.reconstruct(pictures)
    cross_entropy = functional.binary_cross_entropy(p, pictures, reduction="none").sum(dim=1)
    assert bound.reconstruction == pytest.approx(-float(cross_entropy.mean()), rel=1e-6)
    assert bound.elbo == pytest.approx(bound.reconstruction - bound.kl)
    assert bound.standard_error == pytest.approx(float(cross_entropy.double().std()) / 30**0.5, rel=1e-5)


def test_with_a_prior_the_rate_is_its_cross_entropy_and_the_bound_a_bound(model, pictures):
    """Σ_k p(k) p(x | k) over all 1,296 grids is log p(x) itself: above the bound, by the mass on all other grids."""
    prior = models.GridPrior(6, side=2, width=5, embedding=3, seed=4)
    bound = metrics.discrete_elbo(model, pictures, prior)
    every = torch.cartesian_prod(*[torch.arange(6)] * 4).reshape(-1, 2, 2)
    with torch.no_grad():
        assert bound.kl == pytest.approx(-float(prior.log_prob(model.encode(pictures)).mean()), rel=1e-6)
        logits, log_prior = model.decode_logits(every).double(), prior.log_prob(every).double()
        for x in pictures[:5]:
            one = metrics.discrete_elbo(model, x[None], prior)
            joint = (x * logits - functional.softplus(logits)).sum(dim=1) + log_prior
            own = int((every == model.encode(x[None])).all(dim=(1, 2)).nonzero())
            assert one.elbo == pytest.approx(float(joint[own]), rel=1e-5)
            assert one.elbo < float(joint.logsumexp(dim=0))


def test_sharpness_of_a_wave_is_its_eigenvalue():
    """Cosines are eigenvectors of the grid's Laplacian: 2 − 2 cos(π k / s) for each direction."""
    side = 12
    places = torch.arange(side, dtype=torch.float64) + 0.5
    for k, m in ((1, 0), (3, 2), (11, 11)):
        wave = torch.outer(torch.cos(torch.pi * k * places / side), torch.cos(torch.pi * m * places / side))
        expected = sum(2 - 2 * math.cos(math.pi * one / side) for one in (k, m))
        assert float(metrics.sharpness(wave.reshape(1, -1))) == pytest.approx(expected)


def test_blur_lowers_sharpness_and_brightness_does_not():
    x = torch.rand(20, 784, generator=torch.Generator().manual_seed(0))
    blurred = functional.avg_pool2d(x.reshape(20, 1, 28, 28), 3, stride=1, padding=1).flatten(1)
    assert (metrics.sharpness(blurred) < metrics.sharpness(x)).all()
    torch.testing.assert_close(metrics.sharpness(0.3 * x), metrics.sharpness(x))
    assert metrics.sharpness(torch.ones(1, 64)).item() == 0


def test_a_picture_without_ink_has_no_sharpness():
    with pytest.raises(ValueError, match="got 1 pictures without any ink"):
        metrics.sharpness(torch.stack([torch.zeros(64), torch.ones(64)]))
