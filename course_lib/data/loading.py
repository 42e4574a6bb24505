"""One call for every data set, with a fallback for machines that cannot have MNIST."""

from __future__ import annotations

import dataclasses
from functools import partial

from course_lib import _validate
from course_lib.data import digits, mnist, shapes
from course_lib.data.dataset import Dataset
from course_lib.data.errors import DataUnavailable

_LOADERS = {
    "mnist": mnist.load,
    "digits": partial(digits.load, 8),
    "digits-28": partial(digits.load, 28),
    "shapes": shapes.load,
}
_FALLBACK = "digits-28"


def load(name: str, *, fallback: str | None = None) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : str
        "mnist" (784 columns), "digits" (scikit-learn's, 64 columns), "digits-28" (the same resized to 784 columns) or
        "shapes" (drawn on the spot, 1024 columns, with the factors that made each picture).
    fallback : str, optional
        What to load instead if `name` cannot be had; its `.note` then says so. Damaged files are never passed over.

    Returns
    -------
    Dataset
        `.train` and `.test`, each with `.x` float32 (n, D) in [0, 1] and `.y` int64 (n,).

    Raises
    ------
    ValueError
        If `name` or `fallback` is no data set; the message lists them.
    CorruptFileError
        If a file of MNIST is there but damaged; the message names it and gives the digest got and expected.
    DataUnavailable
        If MNIST cannot be had and there is no fallback; the message names the three ways to give it.

    Examples
    --------
    >>> from course_lib import data
    >>> data.load("digits").train.x.shape
    torch.Size([1437, 64])
    """
    _validate.choice(name, "name", _LOADERS)
    if fallback is not None:
        _validate.choice(fallback, "fallback", _LOADERS)
    try:
        return _LOADERS[name]()
    except DataUnavailable as error:
        if fallback is None or fallback == name:
            raise
        dataset = _LOADERS[fallback]()
        note = (
            f"This copy of the page was built on {fallback}, because {_title(name)} could not be had: {error.reason};"
            f" the numbers below are computed from it. {dataset.note}"
        )
        return dataclasses.replace(dataset, note=note)


def edition() -> str:
    """What a book built here and now is computed from: "mnist" if that can be had, else "digits-28".

    MNIST is downloaded if need be, so that afterwards the chapters find it in the cache.

    Raises
    ------
    CorruptFileError
        If a file of MNIST is there but damaged.
    """
    try:
        mnist.find()
    except DataUnavailable:
        return _FALLBACK
    return "mnist"


def _title(name: str) -> str:
    return name.upper() if name == "mnist" else name
