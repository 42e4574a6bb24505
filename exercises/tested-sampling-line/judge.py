"""Judges the exercise tested-sampling-line: tests written by the learner, tried on samplers with and without a bug."""

from __future__ import annotations

import numpy as np

from exercises._compare import explain
from exercises._part import Part

from .collect import TRAITS

RIGHT = {"exponent": 0.5, "shared": -1, "frozen": False, "mean_detached": False, "std_detached": False}
BUGS = {  # what is told of a bug → the traits that it changes
    "the variance for σ": {"exponent": 1.0},
    "the ½ twice": {"exponent": 0.25},
    "noise without width": {"exponent": 0.0},
    "one noise for all images": {"shared": 0},
    "one noise for all coordinates": {"shared": 1},
    "frozen noise": {"frozen": True},
    "mean detached": {"mean_detached": True},
    "width detached": {"std_detached": True},
    "both detached": {"mean_detached": True, "std_detached": True},
}
SUSPECTS = {  # part → (bugs that its test must let pass, bugs that it must find)
    "gradient": (("frozen noise", "the ½ twice"), ("both detached", "mean detached", "width detached")),
    "noise": (
        ("the variance for σ", "both detached"),
        ("frozen noise", "one noise for all images", "one noise for all coordinates"),
    ),
    "width": (("both detached", "width detached"), ("the variance for σ", "the ½ twice", "noise without width")),
}


def traits(bug):
    """The traits of a sampler with that bug; of a right one for ""."""
    return RIGHT | BUGS.get(bug, {})


def bugs(given):
    """The bug of each suspect, "" for none: found by its traits."""
    rows = zip(*(given[trait] for trait in TRAITS), strict=True)
    known = {tuple(traits(bug)[trait] for trait in TRAITS): bug for bug in ("", *BUGS)}
    return [known[row] for row in rows]


def trial(part):
    """The part that tries one of the learner's tests on all its suspects."""
    innocent, guilty = SUSPECTS[part]

    def draw(rng):
        suspects = [traits(bug) for bug in rng.permutation(["", "", *innocent, *guilty])]
        columns = {trait: np.array([suspect[trait] for suspect in suspects]) for trait in TRAITS}
        return {"seed": rng.integers(2**31, size=len(suspects)), **columns}

    def judge(given, got):
        suspects = bugs(given)
        passes = np.array([bug not in guilty for bug in suspects])
        otherwise = "a test returns True where all is well and False where it is not"
        if messages := explain(got, "passed", np.full(len(passes), 0.5), atol=0.5, rtol=0, otherwise=otherwise):
            return messages
        passed = np.asarray(got["passed"], dtype=np.float64) > 0.5
        if np.array_equal(passed, ~passes):
            return ["the other way round: True where all is well, False where it is not"]
        missed = sorted({bug for bug, right, was in zip(suspects, passes, passed, strict=True) if was and not right})
        accused = sorted({bug for bug, right, was in zip(suspects, passes, passed, strict=True) if right and not was})
        texts = [f"it lets pass: {', '.join(missed)}"] * bool(missed)
        if "" in accused:
            texts.append("it accuses a sampler that is right: is a difference larger than chance makes it?")
        elif accused:
            texts.append(f"it accuses a sampler whose bug is another one ({', '.join(accused)})")
        return ["; ".join(texts)] if texts else []

    return Part(part, draw, judge)


PARTS = (trial("gradient"), trial("noise"), trial("width"))
