"""Judges the exercise cost-of-a-number: the parameters of an autoencoder, by building it and counting."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from course_lib.models import Autoencoder
from exercises._compare import explain
from exercises._part import Part

from .collect import networks


def draw(rng):
    """Networks of different depths; no two widths of one network are equal. A row ends in zeros."""
    widths = np.zeros((4, 5), dtype=int)
    for row, depth in zip(widths, (2, 3, 4, 5), strict=True):
        row[:depth] = np.sort(rng.choice(np.arange(3, 40), size=depth, replace=False))[::-1]
    return {"widths": widths}


@cache
def built(*widths):
    """How many parameters the network has that the library builds."""
    model = Autoencoder(widths[-1], input_dim=widths[0], hidden=widths[1:-1])
    return sum(parameter.numel() for parameter in model.parameters())


def judge_all(given, got):
    """Compare with networks that have been built."""
    lists = networks(given)
    pairs = [list(pairwise(widths)) for widths in lists]

    def count(layer):
        return [sum(layer(n, m) for n, m in layers) for layers in pairs]

    return explain(
        got,
        "parameters",
        [built(*widths) for widths in lists],
        rtol=0,
        mistakes={
            "the biases are missing: one for each output of each layer": count(lambda n, m: 2 * n * m),
            "this is the encoder alone": count(lambda n, m: n * m + m),
            "this is the decoder alone": count(lambda n, m: n * m + n),
            "this is twice the encoder: a bias belongs to an output, and the decoder's outputs are not the encoder's": (
                count(lambda n, m: 2 * (n * m + m))
            ),
            "this is twice the decoder: a bias belongs to an output, and the encoder's outputs are not the decoder's": (
                count(lambda n, m: 2 * (n * m + n))
            ),
            "this counts one matrix for both halves; encoder and decoder have matrices of their own": count(
                lambda n, m: n * m + m + n
            ),
            "this counts units, not the numbers between them": [sum(widths) for widths in lists],
        },
        otherwise="count 3 → 2 → 3 by hand, layer by layer: weights first, then biases",
    )


def judge_one_more(given, got):
    """Compare with the difference of two networks that have been built."""
    lists = networks(given)
    wider = [[*widths[:-1], widths[-1] + 1] for widths in lists]
    beside = np.array([widths[-2] for widths in lists])  # the width of the layer next to the code
    return explain(
        got,
        "one_more",
        [built(*more) - built(*widths) for more, widths in zip(wider, lists, strict=True)],
        rtol=0,
        mistakes={
            "that is what the encoder gains; where is the decoder?": beside + 1,
            "that is what the decoder gains; where is the encoder?": beside,
            "the number in the code is an output of the encoder and has a bias, too": 2 * beside,
            "the decoder only reads the number in the code: no bias belongs to an input": 2 * beside + 2,
            "the code is not next to the first layer: which width stands beside it?": [2 * w[0] + 1 for w in lists],
            "this is the whole network with the wider code: by how much has it grown?": [built(*w) for w in wider],
        },
        otherwise="count 3 → 2 → 3 and 3 → 3 → 3 by hand, and subtract",
    )


PARTS = (
    Part("all", draw, judge_all),
    Part("one-more", draw, judge_one_more),
)
