"""What is measured about codes themselves: what each dimension costs and does, which subspace they span."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_lib import _validate
from course_lib.distributions import Gaussian
from course_lib.metrics._blocks import split


def kl_per_dimension(vae, x: Tensor) -> Tensor:
    """KL(q(z_j | x) ‖ N(0, 1)) of each latent dimension, averaged over examples: shape (d,), nats, at least 0.

    The sum over dimensions is the KL of the ELBO. A dimension near 0 has collapsed onto the prior.
    """
    x = _validate.data_matrix(x)
    with torch.no_grad():
        total = sum(vae.encode(block).kl_per_dimension().sum(dim=0) for block in split(x))
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
    if not 0 <= threshold < math.inf:
        raise ValueError(f"got threshold = {threshold}, expected a finite number of at least 0")
    means = encode_dataset(vae, x)
    if len(means) < 2:
        raise ValueError(f"got x with {len(means)} example, expected at least 2: one alone has no variance")
    return int((means.var(dim=0) > threshold).sum())


def encode_dataset(model, x: Tensor) -> Tensor:
    """Codes of all examples, shape (n, d): `encode(x)`, or its mean for a model that encodes to a Gaussian."""
    x = _validate.data_matrix(x)
    with torch.no_grad():
        answers = [model.encode(block) for block in split(x)]
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

    Raises
    ------
    ValueError
        If the rows of one are dependent, or the shapes differ.

    References
    ----------
    Björck & Golub (1973); the sines, which are exact for small angles, as in Knyazev & Argentati (2002).
    """
    _validate.same_shape(a, b, ("a", "b"))
    for matrix, name in ((a, "a"), (b, "b")):
        rank = int(torch.linalg.matrix_rank(matrix.detach().double(), rtol=1e-6))
        if rank < len(matrix):
            raise ValueError(f"got {len(matrix)} rows of {name} that span {rank} dimensions, expected independent rows")
    basis_a, basis_b = (torch.linalg.qr(m.detach().double().T)[0] for m in (a, b))
    sines = torch.linalg.svdvals(basis_b - basis_a @ (basis_a.T @ basis_b))
    return torch.rad2deg(torch.asin(sines.clamp(max=1.0))).flip(0)
