"""What a model with discrete codes minimises, and what the prior over its codes does."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.losses.evidence import bernoulli_log_likelihood


def vector_quantisation_terms(
    model, x: Tensor, *, generator: torch.Generator | None = None, beta: float = 0.25
) -> dict[str, Tensor]:
    """Terms of a VQ-VAE. The codebook moves afterwards, in the training step: `VQVAE.after_step`.

    Parameters
    ----------
    model : VQVAE
    x : Tensor
        Float, shape (n, D).
    generator : torch.Generator, optional
        Accepted because every objective takes one; nothing here is random.
    beta : float
        Weight β of the commitment, at least 0.

    Returns
    -------
    dict of Tensor
        `loss`, `reconstruction` and `distance`, each of shape (n,). The reconstruction is log p(x | z_q) in nats; the
        distance is Σ ‖z_e − z_q‖² over the cells. The loss is −reconstruction + Σ ‖sg[z_e] − z_q‖² +
        β Σ ‖z_e − sg[z_q]‖², where sg stops the gradient: in value −reconstruction + (1 + β) · distance. For a
        codebook of averages the term in the middle has no gradient and is left out. There is no rate in it.

    Raises
    ------
    ValueError
        If `beta` is negative.

    References
    ----------
    van den Oord, Vinyals & Kavukcuoglu (2017), equation 3.
    """
    if not beta >= 0:
        raise ValueError(f"got beta = {beta!r}, expected a weight of the commitment of at least 0")
    z_e, quantised = model.quantise(x)
    reconstruction = bernoulli_log_likelihood(x, model.logits_of(quantised.straight_through))
    commitment = _summed(z_e - quantised.quantized.detach())
    loss = beta * commitment - reconstruction
    if model.quantiser.learning == "gradient":
        loss = loss + _summed(z_e.detach() - quantised.quantized)
    return {"loss": loss, "reconstruction": reconstruction, "distance": commitment}


def code_likelihood_terms(model, indices: Tensor, *, generator: torch.Generator | None = None) -> dict[str, Tensor]:
    """Terms of a prior over grids of code words, int64 (n, s, s): `loss`, minus log p(k), shape (n,), nats.

    `generator` is accepted because every objective takes one; nothing here is random.
    """
    return {"loss": -model.log_prob(indices)}


def _summed(difference: Tensor) -> Tensor:
    return difference.square().flatten(1).sum(dim=1)
