"""MNIST from the first of three sources that has it: $COURSE_DATA, the cache folder, a download."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import NamedTuple

import platformdirs
import torch

from course_lib._storage import CorruptFileError
from course_lib.data import download, verify
from course_lib.data.dataset import Dataset, Split
from course_lib.data.errors import DataUnavailable

_NOTE = "MNIST, by LeCun, Cortes and Burges; each file verified by its sha256."
_loaded: dict[tuple, tuple[weakref.ref[Dataset], list[int]]] = {}


class Source(NamedTuple):
    """A folder with the four verified files, and what it is called."""

    raw: Path
    where: str


def cache_folder() -> Path:
    """`$COURSE_CACHE` if that is set, else the system's folder for a user's caches."""
    folder = os.environ.get("COURSE_CACHE") or platformdirs.user_cache_dir("course_lib")
    return Path(folder).expanduser().resolve()


def find() -> Source:
    """Look for MNIST, download it if need be, and verify it.

    Environment: `COURSE_DATA` names a folder in torchvision's layout (`MNIST/raw/*-ubyte`), which is only ever read;
    `COURSE_CACHE` moves the cache; `COURSE_OFFLINE=1` forbids the download.

    Raises
    ------
    CorruptFileError
        If `$COURSE_DATA` holds some, but not all files of MNIST or a damaged one, or if a damaged file of the cache
        could not be downloaded anew.
    DataUnavailable
        If no source has it; the message names the three ways to give it.
    """
    return _given() or _cached_or_downloaded()


def _given() -> Source | None:
    folder = os.environ.get("COURSE_DATA")
    if not folder:
        return None
    raw = _raw(Path(folder).expanduser().resolve())
    missing, damaged = verify.check(raw)
    if damaged:
        raise CorruptFileError(f"{'; '.join(damaged.values())}: replace what $COURSE_DATA holds, or unset COURSE_DATA")
    if len(missing) == len(verify.SHA256):  # harmless to go on: whatever is found elsewhere has the same digests
        return None
    if missing:
        raise CorruptFileError(
            f"got {raw} without {', '.join(missing)}, expected all four files: add, or unset COURSE_DATA"
        )
    return Source(raw, "$COURSE_DATA")


def _cached_or_downloaded() -> Source:
    raw = _raw(cache_folder())
    found = verify.check(raw)
    if not found.bad:  # no lock: good files are never replaced, so a read-only cache will do
        return Source(raw, "the cache folder")
    try:
        if os.environ.get("COURSE_OFFLINE", "0") not in ("", "0"):
            raise DataUnavailable("COURSE_OFFLINE forbids the download", "no source holds it and COURSE_OFFLINE is set")
        download.repair(raw)
    except DataUnavailable as error:
        if found.damaged:
            message = f"{'; '.join(found.damaged.values())}: delete it or allow its download, which failed: {error}"
            raise CorruptFileError(message) from error
        raise DataUnavailable(f"got no MNIST: {error}; {_three_ways(raw)}", error.reason) from error
    return Source(raw, "a download, now in the cache folder")


def _three_ways(raw: Path) -> str:
    given = os.environ.get("COURSE_DATA")
    state = "now unset"
    if given:
        archives = sorted(_raw(Path(given).expanduser()).glob("*-ubyte.gz"))
        lacks = f"only archives, such as {archives[0].name}: unpack them with gunzip" if archives else "no MNIST/raw"
        state = f"now {given}, which has {lacks}"
    return (
        f"expected one of three: COURSE_DATA ({state}) naming a folder that holds MNIST/raw/*-ubyte, the same four"
        f" files in {raw}, or a network to download them. Without MNIST, data.load('digits-28') always works"
    )


def load() -> Dataset:
    """MNIST as tensors; a data set that is still in use is shared, not read again (it takes 220 MB).

    Returns
    -------
    Dataset
        60,000 training and 10,000 test images of 28×28 pixels. Its tensors may be shared: do not write into them.
        (One that was written into is noticed by torch's count of in-place changes, and read afresh.)

    Raises
    ------
    CorruptFileError, DataUnavailable
        As `find` does.
    """
    raw = find().raw
    key = tuple(verify.SHA256.values())
    reference, versions = _loaded.get(key, (lambda: None, []))
    dataset = reference()
    if dataset is None or _versions(dataset) != versions:
        dataset = _read(raw)
        _loaded[key] = weakref.ref(dataset), _versions(dataset)
    return dataset


@torch.inference_mode(False)  # the tensors outlive the block in which they happen to be loaded
def _read(raw: Path) -> Dataset:
    datasets = download.torchvision().datasets

    def split(stem: str) -> Split:
        # The readers, not `datasets.MNIST(root)`: that prefers an old `processed/*.pt` beside the verified files.
        images = datasets.mnist.read_image_file(raw / f"{stem}-images-idx3-ubyte")
        labels = datasets.mnist.read_label_file(raw / f"{stem}-labels-idx1-ubyte")
        return Split(images.flatten(1).to(torch.float32).div_(255), labels)

    return Dataset("mnist", split("train"), split("t10k"), (28, 28), _NOTE)


def _versions(dataset: Dataset) -> list[int]:
    return [tensor._version for split in (dataset.train, dataset.test) for tensor in (split.x, split.y)]


def _raw(root: Path) -> Path:
    return root / "MNIST" / "raw"
