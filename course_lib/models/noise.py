"""How a diffusion adds noise: a schedule, and the Gaussians that follow from it in closed form.

The encoder of a diffusion model has no parameters: q(x_t | x_{t−1}) = N(√(1 − β_t) x_{t−1}, β_t I). Everything here is
a consequence of the numbers β_1, …, β_T.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import Gaussian


@dataclass(frozen=True, eq=False)
class NoiseSchedule:
    """The variances β_1, …, β_T of the noise that each step adds.

    All tensors below are float64 of shape (T + 1,) and are indexed by t itself; entry 0 belongs to the data, to which
    nothing has been added yet.

    Attributes
    ----------
    beta : Tensor
        β_t, in (0, 1); β_0 = 0.

    Raises
    ------
    ValueError
        If `beta` does not begin with 0 or another entry lies outside (0, 1).

    References
    ----------
    Ho, Jain & Abbeel (2020), section 2.
    """

    beta: Tensor

    def __post_init__(self):
        beta = self.beta
        if beta.ndim != 1 or len(beta) < 2 or beta[0] != 0 or not bool(((beta[1:] > 0) & (beta[1:] < 1)).all()):
            raise ValueError(
                f"got beta of shape {tuple(beta.shape)} from {float(beta.min()):.3g} to {float(beta.max()):.3g}, "
                "expected shape (T + 1,): 0 for the data, then values between 0 and 1; use linear_noise or cosine_noise"
            )
        object.__setattr__(self, "beta", beta.double())

    @property
    def steps(self) -> int:
        """Number T of steps."""
        return len(self.beta) - 1

    @property
    def alpha(self) -> Tensor:
        """α_t = 1 − β_t."""
        return 1 - self.beta

    @cached_property
    def alpha_bar(self) -> Tensor:
        """ᾱ_t, the product α_1 ⋯ α_t and the share of x_t's variance that is the data's if that is 1; ᾱ_0 = 1."""
        return self.alpha.cumprod(dim=0)

    @cached_property
    def signal_scale(self) -> Tensor:
        """√ᾱ_t, what x_0 is multiplied with in x_t."""
        return self.alpha_bar.sqrt()

    @cached_property
    def noise_scale(self) -> Tensor:
        """√(1 − ᾱ_t), the standard deviation of the noise in x_t; 0 at t = 0.

        Taken in float64, because 1 − ᾱ_1 in float32 has three digits left.
        """
        return (1 - self.alpha_bar).sqrt()

    @cached_property
    def posterior_variance(self) -> Tensor:
        """β̃_t = β_t (1 − ᾱ_{t−1}) / (1 − ᾱ_t), the variance of q(x_{t−1} | x_t, x_0); 0 at t = 1 and at t = 0.

        References
        ----------
        Ho, Jain & Abbeel (2020), equation 7.
        """
        tilde = torch.zeros_like(self.beta)
        tilde[1:] = self.beta[1:] * (1 - self.alpha_bar[:-1]) / (1 - self.alpha_bar[1:])
        return tilde

    def marginal(self, x0: Tensor, t: Tensor) -> Gaussian:
        """q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I), without going through the steps.

        Parameters
        ----------
        x0 : Tensor
            Float, shape (n, D).
        t : Tensor
            Times, int64, shape (n,), from 1 to T.

        Returns
        -------
        Gaussian
            `mean` and `logvar` of shape (n, D); `.sample(eps=eps)` equals √ᾱ_t x_0 + √(1 − ᾱ_t) ε.

        References
        ----------
        Ho, Jain & Abbeel (2020), equation 4.
        """
        self.check_times(t)
        logvar = 2 * self.at("noise_scale", t, x0).log()
        return Gaussian(self.at("signal_scale", t, x0) * x0, logvar.expand_as(x0))

    def posterior(self, x_t: Tensor, x0: Tensor, t: Tensor) -> Gaussian:
        """q(x_{t−1} | x_t, x_0): where the step came from, for somebody who knows both ends.

        Parameters
        ----------
        x_t, x0 : Tensor
            Float, shape (n, D).
        t : Tensor
            Times, int64, shape (n,), from 2 to T: at t = 1 the answer is x_0 itself, which is no Gaussian.

        Returns
        -------
        Gaussian
            Its mean is `posterior_mean`, its variance β̃_t in every dimension.

        Raises
        ------
        ValueError
            If a time lies outside 2, …, T.

        References
        ----------
        Ho, Jain & Abbeel (2020), equations 6 and 7.
        """
        self.check_times(t, first=2)
        logvar = self.at("posterior_variance", t, x_t).log().expand_as(x_t)
        return Gaussian(self.posterior_mean(x_t, x0, t), logvar)

    def posterior_mean(self, x_t: Tensor, x0: Tensor, t: Tensor) -> Tensor:
        """[√ᾱ_{t−1} β_t x_0 + √α_t (1 − ᾱ_{t−1}) x_t] / (1 − ᾱ_t), shape (n, D); x_0 itself at t = 1."""
        self.check_times(t)
        _validate.same_shape(x_t, x0, ("x_t", "x0"))
        return self.at("_share_of_start", t, x_t) * x0 + self.at("_share_of_now", t, x_t) * x_t

    @cached_property
    def _share_of_start(self) -> Tensor:
        share = torch.zeros_like(self.beta)
        share[1:] = self.signal_scale[:-1] * self.beta[1:] / (1 - self.alpha_bar[1:])
        return share

    @cached_property
    def _share_of_now(self) -> Tensor:
        share = torch.zeros_like(self.beta)
        share[1:] = self.alpha[1:].sqrt() * (1 - self.alpha_bar[:-1]) / (1 - self.alpha_bar[1:])
        return share

    def at(self, name: str, t: Tensor, like: Tensor) -> Tensor:
        """One of the tensors above at the times t, shape (n, 1), in the dtype and on the device of `like`."""
        return getattr(self, name)[t.cpu()].to(like)[:, None]

    def check_times(self, t: Tensor, first: int = 1) -> None:
        """Raise ValueError unless t is int64 of shape (n,) with values from `first` to T."""
        known = t.ndim == 1 and len(t) and t.dtype == torch.int64
        if not known or not first <= int(t.min()) <= int(t.max()) <= self.steps:
            got = f"{t.dtype} of shape {tuple(t.shape)}".removeprefix("torch.")
            ends = f", from {t.min():g} to {t.max():g}" if t.numel() else ""
            raise ValueError(f"got t as {got}{ends}, expected int64 of shape (n,), from {first} to {self.steps}")


def linear_noise(steps: int = 1000, *, first: float = 1e-4, last: float = 0.02) -> NoiseSchedule:
    """β_t rises in a straight line from `first` to `last`; the defaults are those of Ho, Jain & Abbeel (2020)."""
    steps = _validate.positive_int(steps, "steps")
    ramp = torch.linspace(first, last, steps, dtype=torch.float64)
    return NoiseSchedule(torch.cat([torch.zeros(1, dtype=torch.float64), ramp]))


def cosine_noise(steps: int = 1000, *, offset: float = 0.008) -> NoiseSchedule:
    """ᾱ_t falls like a squared cosine: about equally fast from data to noise, where the line destroys most early.

    ᾱ_t = cos²(π/2 · (t/T + s)/(1 + s)) / cos²(π/2 · s/(1 + s)), s = `offset`, and no β_t above 0.999.

    References
    ----------
    Nichol & Dhariwal (2021), equation 17.
    """
    steps = _validate.positive_int(steps, "steps")
    share = torch.arange(steps + 1, dtype=torch.float64) / steps
    falls = torch.cos((share + offset) / (1 + offset) * (math.pi / 2)).square()
    beta = torch.zeros(steps + 1, dtype=torch.float64)
    beta[1:] = (1 - falls[1:] / falls[:-1]).clamp(max=0.999)
    return NoiseSchedule(beta)


SCHEDULES = {"linear": linear_noise, "cosine": cosine_noise}
