"""Judges the exercise tested-sampling-line: tests written by the learner, tried on samplers with and without a bug."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.checks._compare import explain
from course_lib.checks._part import Part

ANSWERS = ("reaches_encoder", "fresh_noise", "right_width")


WIDTHS = {"the variance for σ": 1.0, "the ½ twice": 0.25, "noise without width": 0.0}  # σ = exp(this · logvar)
SHARED = {"one noise for all images": 0, "one noise for all coordinates": 1}  # along which axis


class Sampler:
    """Draws z for (mean, logvar), right or with the bug it is named after; its noise is its own."""

    def __init__(self, kind, seed):
        self.kind, self.random, self.frozen = kind, torch.Generator().manual_seed(seed), {}

    def noise(self, shape, dtype):
        """Draws from N(0, 1), or what the bug makes of them."""
        if shape in self.frozen:
            return self.frozen[shape]
        drawn = torch.randn(shape, generator=self.random, dtype=dtype)
        if self.kind in SHARED:
            drawn = drawn.select(SHARED[self.kind], 0).unsqueeze(SHARED[self.kind]).expand(shape)
        if self.kind == "frozen noise":
            self.frozen[shape] = drawn
        return drawn

    def __call__(self, mean, logvar):
        """Codes of the shape of mean."""
        std = torch.exp(WIDTHS.get(self.kind, 0.5) * logvar)
        if self.kind in ("mean detached", "both detached"):
            mean = mean.detach()
        if self.kind in ("width detached", "both detached"):
            std = std.detach()
        return mean + std * self.noise(mean.shape, mean.dtype)


SOUND = ("right", "right again")
SUSPECTS = {  # part → (bugs that its test must let pass, bugs that it must find)
    "gradient": (("frozen noise", "the ½ twice"), ("both detached", "mean detached", "width detached")),
    "noise": (("the variance for σ", "both detached"), ("frozen noise", *SHARED)),
    "width": (("both detached", "width detached"), tuple(WIDTHS)),
}


def kinds(part, order):
    """The suspects of a part in the order of a permutation."""
    innocent, guilty = SUSPECTS[part]
    suspects = (*SOUND, *innocent, *guilty)
    return [suspects[index] for index in order]


def trial(part, answer):
    """The part that tries one of the learner's tests on all its suspects."""
    size = len(SOUND) + sum(map(len, SUSPECTS[part]))

    def draw(rng):
        return {"order": rng.permutation(size), "seed": rng.integers(2**31, size=size)}

    def collect(answers, given):
        samplers = [Sampler(*one) for one in zip(kinds(part, given["order"]), given["seed"].tolist(), strict=True)]
        return {"passed": torch.stack([torch.as_tensor(getattr(answers, answer)(one)) for one in samplers])}

    def judge(given, got):
        suspects = kinds(part, given["order"])
        found = SUSPECTS[part][1]
        passes = np.array([kind not in found for kind in suspects])
        otherwise = "a test returns True where all is well and False where it is not"
        if messages := explain(got, "passed", np.full(len(passes), 0.5), atol=0.5, rtol=0, otherwise=otherwise):
            return messages
        passed = np.asarray(got["passed"], dtype=np.float64) > 0.5
        if np.array_equal(passed, ~passes):
            return ["the other way round: True where all is well, False where it is not"]
        missed = sorted({kind for kind, right, was in zip(suspects, passes, passed, strict=True) if was and not right})
        accused = sorted({kind for kind, right, was in zip(suspects, passes, passed, strict=True) if right and not was})
        texts = [f"it lets pass: {', '.join(missed)}"] * bool(missed)
        if {*accused} & {*SOUND}:
            texts.append("it accuses a sampler that is right: is a difference larger than chance makes it?")
        elif accused:
            texts.append(f"it accuses a sampler whose bug is another one ({', '.join(accused)})")
        return ["; ".join(texts)] if texts else []

    return Part(part, draw, collect, judge)


PARTS = (
    trial("gradient", "reaches_encoder"),
    trial("noise", "fresh_noise"),
    trial("width", "right_width"),
)
