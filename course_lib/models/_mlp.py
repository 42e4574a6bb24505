"""The stack of linear layers and activations that encoders, decoders and classifiers are made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import nn

from course_lib import _validate

_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "sigmoid": nn.Sigmoid}


def mlp(widths: Sequence[int], activation: str = "relu") -> nn.Sequential:
    """Linear layers of the given widths with an activation between each two; none at the end.

    Biases start at 0, weights at variance 2 / fan_in (He et al. 2015, equation 10), PyTorch's default being six times
    smaller; for "sigmoid" at 2 / (fan_in + fan_out) (Glorot & Bengio 2010, equation 12).
    """
    layers: list[nn.Module] = []
    activate = _ACTIVATIONS[_validate.choice(activation, "activation", _ACTIVATIONS)]
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out)
        if activation == "sigmoid":
            nn.init.xavier_normal_(linear.weight)
        else:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, activate()]
    return nn.Sequential(*layers[:-1])
