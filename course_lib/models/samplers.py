"""From noise to data: the chain that the bound was derived for, and a shorter way that draws no noise at all."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_lib import _validate

Watch = Callable[[int, Tensor], object]


@torch.no_grad()
def ddpm(
    model,
    n: int,
    *,
    generator: torch.Generator | None = None,
    start: Tensor | None = None,
    eps: Tensor | None = None,
    watch: Watch | None = None,
) -> Tensor:
    """Draw x_T from N(0, I), then x_{t−1} from p_θ(x_{t−1} | x_t) for t = T, …, 1; the last step adds no noise.

    Parameters
    ----------
    model : Diffusion
    n : int
        How many.
    generator : torch.Generator, optional
        Of all noise.
    start : Tensor, optional
        x_T, shape (n, D), instead of drawing it.
    eps : Tensor, optional
        The noise of the steps, shape (T, n, D): eps[t − 1] is what step t adds, eps[0] is not used.
    watch : callable, optional
        Called with t and x_t, a signal (n, D), at t = T, …, 0.

    Returns
    -------
    Tensor
        Shape (n, D); pixels in [0, 1] where the model's data are pixels.

    References
    ----------
    Ho, Jain & Abbeel (2020), algorithm 2.
    """
    x = _start(model, n, generator, start)
    for t in range(model.schedule.steps, 0, -1):
        _tell(watch, t, x)
        step = model.reverse(x, torch.full((n,), t))
        x = step.sample(generator, eps=None if eps is None else eps[t - 1]) if t > 1 else step.mean
    _tell(watch, 0, x)
    return model.from_signal(x)


@torch.no_grad()
def ddim(
    model,
    n: int,
    *,
    steps: int = 50,
    generator: torch.Generator | None = None,
    start: Tensor | None = None,
    watch: Watch | None = None,
) -> Tensor:
    """Draw x_T from N(0, I); everything after it is determined, so that a few large steps will do.

    From x_t the network guesses x̂_0 and with it the noise; both are put together again for an earlier time:
    x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s) ε̂.

    Parameters
    ----------
    model : Diffusion
    n : int
        How many.
    steps : int
        How many times are visited, at least 1 and at most T; evenly spaced, T among them.
    generator, start
        As in `ddpm`.
    watch : callable, optional
        Called with t and x_t, a signal (n, D), at the times that are visited and at 0.

    Returns
    -------
    Tensor
        Shape (n, D); the same for the same start.

    Raises
    ------
    ValueError
        If there are more steps than the model has.

    References
    ----------
    Song, Meng & Ermon (2021), equation 12 with σ_t = 0.
    """
    x = _start(model, n, generator, start)
    times = ddim_times(model.schedule.steps, steps)
    signal, noise = model.schedule.signal_scale.tolist(), model.schedule.noise_scale.tolist()
    for t, before in zip(times, [*times[1:], 0], strict=True):
        _tell(watch, t, x)
        start_guess = model.predict_start(x, torch.full((n,), t))
        eps = (x - signal[t] * start_guess) / noise[t]
        x = signal[before] * start_guess + noise[before] * eps
    _tell(watch, 0, x)
    return model.from_signal(x)


def ddim_times(total: int, steps: int) -> list[int]:
    """The times that `ddim` visits: from T downwards, evenly spaced, without 0; equal to ⌈T k / steps⌉."""
    steps = _validate.positive_int(steps, "steps")
    if steps > total:
        raise ValueError(f"got steps = {steps}, expected at most {total}: the model has no more times to visit")
    return [-(-total * k // steps) for k in range(steps, 0, -1)]


def _start(model, n: int, generator: torch.Generator | None, start: Tensor | None) -> Tensor:
    weight = next(model.parameters(), torch.zeros(()))  # a denoiser may be a formula without any
    if start is None:
        n = _validate.positive_int(n, "n")
        return torch.randn(n, model.input_dim, generator=generator).to(weight)
    start = _validate.data_matrix(start, width=model.input_dim, like=weight, name="start")
    if len(start) != n:
        raise ValueError(f"got start with {len(start)} rows, expected n = {n}")
    return start


def _tell(watch: Watch | None, t: int, x: Tensor) -> None:
    if watch is not None:
        watch(t, x)
