"""What convolutional encoders and decoders are made of: a grid of a quarter of a picture's side, and first weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

from course_lib import _validate

FACTOR = 4  # two layers of stride 2


def grid_side(input_dim: int) -> int:
    """Cells along one side of the grid that a picture of `input_dim` pixels becomes: 7 for 784.

    Raises
    ------
    ValueError
        If the pixels make no square, or one whose side is no multiple of 4.
    """
    side = math.isqrt(_validate.positive_int(input_dim, "input_dim"))
    if side * side != input_dim or side % FACTOR:
        raise ValueError(f"got input_dim = {input_dim}, expected the pixels of a square whose side divides by {FACTOR}")
    return side // FACTOR


def two_widths(hidden: Sequence[int]) -> tuple[int, int]:
    """`hidden` as the two numbers of channels that these networks have, outside in."""
    widths = tuple(_validate.positive_int(width, "hidden") for width in hidden)
    if len(widths) != 2:
        raise ValueError(f"got hidden = {tuple(hidden)}, expected two numbers of channels, one for each halving")
    return widths


def grid_encoder(hidden: tuple[int, int], out_channels: int) -> nn.Sequential:
    """(n, 1, s, s) → (n, out_channels, s/4, s/4): two convolutions halve the side, a third mixes neighbouring cells."""
    first, second = hidden
    return he_initialised(
        nn.Conv2d(1, first, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(first, second, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(second, out_channels, 3, padding=1),
    )


def grid_decoder(in_channels: int, hidden: tuple[int, int]) -> nn.Sequential:
    """(n, in_channels, s/4, s/4) → logits (n, 1, s, s): the encoder's mirror image; transposed layers double."""
    first, second = hidden
    return he_initialised(
        nn.Conv2d(in_channels, second, 3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(second, first, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(first, 1, 4, stride=2, padding=1),
    )


def he_initialised(*layers: nn.Module) -> nn.Sequential:
    """The layers in a row, biases at 0, weights with He's variance of 2 / fan_in (He et al. 2015, equation 10).

    The fan-in of a transposed convolution is what arrives at one output: its kernel overlaps itself at a stride, so
    that only kernel / stride² of its weights meet there.
    """
    for layer in layers:
        if isinstance(layer, nn.Linear):
            fan_in = layer.in_features
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            fan_in = layer.in_channels * math.prod(layer.kernel_size)
            if isinstance(layer, nn.ConvTranspose2d):
                fan_in /= math.prod(layer.stride)
        else:
            continue
        nn.init.normal_(layer.weight, std=math.sqrt(2 / fan_in))
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)
