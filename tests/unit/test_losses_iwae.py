"""The importance-weighted bound: another implementation, the exact log p(x), paired samples, quadrature."""

import math

import pytest
import torch
from torch.distributions import Normal

from course_lib import losses, models
from course_lib.losses import bounds

W, NOISE, X, LOG_EVIDENCE = 1.7, 0.5, 1.3, -1.778616031  # log N(1.3; 0, 1.7² + 0.5)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def toy(mean=0.0, variance=0.6):
    """The model p(x | z) = N(1.7 z, ½) with q(z | 1.3) = N(mean, variance), in float64."""
    vae = models.LinearVAE(1, 1).double()
    with torch.no_grad():
        vae.decoder.weight.fill_(W)
        vae.decoder.bias.zero_()
        vae.encoder.weight.fill_(mean / X)
        vae.logvar.fill_(math.log(variance))
        vae.log_noise.fill_(math.log(NOISE))
    return vae


def rows(n):
    return torch.full((n, 1), X, dtype=torch.float64)


def deep(likelihood="bernoulli"):
    return models.VAE(2, input_dim=6, hidden=(5,), likelihood=likelihood, noise_variance=0.3, seed=2).double()


def pixels(n=4):
    return torch.rand(n, 6, generator=generator(1), dtype=torch.float64)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_it_is_the_logarithm_of_the_mean_weight_of_the_codes_that_were_drawn(likelihood):
    vae, x, k = deep(likelihood), pixels(), 7
    with torch.no_grad():
        q = vae.encode(x)
        eps = torch.randn(k * len(x), 2, generator=generator(5), dtype=torch.float64).reshape(k, len(x), 2)
        weights = torch.zeros(k, len(x), dtype=torch.float64)
        for i in range(k):
            z = q.mean + q.std * eps[i]
            likelihoods = losses.log_likelihood(vae, x, z).exp()
            prior, posterior = Normal(0.0, 1.0).log_prob(z).exp(), Normal(q.mean, q.std).log_prob(z).exp()
            weights[i] = likelihoods * prior.prod(dim=1) / posterior.prod(dim=1)
        expected = weights.mean(dim=0).log()
        torch.testing.assert_close(losses.iwae(vae, x, k, generator=generator(5)), expected, rtol=1e-10, atol=0)
        logarithms = losses.log_importance_weights(vae, x, k, generator=generator(5))
    torch.testing.assert_close(logarithms, weights.log(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("at_once", [1, 7, 8, 9, 16, 24, 10_000])
def test_chunks_change_neither_the_codes_nor_the_value(monkeypatch, at_once):
    vae, x = deep(), pixels(8)  # 16 numbers a code: torch's generator gives them in the same order in any chunks
    expected = losses.iwae(vae, x, 5, generator=generator(3))
    monkeypatch.setattr(bounds, "_ROWS", at_once)
    decoded, decode = [], vae.decode_logits

    def counting(z):
        decoded.append(len(z))
        return decode(z)

    monkeypatch.setattr(vae, "decode_logits", counting)
    torch.testing.assert_close(losses.iwae(vae, x, 5, generator=generator(3)), expected, rtol=1e-12, atol=0)
    assert sum(decoded) == 5 * len(x)
    assert max(decoded) <= max(at_once, len(x))


def test_with_the_true_posterior_one_code_is_enough():
    """Then every weight is p(x), whatever was drawn."""
    exact = toy(mean=W * X / (W**2 + NOISE), variance=NOISE / (W**2 + NOISE))
    for k in (1, 2, 50):
        bound = losses.iwae(exact, rows(20), k, generator=generator(k))
        torch.testing.assert_close(bound, torch.full((20,), LOG_EVIDENCE, dtype=torch.float64), rtol=0, atol=1e-8)


def test_one_code_gives_the_elbo_in_expectation():
    with torch.no_grad():
        draws = losses.iwae(toy(), rows(100_000), 1, generator=generator())
        exact = losses.linear_elbo(toy(), rows(1)).elbo
    assert exact.item() == pytest.approx(-4.0518, abs=1e-4)
    assert abs(draws.mean() - exact) < 4 * draws.std() / math.sqrt(len(draws))


def test_it_rises_with_k_on_the_same_weights_and_stays_below_the_evidence():
    """Averaging all bounds on k of the same 64 weights: the difference is one of means, free of most of the noise."""
    with torch.no_grad():
        weights = losses.log_importance_weights(toy(), rows(4000), 64, generator=generator())
    before = None
    for k in (1, 2, 4, 8, 16, 32, 64):
        bound = (weights.reshape(k, 64 // k, -1).logsumexp(dim=0) - math.log(k)).mean(dim=0)
        if before is not None:
            gain = bound - before
            assert gain.mean() > 4 * gain.std() / math.sqrt(len(gain))
        before = bound
    assert bound.mean() + 4 * bound.std() / math.sqrt(len(bound)) < LOG_EVIDENCE


def test_a_thousand_codes_reach_the_evidence_and_the_gap_is_half_the_chi_square_over_k():
    with torch.no_grad():
        thousand = losses.iwae(toy(), rows(3000), 1000, generator=generator())
        fifty = losses.iwae(toy(), rows(20_000), 50, generator=generator(1))
    assert abs(thousand.mean() - LOG_EVIDENCE) < 3e-3
    error = 50 * fifty.std() / math.sqrt(len(fifty))
    # χ²(p(z | x) ‖ q) / 2 = 0.6402 by theory; the next order is O(1/k).
    assert abs(50 * (LOG_EVIDENCE - fifty.mean()) - 0.6402) < 4 * error + 0.03


def test_it_approaches_the_evidence_of_a_nonlinear_model_by_quadrature():
    vae = models.VAE(1, input_dim=6, hidden=(5,), seed=2).double()
    x, grid = pixels(1), torch.linspace(-12, 12, 24_001, dtype=torch.float64)[:, None]
    with torch.no_grad():
        joint = losses.log_likelihood(vae, x.expand(len(grid), -1), grid) + Normal(0.0, 1.0).log_prob(grid[:, 0])
        evidence = joint.logsumexp(dim=0) + math.log(24 / 24_000)
        bound = losses.iwae(vae, x.expand(200, -1), 2000, generator=generator())
    assert abs(bound.mean() - evidence) < 4 * bound.std() / math.sqrt(200) + 1e-3


def test_its_gradient_is_that_of_finite_differences():
    vae, x = deep(), pixels()
    bound = losses.iwae(vae, x, 5, generator=generator()).mean()
    parameters = list(vae.parameters())
    gradients = torch.autograd.grad(bound, parameters)
    direction = [torch.randn(p.shape, generator=generator(9), dtype=p.dtype) for p in parameters]
    values = []
    with torch.no_grad():
        for step in (1e-6, -2e-6):
            for p, v in zip(parameters, direction, strict=True):
                p.add_(step * v)
            values.append(losses.iwae(vae, x, 5, generator=generator()).mean().item())
    slope = sum((g * v).sum().item() for g, v in zip(gradients, direction, strict=True))
    assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-6)


def test_weights_too_small_for_a_float_do_not_underflow():
    """p(x) of 784 certain and wrong pixels is exp(−40 000): 0 in any floating-point number."""
    vae = models.VAE(2, seed=0)
    with torch.no_grad():
        vae.decoder[-1].bias.fill_(50.0)
        bound = losses.iwae(vae, torch.zeros(2, 784), 10, generator=generator())
    assert bound.isfinite().all()
    assert (bound < -30_000).all()


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_generator_alone_decides_the_codes():
    first, again, other = (losses.iwae(deep(), pixels(), 3, generator=generator(seed)) for seed in (4, 4, 5))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(("k", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), (True, ValueError)])
def test_a_number_of_codes_that_is_none_is_refused(k, error):
    with pytest.raises(error, match=r"got k = .*expected an integer of at least 1"):
        losses.iwae(deep(), pixels(), k)
