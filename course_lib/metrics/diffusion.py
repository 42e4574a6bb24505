"""What a diffusion's bound consists of, step by step: nats paid, and how well the picture is known by then."""

from __future__ import annotations

from typing import NamedTuple

import torch
from sklearn.isotonic import isotonic_regression
from torch import Tensor

from course_lib import _validate, losses

_SIZE = 500  # pictures at once: a U-Net keeps a few hundred numbers for each pixel


class DiffusionBound(NamedTuple):
    """−ELBO of a diffusion, mean over examples, term by term, in nats.

    Attributes
    ----------
    terms : Tensor
        L_0, L_1, …, L_T, float64, shape (T + 1,).
    squared_error : Tensor
        ‖x_0 − x̂_0(x_t)‖² at t = 0, …, T, summed over dimensions, in the units of the data; shape (T + 1,), 0 at t = 0.
    standard_error : float
        Of `total`, over the choice of examples and the noise.
    """

    terms: Tensor
    squared_error: Tensor
    standard_error: float

    @property
    def total(self) -> float:
        """The negative bound itself, equal to the sum of the terms."""
        return float(self.terms.sum())

    @property
    def rate(self) -> Tensor:
        """Nats that have been paid once x_t is known, L_T + … + L_t, shape (T + 1,); entry 0 equals `total`.

        With `squared_error` at the same t it is a point of a rate–distortion curve (Ho, Jain & Abbeel 2020, section
        4.3).
        """
        return self.terms.flip(0).cumsum(dim=0).flip(0)

    @property
    def error_curve(self) -> Tensor:
        """`squared_error` without what chance makes of few examples: the nearest values that never fall with t.

        In expectation the error of the best guess does not fall with more noise (isotonic regression; Barlow et al.
        1972).
        """
        return torch.from_numpy(isotonic_regression(self.squared_error.numpy()))

    def rate_at(self, squared_error: float) -> float:
        """Nats until the error of x̂_0, by `error_curve`, falls to `squared_error`, interpolated between steps.

        Raises
        ------
        ValueError
            If no step reaches it.
        """
        curve = self.error_curve
        after = int((curve <= squared_error).sum()) - 1  # going down from T, the first time that is good enough
        if after < 1:
            raise ValueError(
                f"got squared_error = {squared_error}, expected at least {float(curve[1]):.3g}, that of x̂_0 at t = 1"
            )
        if after == len(self.terms) - 1:
            return float(self.rate[after])
        high, low = float(curve[after + 1]), float(curve[after])
        share = (high - squared_error) / (high - low)
        return float(self.rate[after + 1] + share * (self.rate[after] - self.rate[after + 1]))

    def __repr__(self) -> str:
        return f"−elbo {self.total:.2f} ± {self.standard_error:.2f} nats ({len(self.terms) - 1} steps)"


def diffusion_bound(model, x: Tensor, *, rounds: int = 1, seed: int = 0) -> DiffusionBound:
    """−ELBO on x, every step of it, from different examples for different steps.

    Parameters
    ----------
    model : Diffusion
    x : Tensor
        Data, float, shape (n, D).
    rounds : int
        How often every example is used for one of the steps; n · rounds must be at least 2 T, so that each step
        is seen twice.
    seed : int
        Of the noise and of who meets which step.

    Returns
    -------
    DiffusionBound
        L_T and L_0 are averages over all examples, L_{t−1} over those that met step t.

    Raises
    ------
    ValueError
        If there are too few examples for the steps.
    """
    x, rounds = _validate.data_matrix(x), _validate.positive_int(rounds, "rounds")
    steps, total = model.schedule.steps, len(x) * rounds
    if total < 2 * steps:
        raise ValueError(f"got {total} examples for {steps} steps, expected at least {2 * steps}; use more rounds")
    generator = _validate.generator(seed)
    rows = torch.cat([torch.randperm(len(x), generator=generator) for _ in range(rounds)])
    times = torch.arange(total) % steps + 1
    kl, error = torch.zeros(total, dtype=torch.float64), torch.zeros(total, dtype=torch.float64)
    with torch.no_grad():
        first, last = [], []
        for block in x.split(_SIZE):
            first.append(losses.decoder_nll(model, block, generator=generator).double())
            last.append(losses.prior_kl(model, block).double())
        for places in torch.arange(total).split(_SIZE):
            kl[places], error[places] = _at_times(model, x[rows[places]], times[places], generator)
    visits = torch.bincount(times, minlength=steps + 1).double()
    means = _by_time(kl, times, visits)
    terms = torch.zeros(steps + 1, dtype=torch.float64)
    terms[1:steps] = means[2:]
    first, last = torch.cat(first), torch.cat(last)
    terms[0], terms[steps] = first.mean(), last.mean()
    # A hard example is hard at every step that it meets, so that its deviations are added up before they are squared.
    seen = visits[times]
    off = (first + last - terms[0] - terms[steps]) / len(x)
    off.index_add_(0, rows, (kl - means[times]) / (seen * (seen - 1)).sqrt())
    return DiffusionBound(terms, _by_time(error, times, visits), float(off.square().sum().sqrt()))


def _at_times(model, x: Tensor, t: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """L_{t−1} (0 at t = 1, whose term is L_0) and the error of x̂_0 in data units, from one draw of x_t."""
    signal = model.to_signal(x)
    x_t = model.schedule.marginal(signal, t).sample(generator)
    error = losses.squared_error(x, model.from_signal(model.predict_start(x_t, t)))
    kl = torch.zeros(len(x), dtype=torch.float64)
    later = t > 1
    if later.any():
        kl[later] = losses.reverse_kl(model, signal[later], x_t[later], t[later]).double()
    return kl, error.double()


def _by_time(values: Tensor, times: Tensor, visits: Tensor) -> Tensor:
    """Mean of the values of each time; entry 0 is 0."""
    return torch.zeros_like(visits).index_add_(0, times, values) / visits.clamp(min=1)
