"""Diffusion: the closed forms against simulation and Bayes, the bound against exact Gaussian toys, the samplers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor, nn

from course_lib import data, losses, metrics, models, training
from course_lib.distributions import Gaussian, gaussian_kl_between
from course_lib.models.samplers import ddim_times

HO = models.linear_noise(1000)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class BestForGaussian(nn.Module):
    """f_θ of the optimal denoiser of x_0 ~ N(0, c): ε̂ = √(1 − ᾱ) x_t / (ᾱ c + 1 − ᾱ)."""

    def __init__(self, schedule: models.NoiseSchedule, variance: float):
        super().__init__()
        self.schedule, self.variance = schedule, variance
        self.unused = nn.Parameter(torch.zeros((), dtype=torch.float64))

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        abar = self.schedule.alpha_bar[t][:, None]
        best = (1 - abar).sqrt() * x_t / (abar * self.variance + 1 - abar)
        return ((best - (1 - abar).sqrt() * x_t) / abar.sqrt()).to(x_t)


def toy(schedule: models.NoiseSchedule, variance: float, reverse: str = "best") -> models.Diffusion:
    """A diffusion of N(0, c) with the optimal denoiser and, if asked, the optimal variances of the reverse steps."""
    model = models.Diffusion(1, width=2, depth=1)
    model.schedule, model.denoiser = schedule, BestForGaussian(schedule, variance)
    beta, alpha, abar = schedule.beta, schedule.alpha, schedule.alpha_bar
    model.reverse_variance = beta.clone()
    if reverse == "posterior":
        model.reverse_variance = schedule.posterior_variance.clone()
    if reverse in ("best", "posterior"):  # at t = 1 the posterior has none, so that both take the best there
        error = abar * variance / (abar * variance + 1 - abar)  # of ε̂, B8
        best = torch.zeros_like(beta)
        best[1:] = (schedule.posterior_variance + beta**2 / (alpha * (1 - abar)) * error)[1:]
        rows = slice(1, None) if reverse == "best" else slice(1, 2)
        model.reverse_variance[rows] = best[rows]
    return model


def exact_bound(model: models.Diffusion, variance: float) -> float:
    """−ELBO of the toy by quadrature over x_0 and ε: every term is a quadratic of both, so a few nodes are exact."""
    nodes, weights = (torch.from_numpy(array) for array in hermite(6))
    x0, eps = torch.meshgrid(nodes, nodes, indexing="ij")
    weight = (weights[:, None] * weights).flatten()
    x0, eps = math.sqrt(variance) * x0.reshape(-1, 1), eps.reshape(-1, 1)
    total = (weight * losses.prior_kl(model, x0)).sum() + (weight * losses.decoder_nll(model, x0, eps=eps)).sum()
    for t in range(2, model.schedule.steps + 1):
        total += (weight * losses.step_kl(model, x0, torch.full((len(x0),), t), eps=eps)).sum()
    return float(total)


def hermite(n: int):
    """Nodes and weights of the average over N(0, 1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(n)
    return nodes, weights / weights.sum()


def entropy(variance: float) -> float:
    return 0.5 * math.log(2 * math.pi * math.e * variance)


def ramp(steps: int, last: float) -> models.NoiseSchedule:
    return models.linear_noise(steps, first=1e-4, last=last)


def test_alpha_bar_of_ho_is_what_the_paper_leaves_at_the_end():
    assert float(HO.alpha_bar[-1]) == pytest.approx(4.0358e-5, rel=1e-4)
    model = models.Diffusion(1, width=2, depth=1)
    x = torch.randn(200_000, 1, generator=generator(), dtype=torch.float64)
    left = losses.prior_kl(model, x)
    assert float(left.mean()) == pytest.approx(2.0e-5, abs=4 * float(left.std()) / 200_000**0.5 + 2e-7)


def test_the_cosine_schedule_is_that_of_the_paper():
    """Nichol & Dhariwal (2021), equation 17, and their limit for the last steps."""
    noise = models.cosine_noise(1000)
    first, *later = (math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in (0, 1, 250, 500, 900, 998))
    for t, share in zip((1, 250, 500, 900, 998), later, strict=True):
        assert float(noise.alpha_bar[t]) == pytest.approx(share / first, rel=1e-9), t
    assert float(noise.beta.max()) == float(noise.beta[1000]) == 0.999


@pytest.mark.parametrize("schedule", [ramp(30, 0.3), models.cosine_noise(30)], ids=["linear", "cosine"])
def test_the_marginal_is_what_a_simulated_chain_arrives_at(schedule):
    g, x0, n = generator(1), 1.7, 200_000
    x = torch.full((n, 1), x0, dtype=torch.float64)
    for t in range(1, 31):
        beta = float(schedule.beta[t])
        x = math.sqrt(1 - beta) * x + math.sqrt(beta) * torch.randn(n, 1, generator=g, dtype=torch.float64)
        if t in (1, 7, 30):
            q = schedule.marginal(torch.full((1, 1), x0, dtype=torch.float64), torch.tensor([t]))
            std = float(q.std)
            assert float(x.mean()) == pytest.approx(float(q.mean), abs=4.5 * std / n**0.5)
            assert float(x.std()) == pytest.approx(std, rel=4.5 / (2 * n) ** 0.5)


def test_one_draw_of_the_marginal_is_the_formula():
    x0, eps = torch.randn(2, 5, 3, generator=generator(), dtype=torch.float64)
    t = torch.tensor([1, 2, 500, 999, 1000])
    abar = torch.tensor(
        [math.prod(1 - b for b in HO.beta[1 : k + 1].tolist()) for k in t.tolist()], dtype=torch.float64
    )[:, None]
    expected = abar.sqrt() * x0 + (1 - abar).sqrt() * eps
    torch.testing.assert_close(HO.marginal(x0, t).sample(eps=eps), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("t", [2, 3, 17, 30])
def test_the_posterior_is_bayes_by_integration(t):
    schedule, x0, x_t = ramp(30, 0.3), 0.8, -0.4
    abar, beta = float(schedule.alpha_bar[t - 1]), float(schedule.beta[t])

    def joint(x, power=0):  # q(x_{t−1} | x_0) q(x_t | x_{t−1}) x^power
        before = stats.norm.pdf(x, math.sqrt(abar) * x0, math.sqrt(1 - abar))
        return x**power * before * stats.norm.pdf(x_t, math.sqrt(1 - beta) * x, math.sqrt(beta))

    ends = math.sqrt(abar) * x0, math.sqrt(1 - abar)
    low, high = ends[0] - 9 * ends[1], ends[0] + 9 * ends[1]
    mass, first, second = (integrate.quad(joint, low, high, (k,), epsabs=1e-13)[0] for k in range(3))
    here = torch.tensor([[x_t]], dtype=torch.float64), torch.tensor([[x0]], dtype=torch.float64), torch.tensor([t])
    q = schedule.posterior(*here)
    assert float(q.mean) == pytest.approx(first / mass, abs=1e-8)
    assert float(q.var) == pytest.approx(second / mass - (first / mass) ** 2, abs=1e-8)


def test_at_the_first_step_the_posterior_mean_is_the_data():
    x0, x1 = torch.randn(2, 4, 3, generator=generator())
    torch.testing.assert_close(HO.posterior_mean(x1, x0, torch.ones(4, dtype=torch.int64)), x0)
    with pytest.raises(ValueError, match="from 2 to 1000"):
        HO.posterior(x1, x0, torch.ones(4, dtype=torch.int64))


@pytest.mark.parametrize(
    ("steps", "last", "variance"),
    [(50, 0.2, 0.25), (50, 0.05, 0.25), (20, 0.2, 0.25), (50, 0.2, 4.0), (20, 0.2, 4.0), (50, 0.05, 1.0)],
)
def test_the_gap_of_the_exact_toy_is_the_prior_term_of_the_marginal(steps, last, variance):
    """−ELBO − H(x_0) = KL(q(x_T) ‖ N(0, 1)), where q(x_T) = N(0, ᾱ_T c + 1 − ᾱ_T)."""
    schedule = ramp(steps, last)
    end = float(schedule.alpha_bar[-1]) * variance + 1 - float(schedule.alpha_bar[-1])
    kl = 0.5 * (end - 1 - math.log(end))
    assert exact_bound(toy(schedule, variance), variance) - entropy(variance) == pytest.approx(kl, abs=1e-9)


def test_the_gap_of_the_toy_has_the_values_of_another_computation():
    """Recomputed by hand elsewhere: T = 50 and 1000, data of variance 4."""
    gaps = {steps: exact_bound(toy(ramp(*steps), 4.0), 4.0) - entropy(4.0) for steps in ((50, 0.2), (50, 0.05))}
    assert gaps[50, 0.2] == pytest.approx(4.75060e-5, abs=1e-9)
    assert gaps[50, 0.05] == pytest.approx(0.1148930193, abs=1e-9)
    assert exact_bound(toy(HO, 4.0), 4.0) - entropy(4.0) == pytest.approx(3.7e-9, abs=2e-10)


def test_other_variances_of_the_reverse_steps_cost_what_they_cost():
    schedule = ramp(50, 0.2)
    best = exact_bound(toy(schedule, 4.0), 4.0)
    assert exact_bound(toy(schedule, 4.0, "beta"), 4.0) - best == pytest.approx(0.0127, abs=1e-4)
    assert best == pytest.approx(2.112, abs=1e-3)
    assert exact_bound(toy(schedule, 4.0, "posterior"), 4.0) == pytest.approx(22.09, abs=5e-3)
    # β_t is the best choice for N(0, 1), β̃_t for a constant.
    assert exact_bound(toy(schedule, 1.0, "beta"), 1.0) == pytest.approx(exact_bound(toy(schedule, 1.0), 1.0), abs=1e-9)


def test_the_weights_that_the_simplified_loss_drops():
    weights = losses.bound_weights(models.Diffusion(1, width=2, depth=1))
    expected = {2: 0.273, 10: 0.0737, 100: 0.0101, 500: 0.0055, 1000: 0.0102}
    for t, weight in expected.items():
        assert float(weights[t]) == pytest.approx(weight, rel=0.01), t


@pytest.mark.parametrize("variance", ["beta", "posterior"])
def test_a_term_of_the_bound_is_its_weight_times_the_squared_error_of_the_noise(variance):
    model = models.Diffusion(3, width=16, depth=1, schedule="cosine", steps=40, variance=variance, seed=3)
    model.denoiser.network[-1].weight.data.normal_(generator=generator(4))
    x, eps = torch.randn(2, 39, 3, generator=generator(5))
    t = torch.arange(2, 41)
    x_t = model.schedule.marginal(x, t).sample(eps=eps)
    squared = (eps - model.predict_noise(x_t, t)).double().square().sum(dim=1)
    ratio = (model.schedule.posterior_variance / model.reverse_variance)[t]
    expected = losses.bound_weights(model)[t] * squared + 1.5 * (ratio - 1 - ratio.log())
    torch.testing.assert_close(losses.step_kl(model, x, t, eps=eps).double(), expected, rtol=1e-3, atol=1e-5)


def test_guessed_start_and_guessed_noise_put_together_give_what_was_seen():
    model = models.Diffusion(3, width=16, depth=1)
    model.denoiser.network[-1].weight.data.normal_(generator=generator())
    x_t, t = torch.randn(5, 3, generator=generator(1)), torch.tensor([1, 10, 400, 900, 1000])
    start, noise = model.predict_start(x_t, t), model.predict_noise(x_t, t)
    abar = HO.alpha_bar[t][:, None].float()
    torch.testing.assert_close(abar.sqrt() * start + (1 - abar).sqrt() * noise, x_t)


def test_before_training_the_answer_is_the_best_one_for_a_standard_gaussian():
    for denoiser, width, dim in (("mlp", 16, 5), ("conv", 8, 64)):
        model = models.Diffusion(dim, denoiser=denoiser, width=width, depth=1)
        x_t, t = torch.randn(3, dim, generator=generator()), torch.tensor([1, 300, 1000])
        torch.testing.assert_close(model.predict_noise(x_t, t), (1 - HO.alpha_bar[t]).sqrt()[:, None].float() * x_t)


def test_the_least_possible_error_of_the_noise_on_gaussian_data():
    """Measured with the optimal denoiser, and no training gets below it."""
    c, x = 0.25, 0.5 * torch.randn(4000, 1, generator=generator())
    schedule = models.linear_noise(100, last=0.2)
    abar = schedule.alpha_bar[1:]
    least = float((abar * c / (abar * c + 1 - abar)).mean())
    fresh = 0.5 * torch.randn(100_000, 1, generator=generator(1))
    best = toy(schedule, c)
    terms = losses.denoising_terms(best, fresh, generator=generator(2))["loss"]
    assert float(terms.mean()) == pytest.approx(least, abs=4 * float(terms.std()) / 100_000**0.5)

    trained = models.Diffusion(1, width=32, depth=2, steps=100)
    trained.schedule = schedule
    history = training.fit(trained, x, epochs=15, lr=3e-3, progress=False)
    with torch.no_grad():
        terms = losses.denoising_terms(trained, fresh, generator=generator(3))["loss"]
    error = float(terms.std()) / 100_000**0.5
    assert least - 4 * error < float(terms.mean()) < 1.05 * least
    assert history.train["loss"][-1] < history.train["loss"][0]


def test_the_loss_of_the_velocity_is_that_of_the_noise_with_every_time_counted_alike():
    x, schedule = torch.randn(50, 3, generator=generator()), models.NoiseSchedule(torch.tensor([0.0, 0.7]))
    model = models.Diffusion(3, width=8, depth=1)
    model.schedule = schedule  # of one step, so that every example has the same ᾱ
    nn.init.normal_(model.denoiser.network[-1].weight)
    noise, velocity = (
        losses.denoising_terms(model, x, target=target, generator=generator(1))["loss"]
        for target in ("noise", "velocity")
    )
    torch.testing.assert_close(velocity, noise / 0.3)
    with pytest.raises(ValueError, match="target"):
        losses.denoising_terms(model, x, target="picture")


def test_ddim_turns_noise_into_the_right_gaussian():
    """With the optimal denoiser the way is linear: x_0 = x_T √(c / (ᾱ_T c + 1 − ᾱ_T)) when the steps are small."""
    for c in (0.25, 4.0):
        model, start = toy(HO, c), torch.linspace(-2, 2, 9, dtype=torch.float64)[:, None]
        got = models.ddim(model, 9, steps=1000, start=start)
        end = float(HO.alpha_bar[-1]) * c + 1 - float(HO.alpha_bar[-1])
        torch.testing.assert_close(got, start * math.sqrt(c / end), rtol=0.01, atol=1e-9)


def test_ddpm_draws_the_right_gaussian():
    schedule, c = ramp(100, 0.2), 4.0
    drawn = models.ddpm(toy(schedule, c), 10_000, generator=generator())
    assert float(drawn.mean()) == pytest.approx(0, abs=4 * 2 / 100)
    assert float(drawn.var()) == pytest.approx(c, rel=4 * (2 / 10_000) ** 0.5)


def test_ddim_is_determined_by_its_start_and_ddpm_is_not():
    model = models.Diffusion(2, width=8, depth=1, steps=20)
    start = torch.randn(6, 2, generator=generator())
    assert torch.equal(models.ddim(model, 6, steps=5, start=start), models.ddim(model, 6, steps=5, start=start))
    first, second = (models.ddpm(model, 6, start=start, generator=generator(seed)) for seed in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(first, models.ddpm(model, 6, start=start, generator=generator(0)))
    assert torch.equal(model.sample(6, generator=generator(2)), models.ddpm(model, 6, generator=generator(2)))


def test_noise_that_is_handed_over_is_the_noise_of_the_steps():
    model, g = models.Diffusion(2, width=8, depth=1, steps=20), generator()
    start, eps = torch.randn(4, 2, generator=g), torch.randn(20, 4, 2, generator=g)
    got = models.ddpm(model, 4, start=start, eps=eps)
    x = start
    for t in range(20, 0, -1):  # f_θ = 0: x̂_0 = √ᾱ_t x_t
        abar, before = (float(model.schedule.alpha_bar[s]) for s in (t, t - 1))
        beta = float(model.schedule.beta[t])
        x0 = math.sqrt(abar) * x
        x = (math.sqrt(before) * beta * x0 + math.sqrt(1 - beta) * (1 - before) * x) / (1 - abar)
        x = x + (math.sqrt(beta) * eps[t - 1] if t > 1 else 0)
    torch.testing.assert_close(got, x, rtol=1e-4, atol=1e-5)


def test_a_watcher_sees_every_visited_time_down_to_0():
    model = models.Diffusion(2, width=8, depth=1, steps=20)
    seen = {}
    last = models.ddim(model, 3, steps=7, generator=generator(), watch=seen.__setitem__)
    assert list(seen) == [*ddim_times(20, 7), 0]
    assert torch.equal(seen[0], last)
    seen.clear()
    models.ddpm(model, 3, generator=generator(), watch=seen.__setitem__)
    assert list(seen) == list(range(20, -1, -1))


def test_the_times_of_ddim_are_evenly_spaced():
    assert ddim_times(1000, 4) == [1000, 750, 500, 250]
    assert ddim_times(5, 5) == [5, 4, 3, 2, 1]
    assert ddim_times(10, 3) == [10, 7, 4]
    with pytest.raises(ValueError, match="got steps = 11, expected at most 10"):
        ddim_times(10, 11)


def test_the_probabilities_of_the_grey_levels_add_up_to_1():
    levels = torch.arange(256.0)[:, None] / 255
    one = models.Diffusion(1, width=8, depth=1, steps=30, pixels=True)
    for seen in (-1.0, -0.3, 0.41, 0.999):
        decoder = one.reverse(torch.full((256, 1), seen), torch.ones(256, dtype=torch.int64))
        total = losses.diffusion.grey_level_log_prob(decoder, 2 * levels - 1).detach().double().exp().sum()
        assert float(total) == pytest.approx(1, abs=1e-5)


def grey_by_scipy(level: int, mean: float, std: float) -> float:
    """The log-probability of the cell of one of 256 levels, in whichever tail keeps its digits."""
    low = -math.inf if level == 0 else (2 * level - 1) / 255 - 1
    high = math.inf if level == 255 else (2 * level + 1) / 255 - 1
    if low > mean:
        low, high, mean = -high, -low, -mean
    above, below = (float(stats.norm.logcdf(end, mean, std)) for end in (high, low))
    return above + math.log(-math.expm1(below - above))


@pytest.mark.parametrize(("mean", "std"), [(0.2, 0.3), (-0.9, 0.02), (1.0, 0.004), (-1.0, 0.004)])
def test_a_grey_level_has_the_probability_of_its_cell_near_and_far(mean, std):
    levels = [0, 1, 12, 128, 200, 254, 255]
    signal = torch.tensor(levels).double()[:, None] * 2 / 255 - 1
    decoder = Gaussian(torch.full_like(signal, mean), torch.full_like(signal, 2 * math.log(std)))
    got = losses.diffusion.grey_level_log_prob(decoder, signal)
    expected = torch.tensor([grey_by_scipy(level, mean, std) for level in levels], dtype=torch.float64)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=1e-12)


def test_the_data_term_of_pixels_is_minus_the_log_probability_of_their_levels():
    """Before training x̂_0 = √ᾱ_1 x_1, and the variance of the last step is β̃_2, since β̃_1 is 0."""
    model = models.Diffusion(2, width=8, depth=1, schedule="cosine", steps=30, variance="posterior", pixels=True)
    eps, abar = torch.tensor([[0.3, -0.2]]), model.schedule.alpha_bar[:3].tolist()
    std = math.sqrt(float(model.schedule.beta[2]) * (1 - abar[1]) / (1 - abar[2]))
    expected = 0.0
    for level, noise in ((0, 0.3), (100, -0.2)):
        seen = math.sqrt(abar[1]) * (2 * level / 255 - 1) + math.sqrt(1 - abar[1]) * noise
        expected -= grey_by_scipy(level, math.sqrt(abar[1]) * seen, std)
    got = losses.diffusion.decoder_nll(model, torch.tensor([[0, 100 / 255]]), eps=eps)
    assert got.tolist() == pytest.approx([expected], rel=1e-4)


def test_pixels_stay_pixels():
    model = models.Diffusion(4, width=8, depth=1, steps=30, pixels=True)
    drawn = model.sample(50, generator=generator())
    assert 0 <= float(drawn.min()) < float(drawn.max()) <= 1
    far, t = torch.full((2, 4), 5.0), torch.tensor([1, 15])
    assert model.predict_start(far, t).max() == 1
    assert models.Diffusion(4, width=8, depth=1, steps=30).predict_start(far, t).max() > 4
    x = torch.rand(5, 4, generator=generator())
    torch.testing.assert_close(model.from_signal(model.to_signal(x)), x)
    with pytest.raises(ValueError, match="expected pixels in"):
        model.to_signal(2 * x + 1)


def test_the_measured_bound_is_the_exact_one_within_its_error():
    schedule, c = ramp(20, 0.2), 4.0
    model = toy(schedule, c, "beta")
    x = 2 * torch.randn(4000, 1, generator=generator(), dtype=torch.float64)
    bound = metrics.diffusion_bound(model, x, rounds=5)
    assert bound.total == pytest.approx(exact_bound(model, c), abs=4 * bound.standard_error)
    assert bound.standard_error < 0.05
    for t in (2, 3, 11, 20):  # L_{t−1} of the term's own time
        nodes, weights = (torch.from_numpy(array) for array in hermite(6))
        x0, eps = (one.reshape(-1, 1) for one in torch.meshgrid(2 * nodes, nodes, indexing="ij"))
        exact = losses.step_kl(model, x0, torch.full((len(x0),), t), eps=eps) @ (weights[:, None] * weights).flatten()
        assert float(bound.terms[t - 1]) == pytest.approx(float(exact), rel=0.25), t
    assert float(bound.rate[0]) == pytest.approx(bound.total)
    assert float(bound.rate[-1]) == pytest.approx(float(losses.prior_kl(model, x).mean()))
    abar = schedule.alpha_bar[1:]
    exact = (1 - abar) * c / (abar * c + 1 - abar)  # the variance of x_0 given x_t
    torch.testing.assert_close(bound.squared_error[1:], exact, rtol=0.25, atol=0)
    assert bool((bound.error_curve.diff() >= 0).all())
    torch.testing.assert_close(bound.error_curve[1:].double(), exact, rtol=0.25, atol=0)
    half_way = float(exact[9] + exact[10]) / 2  # between t = 10 and t = 11
    assert float(bound.rate[13]) < bound.rate_at(half_way) < float(bound.rate[8])


def test_the_standard_error_is_what_other_examples_and_other_noise_would_change():
    """With many rounds the same few examples meet every step: they err together, and the noise hardly counts."""
    model = toy(ramp(5, 0.2), 4.0, "beta")
    totals, errors = [], []
    for seed in range(200):
        x = 2 * torch.randn(50, 1, generator=generator(seed), dtype=torch.float64)
        bound = metrics.diffusion_bound(model, x, rounds=30, seed=seed)
        totals.append(bound.total)
        errors.append(bound.standard_error)
    assert np.mean(np.square(errors)) ** 0.5 == pytest.approx(np.std(totals), rel=0.25)  # known to 5 % from 200


def test_the_error_of_the_guess_is_in_the_units_of_the_data():
    """From pure noise an untrained network guesses mid-grey, which is half a unit from every black pixel."""
    model = models.Diffusion(8, width=8, depth=1, schedule="cosine", steps=20, pixels=True)
    bound = metrics.diffusion_bound(model, torch.zeros(100, 8), rounds=2)
    assert float(bound.squared_error[-1]) == pytest.approx(8 / 4, rel=0.02)


def test_an_error_that_no_guess_reaches_has_no_rate():
    bound = metrics.DiffusionBound(torch.ones(4).double(), torch.tensor([0.0, 0.5, 2, 3]).double(), 0.0)
    assert [bound.rate_at(error) for error in (9, 3, 2.5, 2, 0.5)] == [1, 1, 1.5, 2, 3]
    for error in (0.4, 0, -1, math.nan):
        with pytest.raises(ValueError, match=r"expected at least 0\.5, that of x̂_0 at t = 1"):
            bound.rate_at(error)


def test_too_few_examples_for_the_steps_are_an_error():
    model = models.Diffusion(2, width=8, depth=1, steps=20)
    with pytest.raises(ValueError, match="got 39 examples for 20 steps, expected at least 40; use more rounds"):
        metrics.diffusion_bound(model, torch.zeros(39, 2))


def test_the_divergence_of_two_gaussians_is_that_of_torch():
    q, p = (Gaussian(*torch.randn(2, 7, 3, generator=generator(seed), dtype=torch.float64)) for seed in (0, 1))
    theirs = torch.distributions.kl_divergence(*(torch.distributions.Normal(one.mean, one.std) for one in (q, p)))
    torch.testing.assert_close(gaussian_kl_between(q, p), theirs.sum(dim=1))
    standard = Gaussian(torch.zeros(7, 3).double(), torch.zeros(7, 3).double())
    torch.testing.assert_close(gaussian_kl_between(q, standard), q.kl())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_dim": 783, "denoiser": "conv", "width": 8}, "got 783 pixels"),
        ({"input_dim": 784, "denoiser": "conv", "width": 12}, "a width of 12"),
        ({"input_dim": 2, "denoiser": "unet"}, "got denoiser = 'unet'"),
        ({"input_dim": 2, "schedule": "sigmoid"}, "got schedule = 'sigmoid'"),
        ({"input_dim": 2, "variance": "learned"}, "got variance = 'learned'"),
        ({"input_dim": 2, "steps": 0}, "got steps = 0"),
    ],
)
def test_what_is_no_model_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.Diffusion(**arguments)


