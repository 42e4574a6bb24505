"""What is measured about a model: no gradients, every seed explicit, blocks instead of one large batch."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import losses, validation
from course_lib.distributions import Gaussian

_BLOCK = 2000


class Estimate(NamedTuple):
    """A mean over examples and its standard error over examples."""

    mean: float
    standard_error: float

    def __repr__(self) -> str:
        return f"{self.mean:.3f} ± {self.standard_error:.3f}"


class BoundEstimate(NamedTuple):
    """Mean over examples of the ELBO and of its two terms, in nats; `elbo = reconstruction − kl`."""

    elbo: float
    reconstruction: float
    kl: float
    standard_error: float

    def __repr__(self) -> str:
        terms = f"reconstruction {self.reconstruction:.2f}, kl {self.kl:.2f}"
        return f"elbo {self.elbo:.2f} ± {self.standard_error:.2f} ({terms}) nats"


def reconstruction_error(model, x: Tensor) -> Estimate:
    """Squared error of `model.reconstruct(x)`, summed over pixels, averaged over examples.

    Parameters
    ----------
    model : any model of the course
        A VAE reconstructs through its mean code.
    x : Tensor
        Float, shape (n, D).

    Returns
    -------
    Estimate
        `.mean` at least 0 (divided by D it is the per-pixel MSE) and `.standard_error`. Hinton & Salakhutdinov (2006)
        report this number.
    """
    x = validation.data_matrix(x)
    with torch.no_grad():
        errors = torch.cat([losses.squared_error(block, model.reconstruct(block)) for block in x.split(_BLOCK)])
    return _estimate(errors)


def elbo(vae, x: Tensor, *, samples: int = 1, seed: int = 0) -> BoundEstimate:
    """Evidence lower bound on x, averaged over examples and over `samples` codes each.

    Parameters
    ----------
    vae : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D).
    samples : int
        Codes drawn per example, at least 1; more of them make the estimate less noisy, not tighter.
    seed : int
        Of the codes.

    Returns
    -------
    BoundEstimate
        Nats; the standard error is over examples.
    """
    x, samples = validation.data_matrix(x), validation.positive_int(samples, "samples")
    generator = torch.Generator().manual_seed(seed)
    bounds, reconstructions, kls = [], [], []
    with torch.no_grad():
        for block in x.split(_BLOCK):
            draws = [losses.elbo(vae, block, generator=generator) for _ in range(samples)]
            reconstruction = torch.stack([draw.reconstruction for draw in draws]).mean(dim=0)
            bounds.append(reconstruction - draws[0].kl)
            reconstructions.append(reconstruction)
            kls.append(draws[0].kl)
    bound = _estimate(torch.cat(bounds))
    return BoundEstimate(
        bound.mean, _estimate(torch.cat(reconstructions)).mean, _estimate(torch.cat(kls)).mean, bound.standard_error
    )


def kl_per_dimension(vae, x: Tensor) -> Tensor:
    """KL(q(z_j | x) ‖ N(0, 1)) of each latent dimension, averaged over examples: shape (d,), nats, at least 0.

    The sum over dimensions is the KL of the ELBO. A dimension near 0 has collapsed onto the prior.
    """
    x = validation.data_matrix(x)
    with torch.no_grad():
        total = sum(vae.encode(block).kl_per_dimension().sum(dim=0) for block in x.split(_BLOCK))
    return total / len(x)


def active_units(vae, x: Tensor, threshold: float = 0.01) -> int:
    """Number of latent dimensions whose mean code moves with x: Var_x(μ_j) > threshold.

    Parameters
    ----------
    vae : VAE or LinearVAE
    x : Tensor
        Float, shape (n, D), n ≥ 2.
    threshold : float
        The customary 0.01.

    Returns
    -------
    int
        Between 0 and d.

    References
    ----------
    Burda, Grosse & Salakhutdinov (2016), section 5.
    """
    means = codes(vae, x)
    if len(means) < 2:
        raise ValueError(f"got x with {len(means)} example, expected at least 2: one alone has no variance")
    return int((means.var(dim=0) > threshold).sum())


def codes(model, x: Tensor) -> Tensor:
    """Codes of all examples, shape (n, d): `encode(x)`, or its mean for a model that encodes to a Gaussian."""
    x = validation.data_matrix(x)
    with torch.no_grad():
        answers = [model.encode(block) for block in x.split(_BLOCK)]
    return torch.cat([answer.mean if isinstance(answer, Gaussian) else answer for answer in answers])


def principal_angles(a: Tensor, b: Tensor) -> Tensor:
    """Angles between the subspaces that the rows of two matrices span.

    Parameters
    ----------
    a, b : Tensor
        Float, shape (d, D), independent rows; any bases.

    Returns
    -------
    Tensor
        Shape (d,), degrees, rising, each from 0 to 90; all 0 if and only if the subspaces agree.

    References
    ----------
    Björck & Golub (1973); the sines, which are exact for small angles, as in Knyazev & Argentati (2002).
    """
    validation.same_shape(a, b, ("a", "b"))
    basis_a, basis_b = (torch.linalg.qr(m.detach().double().T)[0] for m in (a, b))
    sines = torch.linalg.svdvals(basis_b - basis_a @ (basis_a.T @ basis_b))
    return torch.rad2deg(torch.asin(sines.clamp(max=1.0))).flip(0)


def _estimate(values: Tensor) -> Estimate:
    values = values.double()
    spread = float(values.std()) if len(values) > 1 else math.nan
    return Estimate(float(values.mean()), spread / math.sqrt(len(values)))
