"""Networks that look at something noisy and at the time, and answer in the shape of what they saw.

`Diffusion` says what the answer means. The time arrives as waves of many lengths, since a network that gets one number
between 1 and 1000 is slow to tell neighbouring times apart.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.models._mlp import mlp

TIME_FEATURES = 32


def time_features(t: Tensor, width: int = TIME_FEATURES) -> Tensor:
    """Sines and cosines of t: (n,) → (n, width), with frequencies that fall geometrically from 1 to 1/10 000.

    References
    ----------
    Vaswani et al. (2017), section 3.5; Ho, Jain & Abbeel (2020), appendix B.
    """
    half = width // 2
    frequencies = torch.exp(-math.log(10_000) * torch.arange(half, device=t.device) / (half - 1))
    angle = t[:, None].float() * frequencies
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def _silence(layer: nn.Module) -> None:
    """Let a layer answer 0, whatever it is given: what stands after it learns first."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


class MLPDenoiser(nn.Module):
    """Fully connected, for points and latent codes: [x_t, features of t] → `depth` hidden layers → (n, D).

    The last layer starts at 0, so that before training the answer is 0 everywhere.
    """

    def __init__(self, input_dim: int, *, width: int = 128, depth: int = 3):
        super().__init__()
        self.network = mlp([input_dim + TIME_FEATURES, *[width] * depth, input_dim], "silu")
        _silence(self.network[-1])

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """(n, D) and (n,) → (n, D)."""
        return self.network(torch.cat([x_t, time_features(t).to(x_t)], dim=1))


class ConvDenoiser(nn.Module):
    """A small U-Net for square pictures: (n, side²) → (n, side²), `side` divisible by 4.

    The picture is folded to half its side with four channels, which costs no information and three quarters of the
    work; one more halving in the middle lets distant strokes see each other, and what was known before it is handed
    over to the way up.

    Parameters
    ----------
    input_dim : int
        Number of pixels.
    width : int
        Channels at half the side; twice as many in the middle.
    depth : int
        Residual blocks in the middle.

    References
    ----------
    Ronneberger, Fischer & Brox (2015), figure 1; Ho, Jain & Abbeel (2020), appendix B.
    """

    def __init__(self, input_dim: int, *, width: int = 48, depth: int = 1):
        super().__init__()
        self.side = math.isqrt(input_dim)
        if self.side**2 != input_dim or self.side % 4 or width % 8:
            raise ValueError(
                f"got {input_dim} pixels and a width of {width}, expected a square picture with a side divisible by 4, "
                "such as 784 = 28², and a width divisible by 8: channels are normalised in groups"
            )
        times = 2 * width
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, times), nn.SiLU(), nn.Linear(times, times), nn.SiLU())
        self.into = nn.Conv2d(4, width, 3, padding=1)
        self.down = _Block(width, width, times)
        self.shrink = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.middle = nn.ModuleList(_Block(2 * width, 2 * width, times) for _ in range(depth))
        self.grow = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.up = _Block(2 * width, width, times)
        self.out = _convolution(width, 4)
        _silence(self.out[-1])

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """(n, side²) and (n,) → (n, side²)."""
        time = self.time(time_features(t).to(x_t))
        folded = F.pixel_unshuffle(x_t.reshape(-1, 1, self.side, self.side), 2)  # (n, 4, side/2, side/2)
        # With the channels last in memory a step of training takes a tenth less.
        before = self.down(self.into(folded.contiguous(memory_format=torch.channels_last)), time)
        h = self.shrink(before)  # (n, 2 width, side/4, side/4)
        for block in self.middle:
            h = block(h, time)
        h = self.up(torch.cat([self.grow(h), before], dim=1), time)
        return F.pixel_shuffle(self.out(h), 2).flatten(1)


class _Block(nn.Module):
    """Two convolutions beside a short cut; the time shifts the channels in between."""

    def __init__(self, channels: int, out_channels: int, times: int):
        super().__init__()
        self.first = _convolution(channels, out_channels)
        self.shift = nn.Linear(times, out_channels)
        self.second = _convolution(out_channels, out_channels)
        self.short = nn.Identity() if channels == out_channels else nn.Conv2d(channels, out_channels, 1)
        _silence(self.second[-1])

    def forward(self, h: Tensor, time: Tensor) -> Tensor:
        return self.short(h) + self.second(self.first(h) + self.shift(time)[:, :, None, None])


def _convolution(channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.GroupNorm(8, channels), nn.SiLU(), nn.Conv2d(channels, out_channels, 3, padding=1))


DENOISERS = {"mlp": MLPDenoiser, "conv": ConvDenoiser}