def test_wrong_times_and_wrong_schedules_are_refused():
    x = torch.zeros(1, 2)
    for t in (torch.tensor([0]), torch.tensor([1001]), torch.tensor([1.0]), torch.tensor([[1]]), torch.ones(0).long()):
        for closed_form in (lambda t: HO.marginal(x, t), lambda t: HO.posterior_mean(x, x, t)):
            with pytest.raises(ValueError, match=r"expected int64 of shape \(n,\), from 1 to 1000"):
                closed_form(t)
    for beta in (torch.tensor([0.1, 0.2]), torch.tensor([0.0, 1.0]), torch.tensor([0.0])):
        with pytest.raises(ValueError, match="use linear_noise or cosine_noise"):
            models.NoiseSchedule(beta)


def test_the_convolutional_denoiser_looks_at_picture_and_time():
    """After a step of training the answer depends on the time and on pixels far away, and x_t is unchanged."""
    model = models.Diffusion(784, denoiser="conv", width=8, depth=1)
    x = data.load("digits-28").train.x[:64]
    training.fit(model, 2 * x - 1, epochs=3, lr=3e-3, batch_size=16, progress=False)
    x_t, t = torch.randn(2, 784, generator=generator()), torch.tensor([200, 200])
    with torch.no_grad():
        answer = model.denoiser(x_t, t)
        assert not torch.allclose(answer, model.denoiser(x_t, torch.tensor([200, 900])))
        moved = x_t.clone()
        moved[:, 0] += 5
        change = (model.denoiser(moved, t) - answer).reshape(2, 28, 28).abs()
    assert float(change[:, 12:, 12:].max()) > 0
    middle = []
    model.denoiser.grow.register_forward_hook(lambda _module, given, _answer: middle.append(given[0]))
    nn.init.zeros_(model.denoiser.grow.weight)  # then only what was handed over before the picture was halved arrives
    with torch.no_grad():
        assert not torch.allclose(model.denoiser(moved, t), model.denoiser(x_t, t))
    assert middle[0].shape == (2, 16, 7, 7)
    assert not torch.allclose(*middle)
