"""Judges the exercise bits-of-symmetry: the bits that number all pictures, by counting the pictures exactly."""

from __future__ import annotations

import math

import numpy as np

from exercises._compare import explain
from exercises._part import Part


def draw(rng):
    """Sizes of pictures: odd and even widths, and no number of shades that is a power of two."""
    sizes = [
        (height, width, shades)
        for height, width in zip((2, 3, 4, 3), rng.permutation([2, 3, 4, 5]), strict=True)
        for shades in rng.choice([3, 5, 6, 7], size=2, replace=False)
    ]
    return {"sizes": np.array(sizes)}


def free_pixels(height, width):
    """Of a symmetric picture: each pixel and its mirror image count once."""
    return len({(row, min(column, width - 1 - column)) for row in range(height) for column in range(width)})


def compare(sizes, pixels, got, mistakes, otherwise):
    """Compare the bits of pictures that have so many free pixels each."""
    pictures = [shades ** int(free) for (_, _, shades), free in zip(sizes, pixels, strict=True)]  # exact
    shades = np.array([shades for _, _, shades in sizes])
    exact = pixels * np.log2(shades)
    return explain(
        got,
        "bits",
        [(count - 1).bit_length() for count in pictures],  # the largest number in use is count − 1
        mistakes=mistakes
        | {
            "this rounds up for every pixel: the code numbers whole pictures, so round once": pixels
            * np.ceil(np.log2(shades)),
            "this is less than log₂ of the number of pictures: then two of them share a code": np.floor(exact),
            "this is not a whole number of bits: which way must it be rounded?": exact,
            "this is a natural logarithm: a bit has two values": np.ceil(pixels * np.log(shades)),
            "this is how many pictures there are: how many bits does it take to number them?": pictures,
            "this is how many pixels may be chosen: a pixel has more than two shades": pixels,
        },
        otherwise=otherwise,
    )


def judge_any(given, got):
    """Compare with the bits of the largest number that is needed."""
    sizes = given["sizes"].tolist()
    pixels = np.array([height * width for height, width, _ in sizes])
    otherwise = "list all pictures of 1 × 2 pixels with three shades, number them, and write the last number in binary"
    return compare(sizes, pixels, got, {}, otherwise)


def judge_symmetric(given, got):
    """The same, with the pixels that a mirror leaves free."""
    sizes = given["sizes"].tolist()
    pixels = np.array([free_pixels(height, width) for height, width, _ in sizes])
    exact = np.array([height * width * math.log2(shades) for height, width, shades in sizes])
    sides = [(height * (width // 2), free_pixels(width, height), shades) for height, width, shades in sizes]
    without_middle, upside_down = ([math.ceil(side[kind] * math.log2(side[2])) for side in sides] for kind in (0, 1))
    mistakes = {
        "if the width is odd, nothing says what the middle column shows": without_middle,
        "this is half of the bits of any picture: is half of the picture really enough if its width is odd?": np.ceil(
            np.ceil(exact) / 2
        ),
        "this is a symmetry that exchanges top and bottom; left and right are asked for": upside_down,
        "this counts every picture: most of them are not symmetric": np.ceil(exact),
    }
    otherwise = "draw the symmetric pictures of one row with two and with three columns, and count them"
    return compare(sizes, pixels, got, mistakes, otherwise)


PARTS = (
    Part("any", draw, judge_any),
    Part("symmetric", draw, judge_symmetric),
)
