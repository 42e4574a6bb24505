"""Both estimators against the closed forms of mean and variance for a square, and against autograd."""

import math

import pytest
import torch

from course_lib import gradients
from course_lib.distributions import Gaussian

A, MEAN, STD = 0.5, 1.5, 0.7
D, S = MEAN - A, STD
DRAWS = 1_000_000


def f(z):
    """(z − a)², summed over dimensions."""
    return (z - A).square().sum(dim=1)


def df(z):
    return 2 * (z - A)


def noise(n=DRAWS, d=1, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def score_variances(c):
    """Variances of the score-function estimates for f − c, by Gaussian moments: of ∂mean and of ∂std.

    E[(f − c)² ε²] and E[(f − c)² (ε² − 1)²] with f = D² + 2Dsε + s²ε², divided by s², minus the squared mean.
    """
    moments = [1, 0, 1, 0, 3, 0, 15, 0, 105]
    square = torch.tensor([(D**2 - c), 2 * D * S, S**2])

    def expectation(*polynomials):
        product = torch.ones(1)
        for p in polynomials:
            full = torch.zeros(len(product) + len(p) - 1)
            for i, value in enumerate(p):
                full[i : i + len(product)] += value * product
            product = full
        return sum(float(value) * moments[i] for i, value in enumerate(product))

    eps, centred = torch.tensor([0.0, 1.0]), torch.tensor([-1.0, 0.0, 1.0])
    of_mean = expectation(square, square, eps, eps) / S**2 - (2 * D) ** 2
    of_std = expectation(square, square, centred, centred) / S**2 - (2 * S) ** 2
    return of_mean, of_std


def score(baseline=0.0):
    return gradients.score_function(f, MEAN, STD, noise(), baseline)


CASES = {
    "pathwise": (lambda: gradients.pathwise(df, MEAN, STD, noise()), 4 * S**2, 4 * D**2 + 8 * S**2),
    "score": (
        score,
        D**4 / S**2 + 14 * D**2 + 15 * S**2,
        2 * D**4 / S**2 + 60 * D**2 + 74 * S**2,
    ),
    "score, baseline E f": (lambda: score(D**2 + S**2), 8 * D**2 + 10 * S**2, score_variances(D**2 + S**2)[1]),
    "score, best baseline": (lambda: score(D**2 + 3 * S**2), 8 * D**2 + 6 * S**2, score_variances(D**2 + 3 * S**2)[1]),
}


@pytest.mark.parametrize(("estimates", "of_mean", "of_std"), CASES.values(), ids=CASES)
def test_means_agree_and_variances_are_those_of_the_closed_forms(estimates, of_mean, of_std):
    got = estimates()
    for values, exact, variance in ((got.mean, 2 * D, of_mean), (got.std, 2 * S, of_std)):
        assert values.shape == (DRAWS, 1)
        assert abs(values.mean() - exact) < 4 * values.std() / math.sqrt(DRAWS)
        assert values.var().item() == pytest.approx(variance, rel=0.02)


def test_the_general_moments_agree_with_the_published_forms():
    assert score_variances(0.0) == pytest.approx(CASES["score"][1:], rel=1e-6)
    assert score_variances(D**2 + S**2)[0] == pytest.approx(8 * D**2 + 10 * S**2, rel=1e-6)
    best = score_variances(D**2 + 3 * S**2)[0]
    assert best == pytest.approx(8 * D**2 + 6 * S**2, rel=1e-6)
    assert all(score_variances(D**2 + 3 * S**2 + shift)[0] > best for shift in (-0.1, 0.1))


def test_a_constant_added_to_f_troubles_the_score_alone():
    constant = 100.0
    shifted = gradients.score_function(lambda z: f(z) + constant, MEAN, STD, noise())
    added = (constant**2 + 2 * constant * (D**2 + 3 * S**2)) / S**2
    assert shifted.mean.var().item() == pytest.approx(CASES["score"][1] + added, rel=0.02)
    same = gradients.score_function(lambda z: f(z) + constant, MEAN, STD, noise(), baseline=constant)
    torch.testing.assert_close(same.mean, score().mean, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("d", [1, 10, 100])
def test_the_scores_variance_grows_with_the_square_of_the_dimension_and_the_pathwise_one_not(d):
    eps = noise(4_000_000 // (d + 20), d)
    # One coordinate's own term, and the rest R of the sum: E R = (d − 1)(D² + s²), Var R = (d − 1)(4D²s² + 2s⁴).
    rest, spread = (d - 1) * (D**2 + S**2), (d - 1) * (4 * D**2 * S**2 + 2 * S**4)
    expected = CASES["score"][1] + (2 * (D**2 + 3 * S**2) * rest + rest**2 + spread) / S**2
    got = gradients.score_function(f, MEAN, STD, eps).mean
    assert got.var(dim=0).mean().item() == pytest.approx(expected, rel=0.02)
    path = gradients.pathwise(df, torch.full((d,), MEAN), torch.full((d,), STD), eps)
    assert path.mean.var(dim=0).mean().item() == pytest.approx(4 * S**2, rel=0.02)
    if d == 100:
        assert expected > 40_000


def test_each_dimension_has_its_own_mean_and_std():
    mean, std = torch.tensor([0.0, 2.0, -1.0]), torch.tensor([0.3, 1.0, 2.0])
    got = (
        gradients.pathwise(df, mean, std, noise(400_000, 3)),
        gradients.score_function(f, mean, std, noise(400_000, 3)),
    )
    for estimates in got:
        for values, exact in ((estimates.mean, 2 * (mean - A)), (estimates.std, 2 * std)):
            error = 4 * values.std(dim=0) / math.sqrt(len(values))
            assert ((values.mean(dim=0) - exact).abs() < error).all()


def test_pathwise_equals_autograd_through_a_sample_exactly():
    eps = noise(50, 3)
    mean, logvar = (0.5 * noise(50, 3, seed=seed) for seed in (1, 2))
    mean.requires_grad_()
    logvar.requires_grad_()
    q = Gaussian(mean, logvar)
    of_mean, of_logvar = torch.autograd.grad(f(q.sample(eps=eps)).sum(), (mean, logvar))
    with torch.no_grad():
        for i in range(50):
            got = gradients.pathwise(df, mean[i], q.std[i], eps[i : i + 1])
            torch.testing.assert_close(got.mean[0], of_mean[i], rtol=1e-12, atol=1e-12)
            # ∂std / ∂logvar = std / 2.
            torch.testing.assert_close(got.std[0] * q.std[i] / 2, of_logvar[i], rtol=1e-12, atol=1e-12)


def test_the_score_equals_autograd_through_the_log_density():
    eps = noise(50, 3)
    mean = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    std = torch.tensor([0.5, 1.5, 0.9], dtype=torch.float64, requires_grad=True)
    z = (mean + std * eps).detach()
    got = gradients.score_function(f, mean.detach(), std.detach(), eps, baseline=0.4)
    for i in range(50):
        log_density = torch.distributions.Normal(mean, std).log_prob(z[i]).sum()
        of_mean, of_std = torch.autograd.grad((f(z[i : i + 1])[0] - 0.4) * log_density, (mean, std))
        torch.testing.assert_close(got.mean[i], of_mean, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(got.std[i], of_std, rtol=1e-10, atol=1e-10)


def test_the_score_needs_no_slope():
    """P(z > 0) has the derivative density(0) in the mean; a pathwise estimate sees a slope of 0 everywhere."""
    got = gradients.score_function(lambda z: (z[:, 0] > 0).double(), MEAN, STD, noise()).mean
    exact = math.exp(torch.distributions.Normal(MEAN, STD).log_prob(torch.tensor(0.0)).item())
    assert abs(got.mean() - exact) < 4 * got.std() / math.sqrt(DRAWS)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: gradients.pathwise(df, 0.0, 0.0, noise(5)),
            "got std with values down to 0, expected all of them above",
        ),
        (
            lambda: gradients.pathwise(df, torch.zeros(2), 1.0, noise(5, 3)),
            r"got mean of shape \(2,\), expected .*\(3,\)",
        ),
        (lambda: gradients.score_function(f, 0.0, torch.ones(5, 1), noise(5)), r"got std of shape \(5, 1\)"),
        (lambda: gradients.score_function(df, 0.0, 1.0, noise(5)), r"got f\(z\) of shape \(5, 1\), expected \(5,\)"),
        (lambda: gradients.pathwise(f, 0.0, 1.0, noise(5)), r"got df\(z\) of shape \(5,\) and eps of shape \(5, 1\)"),
        (lambda: gradients.pathwise(df, 0.0, 1.0, noise(5)[:, 0]), r"got eps of shape \(5,\), expected \(n, D\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
