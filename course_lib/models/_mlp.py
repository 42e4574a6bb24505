"""The stack of linear layers and ReLUs that encoders and decoders are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
from torch import nn


def mlp(widths: Sequence[int]) -> nn.Sequential:
    """Linear layers of the given widths with a ReLU between each two; no activation at the end.

    Weights start at He's variance 2 / fan_in and biases at 0. PyTorch's default is six times smaller and costs a
    deep autoencoder its first epochs (He et al. 2015, equation 10).
    """
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out)
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Run a block under its own seed and leave torch's global random state as it was.

    Layers draw their first weights from the global state; inside this block a model depends on `seed` alone, and
    building one disturbs nothing else.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
