"""Diffusion: a hierarchical VAE whose encoder only adds noise, and whose decoder takes it away in as many steps."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_lib import _validate
from course_lib.distributions import Gaussian
from course_lib.losses import denoising_terms
from course_lib.models._building import seeded
from course_lib.models.denoisers import DENOISERS
from course_lib.models.noise import SCHEDULES
from course_lib.models.samplers import ddpm


class Diffusion(nn.Module):
    """The decoder p_θ(x_{t−1} | x_t), one network for all t, beside the noise that it has to undo.

    The network f_θ corrects an answer that is known: for data from N(0, I) the best guess of the noise in x_t is
    √(1 − ᾱ_t) x_t, so that ε_θ(x_t, t) = √(1 − ᾱ_t) x_t + √ᾱ_t f_θ(x_t, t), and f_θ = 0 is where
    training begins. Salimans & Ho (2022) call f_θ a prediction of v.

    Parameters
    ----------
    input_dim : int
        Width D of the data.
    denoiser : {"mlp", "conv"}
        f_θ: fully connected, or a small U-Net for square pictures.
    width, depth : int
        Of the denoiser.
    schedule : {"linear", "cosine"}
        As in `linear_noise` and `cosine_noise`.
    steps : int
        Number T of steps.
    variance : {"beta", "posterior"}
        σ_t² of p_θ(x_{t−1} | x_t): β_t, best where data are N(0, I), or β̃_t, best where all data are the same.
    pixels : bool
        Whether data are pixels in [0, 1]. They then diffuse as 2x − 1, guesses of x_0 are kept in [−1, 1], and the
        decoder's last step speaks of 256 grey levels. Otherwise data are any real numbers, better scaled to a variance
        of about 1.
    seed : int
        Of the first weights.

    Attributes
    ----------
    schedule : NoiseSchedule
    denoiser : nn.Module
        Any module with forward(x_t, t) may take its place.
    reverse_variance : Tensor
        σ_t², float64, shape (T + 1,), indexed by t; entry 0 is not used. With "posterior" entry 1 is β̃_2, since
        β̃_1 = 0 would leave no likelihood.

    Raises
    ------
    ValueError
        If a size is below 1 or a name is unknown.

    References
    ----------
    Ho, Jain & Abbeel (2020).
    """

    objective = staticmethod(denoising_terms)

    # No dataclass: its schedule and its denoiser are objects, where the settings are their names.
    def __init__(
        self,
        input_dim: int,
        *,
        denoiser: str = "mlp",
        width: int = 128,
        depth: int = 3,
        schedule: str = "linear",
        steps: int = 1000,
        variance: str = "beta",
        pixels: bool = False,
        seed: int = 0,
    ):
        super().__init__()
        self.input_dim = _validate.positive_int(input_dim, "input_dim")
        width, depth = _validate.positive_int(width, "width"), _validate.positive_int(depth, "depth")
        _validate.choice(denoiser, "denoiser", DENOISERS)
        _validate.choice(schedule, "schedule", SCHEDULES)
        self.pixels = _validate.flag(pixels, "pixels")
        self.config = {
            "input_dim": self.input_dim,
            "denoiser": denoiser,
            "width": width,
            "depth": depth,
            "schedule": schedule,
            "steps": _validate.positive_int(steps, "steps"),
            "variance": _validate.choice(variance, "variance", ("beta", "posterior")),
            "pixels": self.pixels,
        }
        self.schedule = SCHEDULES[schedule](steps)
        self.reverse_variance = self.schedule.beta.clone()
        if variance == "posterior":
            self.reverse_variance = self.schedule.posterior_variance.clone()
            self.reverse_variance[1] = self.reverse_variance[2] if steps > 1 else self.schedule.beta[1]
        with seeded(seed):
            self.denoiser = DENOISERS[denoiser](input_dim, width=width, depth=depth)

    @property
    def unit_range(self) -> bool:
        """True where x is pixels and has to lie between 0 and 1."""
        return self.pixels

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Equal to `predict_noise(x_t, t)`: (n, D) → (n, D)."""
        return self.predict_noise(x_t, t)

    def to_signal(self, x: Tensor) -> Tensor:
        """What diffuses: 2x − 1 for pixels in [0, 1], else x itself; (n, D) → (n, D)."""
        x = _validate.rows(x, self.input_dim)
        if self.pixels:
            _validate.pixels(x)
        return 2 * x - 1 if self.pixels else x

    def from_signal(self, signal: Tensor) -> Tensor:
        """The way back, to pixels in [0, 1] where data are pixels: (n, D) → (n, D)."""
        return ((signal + 1) / 2).clamp(0, 1) if self.pixels else signal

    def predict_noise(self, x_t: Tensor, t: Tensor) -> Tensor:
        """ε_θ(x_t, t), the guess of the noise in x_t: signals (n, D) and times (n,) → (n, D)."""
        self.schedule.check_times(t)
        signal, noise = (self.schedule.at(name, t, x_t) for name in ("signal_scale", "noise_scale"))
        return noise * x_t + signal * self.denoiser(x_t, t)

    def predict_start(self, x_t: Tensor, t: Tensor) -> Tensor:
        """x̂_0 = (x_t − √(1 − ᾱ_t) ε_θ) / √ᾱ_t, a signal, shape (n, D); kept in [−1, 1] for pixels.

        Computed as √ᾱ_t x_t − √(1 − ᾱ_t) f_θ, which is the same and does not divide by √ᾱ_t.
        """
        self.schedule.check_times(t)
        signal, noise = (self.schedule.at(name, t, x_t) for name in ("signal_scale", "noise_scale"))
        start = signal * x_t - noise * self.denoiser(x_t, t)
        return start.clamp(-1, 1) if self.pixels else start

    def reverse(self, x_t: Tensor, t: Tensor) -> Gaussian:
        """p_θ(x_{t−1} | x_t): `mean` and `logvar` of shape (n, D).

        Its mean is that of q(x_{t−1} | x_t, x_0) with x̂_0 in the place of x_0, its variance σ_t².

        References
        ----------
        Ho, Jain & Abbeel (2020), equation 11.
        """
        mean = self.schedule.posterior_mean(x_t, self.predict_start(x_t, t), t)
        return Gaussian(mean, self.reverse_variance[t.cpu()].log().to(x_t)[:, None].expand_as(x_t))

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Draw n by all T steps: shape (n, D), pixels in [0, 1] where data are pixels; equal to `ddpm(self, n)`."""
        return ddpm(self, n, generator=generator)
