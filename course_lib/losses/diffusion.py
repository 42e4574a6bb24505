"""The bound of a diffusion, term by term, and the simpler loss that is minimised in its place.

−ELBO = L_T + Σ_{t=2}^{T} L_{t−1} + L_0. Every function returns one number per example, in nats, summed over the D
dimensions; the simplified loss alone is no nats but squared noise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import Gaussian, gaussian_kl_between

LEVELS = 256  # grey levels of a pixel


def denoising_terms(
    model, x: Tensor, *, target: str = "noise", generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """The simplified loss: at a random time, the squared error of the guessed noise.

    Parameters
    ----------
    model : Diffusion
    x : Tensor
        Data, float, shape (n, D).
    target : {"noise", "velocity"}
        With "velocity" the squared error is divided by ᾱ_t, so that times of almost pure noise, at which a guess of the
        noise is easy and one of the picture is not, count as much as others.
    generator : torch.Generator, optional
        Of the time of each example, uniform on 1, …, T, and of the noise.

    Returns
    -------
    dict of Tensor
        `loss`, shape (n,), equal to ‖ε − ε_θ(√ᾱ_t x_0 + √(1 − ᾱ_t) ε, t)‖², summed over dimensions: at most about D
        from the first step on. With "velocity" ‖v − f_θ‖², where v = √ᾱ_t ε − √(1 − ᾱ_t) x_0.

    Raises
    ------
    ValueError
        If the target is neither.

    References
    ----------
    Ho, Jain & Abbeel (2020), equation 14; Salimans & Ho (2022), section 4.
    """
    _validate.choice(target, "target", ("noise", "velocity"))
    signal = model.to_signal(x)
    t = torch.randint(1, model.schedule.steps + 1, x.shape[:1], generator=generator, device=x.device)
    eps = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    x_t = model.schedule.marginal(signal, t).sample(eps=eps)
    if target == "noise":
        return {"loss": (eps - model.predict_noise(x_t, t)).square().sum(dim=1)}
    share, noise = (model.schedule.at(name, t, x_t) for name in ("signal_scale", "noise_scale"))
    return {"loss": (share * eps - noise * signal - model.denoiser(x_t, t)).square().sum(dim=1)}


def bound_weights(model) -> Tensor:
    """What the bound multiplies E‖ε − ε_θ‖² with at each time, and the simplified loss does not.

    Returns
    -------
    Tensor
        Shape (T + 1,), float64, indexed by t, equal to β_t² / (2 σ_t² α_t (1 − ᾱ_t)); entry 0 is 0, entry 1 belongs to
        a decoder with a density.

    References
    ----------
    Ho, Jain & Abbeel (2020), equation 12.
    """
    schedule, weights = model.schedule, torch.zeros(model.schedule.steps + 1, dtype=torch.float64)
    beta, alpha, abar = schedule.beta[1:], schedule.alpha[1:], schedule.alpha_bar[1:]
    weights[1:] = beta**2 / (2 * model.reverse_variance[1:] * alpha * (1 - abar))
    return weights


def prior_kl(model, x: Tensor) -> Tensor:
    """L_T = KL(q(x_T | x_0) ‖ N(0, I)), shape (n,), nats: what shows through the noise. Nothing to learn."""
    signal = model.to_signal(x)
    return model.schedule.marginal(signal, torch.full((len(x),), model.schedule.steps)).kl()


def step_kl(model, x: Tensor, t: Tensor, *, generator=None, eps: Tensor | None = None) -> Tensor:
    """L_{t−1} = KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t)) at one draw of x_t, in closed form.

    Parameters
    ----------
    model : Diffusion
    x : Tensor
        Data, float, shape (n, D).
    t : Tensor
        Times, int64, shape (n,), from 2 to T.
    generator, eps
        The noise in x_t, as in `Gaussian.sample`.

    Returns
    -------
    Tensor
        Shape (n,), nats, at least 0; equal to `bound_weights` at t times ‖ε − ε_θ‖², plus what the variances differ by,
        where no guess of x_0 had to be kept in [−1, 1].

    References
    ----------
    Ho, Jain & Abbeel (2020), equations 5 and 8.
    """
    signal = model.to_signal(x)
    return reverse_kl(model, signal, model.schedule.marginal(signal, t).sample(generator, eps=eps), t)


def reverse_kl(model, signal: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
    """The divergence of `step_kl` at an x_t that is there already, both signals of shape (n, D): shape (n,), nats."""
    return gaussian_kl_between(model.schedule.posterior(x_t, signal, t), model.reverse(x_t, t))


def decoder_nll(model, x: Tensor, *, generator=None, eps: Tensor | None = None) -> Tensor:
    """L_0 = −log p_θ(x_0 | x_1) at one draw of x_1, shape (n,).

    For pixels p_θ is the Gaussian's probability of the cell of each of 256 grey levels, the outer ones open, so that
    L_0 is at least 0 and the bound counts the nats of a lossless code (divide by D log 2 for bits per dimension). For
    other data it is a density, and L_0 may have any sign.

    References
    ----------
    Ho, Jain & Abbeel (2020), equation 13.
    """
    signal, t = model.to_signal(x), torch.ones(len(x), dtype=torch.int64)
    x_1 = model.schedule.marginal(signal, t).sample(generator, eps=eps)
    decoder = model.reverse(x_1, t)
    if not model.pixels:
        return -decoder.log_prob(signal)
    return -grey_level_log_prob(decoder, signal)


def grey_level_log_prob(decoder: Gaussian, signal: Tensor) -> Tensor:
    """Logarithm of the probability of the grey level nearest to each pixel, summed over pixels: shape (n,)."""
    _validate.same_shape(signal, decoder.mean, ("signal", "mean"))
    level = ((signal.double() + 1) * (LEVELS - 1) / 2).round()
    middle, half = level * 2 / (LEVELS - 1) - 1, 1 / (LEVELS - 1)
    mean, std = decoder.mean.double(), decoder.std.double()
    upper = torch.where(level == LEVELS - 1, math.inf, (middle + half - mean) / std)
    lower = torch.where(level == 0, -math.inf, (middle - half - mean) / std)
    # A cell above the mean is mirrored below it, where the distribution function loses no digits.
    flip = lower > 0
    low, high = torch.where(flip, -upper, lower), torch.where(flip, -lower, upper)
    log_high, log_low = torch.special.log_ndtr(high), torch.special.log_ndtr(low)
    return (log_high + torch.log(-torch.expm1((log_low - log_high).clamp(max=-1e-12)))).sum(dim=1).to(signal)
