"""Likelihoods and the bound: other implementations, quadrature, Monte Carlo, finite differences, exact linear cases."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from course_lib import losses, models
from course_lib.distributions import Gaussian, full_gaussian_kl


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=generator(seed), dtype=torch.float64)


def grey(n=5, width=4, seed=0):
    return torch.rand(n, width, generator=generator(seed), dtype=torch.float64)


def tiny(likelihood, d=2):
    """A VAE with hidden layers whose posterior is neither standard nor the same for all x."""
    vae = models.VAE(d, input_dim=4, hidden=(5,), likelihood=likelihood, noise_variance=0.3, seed=2).double()
    with torch.no_grad():
        for i, parameter in enumerate(vae.parameters()):
            parameter.add_(0.3 * normal(*parameter.shape, seed=i))
    return vae


def linear(weight, noise, encoder, variances):
    """The LinearVAE p(x | z) = N(Wz, noise I), q(z | x) = N(Vx, diag variances), in float64."""
    vae = models.LinearVAE(*weight.shape).double()
    with torch.no_grad():
        vae.decoder.weight.copy_(weight)
        vae.decoder.bias.zero_()
        vae.encoder.weight.copy_(encoder)
        vae.logvar.copy_(variances.log())
        vae.log_noise.fill_(math.log(noise))
    return vae


# Likelihoods


@pytest.mark.parametrize("x", [grey(), grey().round()], ids=["grey", "binary"])
def test_bernoulli_equals_torch_distributions_summed_over_pixels(x):
    logits = 3 * normal(5, 4)
    expected = Bernoulli(logits=logits, validate_args=False).log_prob(x).sum(dim=1)
    torch.testing.assert_close(losses.bernoulli_log_likelihood(x, logits), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize(("pixel", "logit", "exact"), [(0, 200, -200), (1, -200, -200), (0.25, 200, -150), (1, 200, 0)])
def test_bernoulli_is_exact_at_logits_where_a_sigmoid_and_a_logarithm_clip(pixel, logit, exact):
    x, logits = torch.full((1, 3), float(pixel)), torch.full((1, 3), float(logit))
    assert losses.bernoulli_log_likelihood(x, logits).item() == pytest.approx(3 * exact, abs=1e-6)
    clipped = -F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum").item()
    assert clipped >= -300  # torch stops at −100 a pixel


def test_bernoulli_of_grey_pixels_never_exceeds_minus_their_entropy():
    x = grey(1, 6).clamp(0.01, 0.99)
    entropy = stats.bernoulli(x[0].numpy()).entropy().sum()
    floor = losses.bernoulli_log_likelihood(x, torch.logit(x)).item()
    assert floor == pytest.approx(-entropy, rel=1e-12)
    others = torch.logit(x) + normal(500, 6)
    assert losses.bernoulli_log_likelihood(x.expand(500, 6), others).max() < floor


@pytest.mark.parametrize("variance", [0.5, 2.0, torch.tensor(0.1)])
def test_gaussian_equals_scipy(variance):
    x, mean = normal(5, 4), normal(5, 4, seed=1)
    noise = float(variance) * np.eye(4)
    expected = [stats.multivariate_normal(m, noise).logpdf(row) for row, m in zip(x.numpy(), mean.numpy(), strict=True)]
    np.testing.assert_allclose(losses.gaussian_log_likelihood(x, mean, variance).numpy(), expected, rtol=1e-7)


def test_squared_error_is_summed_over_pixels_and_is_minus_log_likelihood_up_to_its_constant():
    x, x_hat = normal(5, 4), normal(5, 4, seed=1)
    brute = [sum((float(a) - float(b)) ** 2 for a, b in zip(*pair, strict=True)) for pair in zip(x, x_hat, strict=True)]
    np.testing.assert_allclose(losses.squared_error(x, x_hat).numpy(), brute, rtol=1e-13)
    constant = 4 / 2 * math.log(math.pi)
    likelihood = losses.gaussian_log_likelihood(x, x_hat, 0.5)
    torch.testing.assert_close(losses.squared_error(x, x_hat), -likelihood - constant, rtol=1e-12, atol=1e-12)


def test_log_likelihood_takes_each_model_at_its_word():
    x, z = grey(), normal(5, 2)
    bernoulli, gaussian = tiny("bernoulli"), tiny("gaussian")
    coins = Bernoulli(probs=bernoulli.decode(z), validate_args=False).log_prob(x).sum(dim=1)
    torch.testing.assert_close(losses.log_likelihood(bernoulli, x, z), coins, rtol=1e-9, atol=0)
    density = Normal(gaussian.decode(z), math.sqrt(0.3)).log_prob(x).sum(dim=1)
    torch.testing.assert_close(losses.log_likelihood(gaussian, x, z), density, rtol=1e-9, atol=0)


# The bound


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_elbo_is_reconstruction_minus_kl_for_the_given_noise(likelihood):
    vae, x, eps = tiny(likelihood), grey(), normal(5, 2)
    bound, q = losses.elbo(vae, x, eps=eps), vae.encode(x)
    z = q.mean + (q.logvar / 2).exp() * eps
    kl = kl_divergence(Normal(q.mean, (q.logvar / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(bound.reconstruction, losses.log_likelihood(vae, x, z), rtol=1e-12, atol=0)
    torch.testing.assert_close(bound.kl, kl, rtol=1e-12, atol=0)
    torch.testing.assert_close(bound.elbo, bound.reconstruction - kl, rtol=1e-12, atol=0)


@pytest.mark.usefixtures("global_random_state_untouched")
@pytest.mark.parametrize("estimate", [lambda *a, **k: losses.elbo(*a, **k).elbo, losses.elbo_terms])
def test_the_generator_alone_decides_the_noise(estimate):
    first, again, other = (estimate(tiny("gaussian"), grey(), generator=generator(seed)) for seed in (4, 4, 5))
    first, again, other = (e if torch.is_tensor(e) else e["loss"] for e in (first, again, other))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_log_evidence_is_elbo_plus_kl_to_the_true_posterior_of_a_nonlinear_model(likelihood):
    vae, x, grid = tiny(likelihood, d=1), grey(1), torch.linspace(-12, 12, 24_001, dtype=torch.float64)
    step = math.log(grid[1] - grid[0])
    with torch.no_grad():
        rows = x.expand(len(grid), -1)
        joint = losses.log_likelihood(vae, rows, grid[:, None]) + Normal(0.0, 1.0).log_prob(grid)
        log_evidence = torch.logsumexp(joint, 0) + step
        q = vae.encode(x)
        log_q = Normal(q.mean[0], q.std[0]).log_prob(grid)
        to_posterior = ((log_q + step).exp() * (log_q - (joint - log_evidence))).sum()
        bounds = losses.elbo(vae, rows, eps=grid[:, None])  # every ε of the grid once, weighted by its density
        elbo = ((Normal(0.0, 1.0).log_prob(grid) + step).exp() * bounds.elbo).sum()
    assert to_posterior > 1e-3
    assert (log_evidence - elbo).item() == pytest.approx(to_posterior.item(), abs=1e-6)
    draws = losses.elbo(vae, x.expand(20_000, -1), generator=generator()).elbo.detach()
    assert abs(draws.mean() - elbo) < 4 * draws.std() / math.sqrt(len(draws))


@pytest.mark.parametrize(
    "objective",
    [
        lambda x, eps: (tiny("bernoulli"), lambda m: losses.elbo(m, x, eps=eps).elbo.mean()),
        lambda x, eps: (tiny("gaussian"), lambda m: losses.elbo(m, x, eps=eps).elbo.mean()),
        lambda x, eps: (models.LinearVAE(4, 2).double(), lambda m: losses.elbo(m, x, eps=eps).elbo.mean()),
        lambda x, eps: (models.LinearVAE(4, 2).double(), lambda m: losses.linear_elbo(m, x).elbo.mean()),
    ],
    ids=["bernoulli", "gaussian", "linear", "linear, exact"],
)
def test_gradient_of_the_bound_equals_finite_differences(objective):
    model, bound = objective(grey(), normal(5, 2))
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(bound(model), parameters)
    for seed in range(3):
        direction = [normal(*p.shape, seed=10 * seed + i) for i, p in enumerate(parameters)]
        values = []
        for step in (1e-6, -2e-6):
            with torch.no_grad():
                for p, v in zip(parameters, direction, strict=True):
                    p.add_(step * v)
                values.append(bound(model).item())
        with torch.no_grad():
            for p, v in zip(parameters, direction, strict=True):
                p.add_(1e-6 * v)
        slope = sum((g * v).sum().item() for g, v in zip(gradients, direction, strict=True))
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 4.0])
def test_beta_weighs_the_kl_in_the_loss_and_leaves_the_reported_elbo_at_one(beta):
    vae, x = tiny("bernoulli"), grey()
    terms, bound = (
        losses.elbo_terms(vae, x, generator=generator(), beta=beta),
        losses.elbo(vae, x, generator=generator()),
    )
    torch.testing.assert_close(terms["loss"], -bound.reconstruction + beta * bound.kl, rtol=1e-12, atol=1e-12)
    for name in ("elbo", "reconstruction", "kl"):
        assert torch.equal(terms[name], getattr(bound, name))


def test_an_autoencoder_minimises_what_its_likelihood_says():
    x = grey()
    for likelihood in ("gaussian", "bernoulli"):
        ae = models.Autoencoder(2, input_dim=4, hidden=(5,), likelihood=likelihood).double()
        x_hat = ae.reconstruct(x)
        expected = (
            ((x - x_hat) ** 2).sum(dim=1)
            if likelihood == "gaussian"
            else F.binary_cross_entropy(x_hat, x, reduction="none").sum(dim=1)
        )
        torch.testing.assert_close(losses.reconstruction_terms(ae, x)["loss"], expected, rtol=1e-9, atol=0)


# The linear cases, where everything is known in closed form


@pytest.mark.parametrize(
    ("mean", "variance", "elbo", "gap"),
    [
        (0.4, 0.3, -2.155751345, 0.3771353143),
        (0.0, 1.0, -1.778616031 - 3.373748912, 3.373748912),
        (1.7 * 1.3 / 3.39, 0.5 / 3.39, -1.778616031, 0.0),
    ],
    ids=["some q", "the prior", "the posterior"],
)
def test_one_dimensional_gaussian_to_nine_digits(mean, variance, elbo, gap):
    x, weight, encoder, variances = (torch.tensor([[v]], dtype=torch.float64) for v in (1.3, 1.7, mean / 1.3, variance))
    vae = linear(weight, 0.5, encoder, variances[0])
    bound = losses.linear_elbo(vae, x).elbo.item()
    assert bound == pytest.approx(elbo, abs=1e-9)
    assert stats.norm(0, math.sqrt(1.7**2 + 0.5)).logpdf(1.3) - bound == pytest.approx(gap, abs=1e-9)
    posterior = x[0] * 1.7 / 3.39, torch.full_like(x, 0.5 / 3.39)
    assert full_gaussian_kl(vae.encode(x).mean[0], variances, *posterior).item() == pytest.approx(gap, abs=1e-9)


def linear_posterior(weight, noise, x):
    """Log-evidence, and mean and covariance of p(z | x), by conditioning the dense joint Gaussian of (x, z)."""
    evidence = weight @ weight.T + noise * torch.eye(len(weight)).double()
    gain = torch.linalg.solve(evidence, weight).T
    covariance = torch.eye(weight.shape[1]).double() - gain @ weight
    return MultivariateNormal(torch.zeros(len(weight)).double(), evidence).log_prob(x), x @ gain.T, covariance


@pytest.mark.parametrize("seed", range(5))
def test_gap_of_any_diagonal_q_is_its_kl_to_the_posterior(seed):
    weight, x, noise = normal(5, 3, seed=seed), normal(7, 5, seed=seed + 50), 0.4
    variances = normal(3, seed=seed + 150).exp()
    vae = linear(weight, noise, normal(3, 5, seed=seed + 100), variances)
    bound, q = losses.linear_elbo(vae, x).elbo, vae.encode(x)
    log_evidence, mean, covariance = linear_posterior(weight, noise, x)
    kl = torch.stack([full_gaussian_kl(q.mean[i], variances.diag(), mean[i], covariance) for i in range(7)])
    torch.testing.assert_close(log_evidence - bound, kl, rtol=1e-9, atol=1e-9)
    assert (bound < log_evidence).all()


@pytest.mark.parametrize("seed", range(3))
def test_gap_of_any_full_covariance_q_is_its_kl_to_the_posterior(seed):
    weight, noise, x = normal(5, 3, seed=seed), 0.4, normal(1, 5, seed=seed + 50)
    root = normal(3, 3, seed=seed + 100)
    q_mean, q_cov = normal(3, seed=seed + 150), root @ root.T + 0.1 * torch.eye(3).double()
    at_mean = losses.gaussian_log_likelihood(x, (weight @ q_mean)[None], noise)
    expected = at_mean - 0.5 * torch.trace(weight @ q_cov @ weight.T) / noise
    elbo = expected - full_gaussian_kl(q_mean, q_cov, torch.zeros(3).double(), torch.eye(3).double())
    log_evidence, mean, covariance = linear_posterior(weight, noise, x)
    torch.testing.assert_close(log_evidence - elbo, full_gaussian_kl(q_mean, q_cov, mean[0], covariance)[None])


def test_the_best_diagonal_q_has_the_posteriors_mean_and_its_precisions_diagonal():
    weight, x, noise = normal(5, 3), normal(4, 5, seed=1), 0.4
    log_evidence, mean, covariance = linear_posterior(weight, noise, x)
    precision = torch.linalg.inv(covariance)
    encoder = torch.linalg.lstsq(x, mean).solution.T
    best = linear(weight, noise, encoder, 1 / precision.diagonal())
    gap = 0.5 * (precision.diagonal().log().sum() - torch.logdet(precision))
    bound = losses.linear_elbo(best, x).elbo
    torch.testing.assert_close(log_evidence - bound, gap.expand(4), rtol=1e-9, atol=1e-9)
    for factor in (0.9, 1.1):
        other = linear(weight, noise, encoder, factor / precision.diagonal())
        assert (losses.linear_elbo(other, x).elbo < bound).all()


def test_linear_elbo_is_the_mean_of_the_sampled_elbo_within_four_standard_errors():
    vae, x = linear(normal(5, 3), 0.4, normal(3, 5, seed=1), normal(3, seed=2).exp()), normal(1, 5, seed=3)
    exact = losses.linear_elbo(vae, x)
    draws = losses.elbo(vae, x.expand(100_000, -1), generator=generator())
    for name in ("elbo", "reconstruction"):
        values = getattr(draws, name).detach()
        assert abs(values.mean() - getattr(exact, name)) < 4 * values.std() / math.sqrt(len(values))
    torch.testing.assert_close(draws.kl[:1], exact.kl)


# Free bits, classification


class Given:
    """A VAE whose encoder answers with the given parameters, whatever x is."""

    likelihood = "bernoulli"

    def __init__(self, mean, logvar):
        self.q = Gaussian(mean, logvar)

    def encode(self, x):
        return self.q

    def decode_logits(self, z):
        return torch.cat([z, z], dim=1)


def posteriors():
    """KLs per dimension that average 0.1, 0.9 and 2.8 over five examples, the second on both sides of 1."""
    mean = 0.3 * normal(5, 3) + torch.tensor([0.0, 1.2, 2.2], dtype=torch.float64)
    return mean.requires_grad_(), (0.2 * normal(5, 3, seed=1)).requires_grad_()


def test_free_bits_charge_each_dimension_at_least_its_allowance_and_report_the_true_kl():
    mean, logvar = posteriors()
    model, x = Given(mean, logvar), grey(5, 6)
    each = kl_divergence(Normal(mean, (logvar / 2).exp()), Normal(0.0, 1.0))
    average = each.mean(dim=0)
    assert average[0] < 0.5 < average[1] < average[2]
    assert (each[:, 1] < 0.5).any()  # it is the average that counts
    for beta in (1.0, 0.3):
        terms = losses.elbo_terms(model, x, generator=generator(), beta=beta, free_bits=0.5)
        plain = losses.elbo_terms(model, x, generator=generator(), beta=beta)
        charged = 0.5 + average[1] + average[2]
        torch.testing.assert_close(terms["loss"], -plain["reconstruction"] + beta * charged, rtol=1e-12, atol=0)
        for name in ("elbo", "reconstruction", "kl"):
            assert torch.equal(terms[name], plain[name])
        torch.testing.assert_close(terms["kl"], each.sum(dim=1), rtol=1e-12, atol=0)


def test_free_bits_stop_the_gradient_of_the_cheap_dimensions_alone():
    mean, logvar = posteriors()
    x = grey(5, 6)

    def gradients(free_bits):
        terms = losses.elbo_terms(Given(mean, logvar), x, generator=generator(), free_bits=free_bits)
        return torch.autograd.grad((terms["loss"] + terms["reconstruction"]).mean(), (mean, logvar))

    for got, full in zip(gradients(0.5), (mean / 5, (logvar.exp() - 1) / 10), strict=True):
        assert (got[:, 0] == 0).all()
        torch.testing.assert_close(got[:, 1:], full[:, 1:], rtol=1e-9, atol=1e-15)
    for got in gradients(100.0):
        assert (got == 0).all()
    for got, full in zip(gradients(0.0), (mean / 5, (logvar.exp() - 1) / 10), strict=True):
        torch.testing.assert_close(got, full, rtol=1e-9, atol=1e-15)


def test_a_free_allowance_below_every_dimension_changes_the_mean_loss_not_at_all():
    mean, logvar = posteriors()
    few = losses.elbo_terms(Given(mean, logvar), grey(5, 6), generator=generator(), free_bits=1e-6)["loss"].mean()
    none = losses.elbo_terms(Given(mean, logvar), grey(5, 6), generator=generator())["loss"].mean()
    torch.testing.assert_close(few, none, rtol=1e-12, atol=0)


@pytest.mark.parametrize("free_bits", [-0.1, float("nan")])
def test_a_negative_allowance_is_refused(free_bits):
    with pytest.raises(ValueError, match=r"got free_bits = .*expected a number of nats per dimension"):
        losses.elbo_terms(tiny("bernoulli"), grey(), free_bits=free_bits)


class Judge:
    """A classifier whose logits are the data."""

    def logits(self, x):
        return x


def test_classification_is_minus_the_log_probability_of_the_class_and_counts_what_is_right():
    x, y = 3 * normal(200, 4), torch.randint(4, (200,), generator=generator(2))
    terms = losses.classification_terms(Judge(), x, target=y)
    probabilities = np.exp(x.numpy()) / np.exp(x.numpy()).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(terms["loss"].numpy(), -np.log(probabilities[np.arange(200), y.numpy()]), rtol=1e-9)
    right = (probabilities.argmax(axis=1) == y.numpy()).astype(float)
    assert 0 < right.sum() < 200
    np.testing.assert_array_equal(terms["accuracy"].numpy(), right)
    with pytest.raises(ValueError, match=r"got no target, expected the classes.*fit\(\.\.\., targets=y\)"):
        losses.classification_terms(Judge(), x)
