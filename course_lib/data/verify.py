"""What the four files of MNIST must be, and whether they are.

torchvision asks only whether the files exist: it loads an all-zero file, or labels that belong to other images,
without a word. So every file is hashed before anything is read from it; the 55 MB take a tenth of a second.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class Check(NamedTuple):
    """The files of a folder that cannot be used: names that are missing; messages, by name, about the damaged."""

    missing: list[str]
    damaged: dict[str, str]

    @property
    def bad(self) -> list[str]:
        """The names of all files that have to be fetched; empty if the folder is good."""
        return self.missing + list(self.damaged)


def checksums() -> dict[str, str]:
    """The sha256 digest, in hexadecimal, that each uncompressed file of MNIST must have, by file name."""
    return dict(SHA256)


def check(raw: Path) -> Check:
    """Hash the four files of a folder.

    Parameters
    ----------
    raw : Path
        A folder, present or not, that should hold `train-images-idx3-ubyte` and its companions.

    Returns
    -------
    Check
        What is missing and what is damaged.
    """
    missing, damaged = [], {}
    for name in SHA256:
        if not (raw / name).is_file():
            missing.append(name)
        elif message := mismatch(raw / name):
            damaged[name] = message
    return Check(missing, damaged)


def mismatch(path: Path) -> str:
    """A message with the digest that was got and the one expected, or "" if `path` holds what its name promises."""
    try:
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"got {path}, which cannot be read ({error.strerror}), expected sha256 {SHA256[path.name]}"
    if got == SHA256[path.name]:
        return ""
    return f"got {path} with {path.stat().st_size:,} bytes and sha256 {got}, expected sha256 {SHA256[path.name]}"
