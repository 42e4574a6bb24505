"""Collects what the functions of the exercise tested-sampling-line return: a verdict on each of several samplers."""

from __future__ import annotations

import torch

from exercises._collector import Collector

TRAITS = ("exponent", "shared", "frozen", "mean_detached", "std_detached")


def sampler(seed, exponent, shared, frozen, mean_detached, std_detached):
    """A function that draws z for (mean, logvar), with noise of its own.

    Its σ is exp(exponent · logvar); its noise is one for all along the axis `shared`, unless that is −1, and the same
    in each call where it is frozen; what is detached passes no gradient on.
    """
    random, kept = torch.Generator().manual_seed(seed), {}

    def noise(shape, dtype):
        if shape in kept:
            return kept[shape]
        drawn = torch.randn(shape, generator=random, dtype=dtype)
        if shared >= 0:
            drawn = drawn.select(int(shared), 0).unsqueeze(int(shared)).expand(shape)
        if frozen:
            kept[shape] = drawn
        return drawn

    def sample(mean, logvar):
        std = torch.exp(exponent * logvar)
        mean, std = mean.detach() if mean_detached else mean, std.detach() if std_detached else std
        return mean + std * noise(mean.shape, mean.dtype)

    return sample


def collect(answer, given):
    """Collect the verdicts."""
    suspects = zip(given["seed"].tolist(), *(given[trait].tolist() for trait in TRAITS), strict=True)
    return {"passed": torch.stack([torch.as_tensor(answer(sampler(*suspect))) for suspect in suspects])}


COLLECTORS = (
    Collector("gradient", "reaches_encoder", collect),
    Collector("noise", "fresh_noise", collect),
    Collector("width", "right_width", collect),
)
