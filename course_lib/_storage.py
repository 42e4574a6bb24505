"""Tensors and arrays on disk: written atomically, verified when read. Nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor


class BadFile(ValueError):
    """A file that is truncated, altered, or of another kind than expected."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one, whole.

    Raises
    ------
    OSError
        If the folder can't be made or written; the message names it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        message = f"can't write {path.name}: {path.parent} is no folder that can be written ({error.strerror})"
        raise OSError(error.errno, message) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes it private
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def sha256(content) -> str:
    """Hexadecimal SHA-256 of some bytes, or of a contiguous array without copying it."""
    return hashlib.sha256(content).hexdigest()


def write_with_manifest(path: Path, content: bytes, about: dict, packages: Iterable[str]) -> None:
    """Write a file, and beside it as JSON what it is and how it was made; if either fails, both stay as they were.

    Parameters
    ----------
    path : Path
        Of the file; the manifest has the same name with the suffix `.json`.
    content : bytes
        Its SHA-256 is added to the manifest.
    about : dict
        JSON values.
    packages : iterable of str
        Those whose versions are added, with Python's own.
    """
    versions = {"python": platform.python_version()} | {package: metadata.version(package) for package in packages}
    text = json.dumps({**about, "sha256": sha256(content), "versions": versions}, indent=2) + "\n"
    before = path.read_bytes() if path.exists() else None
    write_atomically(path, content)
    try:
        write_atomically(path.with_suffix(".json"), text.encode())
    except BaseException:
        # A new file beside an old manifest would be refused: put the old one back.
        path.unlink() if before is None else write_atomically(path, before)
        raise


def read_verified(path: Path, expected: str) -> bytes:
    """The content of a file that `write_with_manifest` wrote.

    Raises
    ------
    BadFile
        If its SHA-256 is not the expected one.
    """
    content = path.read_bytes()
    found = sha256(content)
    if found != expected:
        raise BadFile(
            f"got {path.name} with SHA-256 {found[:12]}…, expected {expected[:12]}…: "
            "the file is truncated or altered; restore it or run `make checkpoints`"
        )
    return content


def read_manifest(path: Path, kind: str) -> dict:
    """The manifest beside a file that `write_with_manifest` wrote.

    Parameters
    ----------
    path : Path
        Of the file, not of the manifest.
    kind : str
        What the file is, for the message: "a sweep".

    Raises
    ------
    BadFile
        If the manifest is missing, is no JSON, or holds no SHA-256.
    """
    path = path.with_suffix(".json")
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadFile(f"{path.name} is missing or no manifest of {kind} ({error}); fetch it again") from error
    if not isinstance(about, dict) or not isinstance(about.get("sha256"), str):
        raise BadFile(f"{path.name} is no manifest of {kind}: expected sha256; fetch it again")
    return about


def zip_arrays(arrays: dict[str, np.ndarray]) -> bytes:
    """A compressed `.npz` file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def read_arrays(path: Path, expected: str, names: Iterable[str], kind: str) -> dict[str, np.ndarray]:
    """The arrays of those names in a verified `.npz` file.

    Raises
    ------
    BadFile
        If the file's SHA-256 is not the expected one, or it holds no such arrays; `kind` is for the message: "sweep".
    """
    content = read_verified(path, expected)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (ValueError, KeyError, TypeError, BadZipFile) as error:
        raise BadFile(f"{path.name} is no {kind} of this course ({error}); fetch it again") from error


def pack(tensors: dict[str, Tensor], meta: dict) -> bytes:
    """A safetensors file that carries `meta` (JSON values) and a digest of everything in it."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(meta)
    return safetensors.torch.save(contiguous, {"meta": text, "digest": _digest(contiguous, text)})


def unpack(content: bytes, name: str) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the `meta` of what `pack` made.

    Raises
    ------
    BadFile
        If the bytes are no safetensors file, are cut off, or differ from what was written; it names the file.
    """
    try:
        tensors = safetensors.torch.load(content)
    except SafetensorError as error:
        raise BadFile(f"{name} is truncated or no safetensors file ({error}); delete it or fetch it again") from error
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    meta = header.get("__metadata__", {})
    if meta.get("digest") != _digest(tensors, meta.get("meta", "")):
        raise BadFile(f"{name} is not what was written there: its digest differs; delete it or fetch it again")
    return tensors, json.loads(meta["meta"])


def _digest(tensors: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
