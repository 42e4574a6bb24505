"""The 1797 handwritten digits of 8×8 pixels that come with scikit-learn: small, and always there."""

from __future__ import annotations

import torch
from torch import Tensor

from course_lib.data.dataset import Dataset, Split

_TEST_SHARE = 0.2


def load(side: int) -> Dataset:
    """Load the digits, resized if `side` is not 8.

    Parameters
    ----------
    side : int
        Height and width in pixels, at least 8: 8 leaves the images as they are, another size interpolates bilinearly.

    Returns
    -------
    Dataset
        "digits" or "digits-<side>"; 1437 training and 360 test images, the same ones on every machine and with the
        same share of each digit.
    """
    from sklearn.datasets import load_digits  # imported here: two seconds that MNIST does not need
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x = _resize(torch.from_numpy(bunch.images).float() / 16, side)  # 16 grey levels
    y = torch.from_numpy(bunch.target).long()
    # The draw is NumPy's RandomState, whose stream is frozen: one split for all versions.
    train, test = train_test_split(range(len(y)), test_size=_TEST_SHARE, stratify=bunch.target, random_state=0)
    note = "The handwritten digits of Alpaydin and Kaynak, as scikit-learn bundles them"
    return Dataset(
        name="digits" if side == 8 else f"digits-{side}",
        train=Split(x[train], y[train]),
        test=Split(x[test], y[test]),
        image_shape=(side, side),
        note=f"{note}." if side == 8 else f"{note}, resized from 8 × 8 pixels.",
    )


def _resize(images: Tensor, side: int) -> Tensor:
    """(n, 8, 8) in [0, 1] to (n, side²) in [0, 1]."""
    if side != images.shape[1]:
        size = (side, side)
        images = torch.nn.functional.interpolate(images[:, None], size, mode="bilinear", align_corners=False)[:, 0]
    return images.flatten(1).clamp(0, 1)  # interpolation may round to just above 1
