"""Decoders that travel: a trained decoder with one byte a weight, for the page to run."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

BLANK = 0.01  # a pixel that is never darker is paper: nobody sees a hundredth of the ink
DAMPING = 1e-3  # share of the mean squared activation, so that directions no code uses stay where they are


def pack_decoder(model, codes: Tensor | None = None) -> dict:
    """The decoder of a model, with one signed byte a weight and one scale a row.

    Parameters
    ----------
    model : Autoencoder or VAE
        Its decoder alternates `Linear` layers with one activation.
    codes : Tensor, optional
        Codes that will be decoded, shape (n, d): the rounding is made to suit them. The default is 4,096 draws from
        N(0, 1.5² I).

    Returns
    -------
    dict
        `widths` (list of int, from the code to the pixels), `activation` ("relu", "gelu" or "sigmoid") and `weights`
        (bytes, little-endian): for each layer its scales and its biases (float32, one for each output), then its
        weights row by row, float32 in the first layer and int8 times the scale of the row in all others. A pixel that
        is blank for all the codes has weights of 0, which compress to nothing, and its mean as its bias. `error` is
        [worst, mean]: how far the pixels are from the model's over the codes, in [0, 1].

    Raises
    ------
    TypeError
        If the model has no such decoder.
    """
    codes = _usual_codes(model) if codes is None else codes
    first, *others = rounded = _rounded(model, codes)
    with torch.no_grad():
        errors = (_with(model, rounded).decode(codes) - model.decode(codes)).abs()
    widths = [first.layer.in_features, *(one.layer.out_features for one in (first, *others))]
    packed = b"".join(one.bytes("<f4" if one is first else "<i1") for one in (first, *others))
    error = [errors.max().item(), errors.mean().item()]
    return {"widths": widths, "activation": model.config["activation"], "weights": packed, "error": error}


def quantised(model, codes: Tensor | None = None):
    """A copy of a model whose decoder has the weights that `pack_decoder` ships: what the page computes with.

    Returns
    -------
    module
        Same class; its decoder has the rounded weights and blank pixels, everything else equals the original's.
    """
    return _with(model, _rounded(model, _usual_codes(model) if codes is None else codes))


def worst_pixel_error(model, z: Tensor, codes: Tensor | None = None) -> float:
    """How far the page's pixels are from the model's at worst over the codes z: a share of full ink, in [0, 1].

    Parameters
    ----------
    model : Autoencoder or VAE
    z : Tensor
        Codes to try, shape (n, d).
    codes : Tensor, optional
        As in `pack_decoder`.
    """
    with torch.no_grad():
        return (quantised(model, codes).decode(z) - model.decode(z)).abs().max().item()


@dataclass
class _Rounded:
    """A layer as it is shipped: weight = scale of its row × its number, an integer in all layers but the first."""

    layer: nn.Linear
    bias: Tensor
    scale: Tensor
    numbers: Tensor

    def bytes(self, dtype: str) -> bytes:
        parts = ((self.scale, "<f4"), (self.bias, "<f4"), (self.numbers, dtype))
        return b"".join(values.numpy().astype(kind).tobytes() for values, kind in parts)


def _layers(model) -> nn.Sequential:
    decoder = getattr(model, "decoder", None)
    if not isinstance(decoder, nn.Sequential) or not all(isinstance(layer, nn.Linear) for layer in decoder[::2]):
        raise TypeError(f"got {type(model).__name__}, expected an Autoencoder or a VAE: a decoder of Linear layers")
    return decoder


def _usual_codes(model) -> Tensor:
    return 1.5 * torch.randn(4096, _layers(model)[0].in_features, generator=torch.Generator().manual_seed(0))


def _with(model, rounded: list[_Rounded]):
    copy = deepcopy(model)
    with torch.no_grad():
        for layer, one in zip(copy.decoder[::2], rounded, strict=True):
            layer.weight.copy_(one.scale[:, None] * one.numbers)
            layer.bias.copy_(one.bias)
    return copy.eval()


def _rounded(model, codes: Tensor) -> list[_Rounded]:
    layers = _layers(model)
    first = layers[0]
    rounded = [
        _Rounded(first, first.bias.detach().clone(), torch.ones(first.out_features), first.weight.detach().clone())
    ]
    with torch.no_grad():
        inputs = layers[:2](codes)
        for i in range(2, len(layers), 2):
            rounded.append(_Rounded(layers[i], layers[i].bias.clone(), *_round_weights(layers[i].weight, inputs)))
            inputs = layers[i : i + 2](inputs)  # after the last layer: the logits of the pixels
    blank = torch.sigmoid(inputs).amax(dim=0) < BLANK
    rounded[-1].bias[blank] = inputs.mean(dim=0)[blank]
    rounded[-1].numbers[blank] = 0
    return rounded


def _round_weights(weight: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Round column after column; what each rounding does to the outputs, the columns still to come make good.

    The method of Frantar et al., GPTQ (2023), equations 2 and 3: with the plain nearest integer the worst pixel of the
    course's 2-D autoencoder is off by 0.4, with this by 0.05.
    """
    weight, inputs = weight.detach().double().clone(), inputs.double()
    largest = weight.abs().amax(dim=1)
    scale = torch.where(largest > 0, largest / 127, torch.ones_like(largest))  # a row of zeros stays one
    second_moment = inputs.T @ inputs / len(inputs)
    damped = second_moment + (DAMPING * second_moment.diagonal().mean() + 1e-12) * torch.eye(len(second_moment))
    factor = torch.linalg.cholesky(torch.linalg.inv(damped), upper=True)
    integers = torch.zeros_like(weight)
    for i in range(weight.shape[1]):
        integers[:, i] = (weight[:, i] / scale).round().clamp(-128, 127)
        error = (weight[:, i] - scale * integers[:, i]) / factor[i, i]
        weight[:, i + 1 :] -= error[:, None] * factor[i, i + 1 :]
    return scale.float(), integers.float()


def pack_numbers(values: Tensor, low: Tensor, high: Tensor) -> bytes:
    """Numbers as 16-bit fractions of an interval: little-endian, 0 is `low`, 65 535 is `high`; the rest is cut off.

    Parameters
    ----------
    values : Tensor
        Shape (n, d); written row by row.
    low, high : Tensor
        Shape (d,): the interval of each column. A number is off by at most (high − low) / 131 070.
    """
    fractions = ((values.detach().double() - low) / (high - low)).clamp(0, 1)
    return (fractions * 65535).round().numpy().astype("<u2").tobytes()
