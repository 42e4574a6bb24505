"""Convolutional decoders that travel: two bytes a weight, or one, for the page to run."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_lib import _validate

_ACTIVATIONS = {nn.ReLU: "relu", nn.GELU: "gelu", nn.Sigmoid: "sigmoid"}
_NUMBERS = {"float16": "<f2", "int8": "<i1"}
_EXPECTED = (
    "Linear layers at the beginning (an Unflatten behind the last), Conv2d and ConvTranspose2d without groups, "
    "dilation or output padding, Upsample(mode='nearest'), and ReLU, GELU or Sigmoid after any of them"
)


def pack_convolutions(decoder: nn.Sequential, inputs: Tensor, *, number: str = "float16", sigmoid: bool = True) -> dict:
    """A convolutional decoder, as `js/core/convolution.mjs` reads it.

    Parameters
    ----------
    decoder : nn.Sequential
        Of Linear layers, at the beginning and with an Unflatten behind the last; of Conv2d, ConvTranspose2d and
        nearest upsampling; each may be followed by a ReLU, GELU or Sigmoid.
    inputs : Tensor
        What will be decoded, such as codes of test images, shape (n, c, h, w), or (n, d) before a Linear layer: the
        shape is read off it, and the error measured on it.
    number : {"float16", "int8"}
        What a weight becomes; with "int8" each output channel has a scale of its own.
    sigmoid : bool
        Whether the page applies a sigmoid at the end: for a decoder that gives logits.

    Returns
    -------
    dict
        `shape` [h, w, c] of what goes in, `layers`, `number`, `weights` (bytes, little-endian) as described in
        `js/core/convolution.mjs`, and `error` [worst, mean]: how far the output is from the decoder's over the inputs.

    Raises
    ------
    TypeError
        If the decoder has a layer that the page cannot run.
    ValueError
        If `number` is unknown.
    """
    _validate.choice(number, "number", _NUMBERS)
    rounded = rounded_convolutions(decoder, number=number)
    finish = torch.sigmoid if sigmoid else nn.Identity()
    with torch.no_grad():
        errors = (finish(rounded(inputs)) - finish(decoder(inputs))).abs()
    shape = [1, 1, inputs.shape[1]] if inputs.ndim == 2 else [*inputs.shape[2:], inputs.shape[1]]
    layers, pieces = [], []
    for step in _steps(decoder):
        layers.append(_describe(step, layers[-1]["outputs"] if layers else shape[2]))
        if step.kernel is not None:
            scale, numbers = _round(step.kernel, number)
            parts = ((scale, "<f4"), (step.bias, "<f4"), (numbers, _NUMBERS[number]))
            pieces += [values.numpy().astype(kind).tobytes() for values, kind in parts]
    if sigmoid:
        layers[-1]["activation"] = "sigmoid"
    error = [errors.max().item(), errors.mean().item()]
    return {"shape": shape, "layers": layers, "number": number, "weights": b"".join(pieces), "error": error}


def rounded_convolutions(decoder: nn.Sequential, *, number: str = "float16") -> nn.Sequential:
    """A copy of the decoder with the weights that `pack_convolutions` ships: what the page computes with."""
    copy = deepcopy(decoder).eval()
    for step in _steps(copy):
        if step.kernel is not None:
            scale, numbers = _round(step.kernel, number)
            step.kernel.copy_(scale * numbers)  # a view of the copy's weights
    return copy


class _Step(NamedTuple):
    """A layer, its weights as (kernel row, column, input, output) its biases pixel by pixel, and what follows it."""

    layer: nn.Module
    kernel: Tensor | None
    bias: Tensor | None
    activation: str


def _steps(decoder: nn.Sequential) -> list[_Step]:
    modules = list(decoder)
    steps = []
    while modules:
        layer, unflatten, activation = modules.pop(0), None, "none"
        while modules and isinstance(modules[0], nn.Unflatten | nn.ReLU | nn.GELU | nn.Sigmoid):
            follower = modules.pop(0)
            if isinstance(follower, nn.Unflatten):
                unflatten = follower
            else:
                activation = _ACTIVATIONS[type(follower)]
        steps.append(_Step(layer, *_weights(layer, unflatten), activation))
    return steps


def _weights(layer: nn.Module, unflatten: nn.Unflatten | None) -> tuple[Tensor | None, Tensor | None]:
    if isinstance(layer, nn.Linear):
        # On a picture of one pixel a Linear layer is a transposed convolution whose kernel is the grid it fills.
        shape = (layer.out_features, 1, 1) if unflatten is None else tuple(unflatten.unflattened_size)
        kernel = layer.weight.detach().reshape(*shape, layer.in_features).permute(1, 2, 3, 0)
        return kernel, _bias(layer).reshape(shape).permute(1, 2, 0).flatten()
    if unflatten is None and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and _is_plain(layer):
        order = (2, 3, 1, 0) if isinstance(layer, nn.Conv2d) else (2, 3, 0, 1)
        return layer.weight.detach().permute(order), _bias(layer)
    if unflatten is None and isinstance(layer, nn.Upsample) and layer.mode == "nearest" and layer.scale_factor:
        return None, None
    raise TypeError(f"got a decoder with {layer}, expected {_EXPECTED}")


def _is_plain(layer: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    same_both_ways = len(set(layer.stride)) == len(set(layer.padding)) == 1
    extras = (layer.groups - 1, *(one - 1 for one in layer.dilation), *layer.output_padding)
    return same_both_ways and not any(extras) and layer.padding_mode == "zeros"


def _bias(layer: nn.Module) -> Tensor:
    outputs = layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels
    return torch.zeros(outputs) if layer.bias is None else layer.bias.detach()


def _describe(step: _Step, channels: int) -> dict:
    layer, kernel, bias, activation = step
    if kernel is None:
        described = {"kind": "nearest", "inputs": channels, "outputs": channels, "stride": int(layer.scale_factor)}
        return described | {"activation": activation}
    height, width, inputs, outputs = kernel.shape
    described = {"inputs": inputs, "outputs": outputs, "kernel": [height, width], "biases": len(bias)}
    if isinstance(layer, nn.Linear):
        place = {"kind": "transposed", "stride": 1, "padding": 0}
    else:
        kind = "convolution" if isinstance(layer, nn.Conv2d) else "transposed"
        place = {"kind": kind, "stride": layer.stride[0], "padding": layer.padding[0]}
    return place | described | {"activation": activation}


def _round(kernel: Tensor, number: str) -> tuple[Tensor, Tensor]:
    """Scales (outputs,) and numbers (kh, kw, inputs, outputs) whose products are the rounded weights."""
    largest = kernel.abs().amax(dim=(0, 1, 2))
    scale = torch.where(largest > 0, largest, torch.ones_like(largest))  # an output without weights stays one
    if number == "int8":
        scale = scale / 127
        return scale, (kernel / scale).round().contiguous()
    return scale, (kernel / scale).half().float().contiguous()
