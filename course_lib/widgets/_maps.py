"""Maps that travel: coordinates of twelve bits, digits of four bits a pixel, and who is near whom before any map."""

from __future__ import annotations

import zlib

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.neighbors import NearestNeighbors

TWELVE_BITS = 4095  # with ten, one in eight neighbours on a map with a long tail would be another one
FOUR_BITS = 15


def in_a_square(points: np.ndarray) -> np.ndarray:
    """Points as fractions of the smallest square around them, shape (n, 2): both axes at one scale, none left out."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = (high - low).max() or 1.0  # all on one place: the middle of a square of any size
    return (points - (low + high) / 2) / side + 0.5


def turned_like(points: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Points turned or mirrored about their mean to lie as near as may be to another map of the same images.

    No distance changes. The rotation is the one of Schönemann's orthogonal Procrustes problem (1966), for both maps
    scaled to the same spread.
    """
    points, other = points - points.mean(axis=0), other - other.mean(axis=0)
    rotation, _ = orthogonal_procrustes(points, other / (np.linalg.norm(other) or 1))
    return points @ rotation


def pack_twelve_bits(fractions: np.ndarray) -> bytes:
    """Fractions in [0, 1] as numbers of twelve bits, row by row, the lowest bit of the first byte first.

    A fraction is off by at most 1/8190. A point takes three bytes.
    """
    numbers = np.round(TWELVE_BITS * np.clip(fractions, 0, 1)).astype(np.uint16).ravel()
    return np.packbits((numbers[:, None] >> np.arange(12)) & 1, bitorder="little").tobytes()


def pack_images(x: np.ndarray) -> bytes:
    """Images with pixels in [0, 1], shape (n, an even D), as two pixels a byte, the left one high, and compressed."""
    levels = np.round(FOUR_BITS * x).astype(np.uint8)
    return zlib.compress((levels[:, ::2] << 4 | levels[:, 1::2]).tobytes(), 9)


def nearest_rows(x: np.ndarray, k: int) -> np.ndarray:
    """The k nearest other rows of each one, by Euclidean distance, nearest first: uint16, shape (n, k)."""
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors(return_distance=False).astype("<u2")
