"""The stack of linear layers and activations that encoders, decoders and classifiers are made of."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import nn

from course_lib import validation

_GLOBAL_STATE = threading.RLock()  # of torch's generator, which all threads share
_ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "sigmoid": nn.Sigmoid}


def mlp(widths: Sequence[int], activation: str = "relu") -> nn.Sequential:
    """Linear layers of the given widths with an activation between each two; none at the end.

    Biases start at 0 and weights at the variance that suits the activation. For "relu", "gelu" and "silu" it is He's
    2 / fan_in (He et al. 2015, equation 10); PyTorch's default is six times smaller and costs a deep autoencoder its
    first epochs. For "sigmoid" it is 2 / (fan_in + fan_out) (Glorot & Bengio 2010, equation 12).
    """
    validation.choice(activation, "activation", _ACTIVATIONS)
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out)
        if activation == "sigmoid":
            nn.init.xavier_normal_(linear.weight)
        else:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, _ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block under its own seed and leave torch's global random state as it was.

    Layers draw their first weights from the global state; inside this block a model depends on `seed` alone, and
    building one disturbs nothing else.
    """
    number = validation.seed(seed)
    with _GLOBAL_STATE, torch.random.fork_rng(devices=[]):
        torch.manual_seed(number)
        yield
