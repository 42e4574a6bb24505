"""Tensors on disk, each file with what it says of itself: written atomically, verified when read, never unpickled."""

from __future__ import annotations

import glob
import hashlib
import json
import os
import platform
import secrets
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

FORMAT = 1
_ABANDONED = 3600  # seconds after which a temporary file belongs to no writer


class CorruptFileError(ValueError):
    """A file that is truncated, altered, or of another kind than expected."""


def save(path: Path, tensors: dict[str, Tensor], about: dict, packages: Iterable[str] = ()) -> None:
    """Write tensors and what they are, in one safetensors file; a kill leaves the old file or the new one.

    Parameters
    ----------
    path : Path
        Of the file.
    tensors : dict[str, Tensor]
        By name, on any device.
    about : dict
        JSON values. Python's version and those of the packages are added as `versions`.
    packages : iterable of str
        As they are called on PyPI.

    Raises
    ------
    TypeError, ValueError
        If JSON can't hold `about`.
    OSError
        If the file can't be written; the message names it.
    """
    versions = {"python": platform.python_version()} | {package: metadata.version(package) for package in packages}
    write_atomically(path, pack(tensors, {"format": FORMAT, **about, "versions": versions}))


def load(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The tensors that `save` wrote, and what it wrote of them, with `sha256`, the digest of the whole file.

    Raises
    ------
    CorruptFileError
        If the file is truncated, altered or foreign, or of a later format; the message names it.
    """
    content = path.read_bytes()
    tensors, about = unpack(content, str(path))
    if about.get("format") != FORMAT:
        raise CorruptFileError(
            f"got {path} of format {about.get('format')}, expected format {FORMAT}; "
            "another version of course_lib wrote it: install that one, or save the file again"
        )
    return tensors, about | {"sha256": sha256(content)}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one, whole.

    An existing file keeps its permissions, a new one has those that the umask leaves; a link stays a link.

    Raises
    ------
    OSError
        If the folder can't be made or the file not be written; the message names both.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            os.chmod(temporary, target.stat().st_mode)
        os.replace(temporary, target)
    except BaseException as error:
        temporary.unlink(missing_ok=True) if target.parent.is_dir() else None
        if isinstance(error, OSError):
            reason = error.strerror or error
            message = f"can't write {path.name} in {path.parent} ({reason}): is it a folder that you may write to?"
            raise type(error)(error.errno, message) from error
        raise


def _remove_abandoned(target: Path) -> None:
    """Delete what writers of this file left that were killed."""
    for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if time.time() - leftover.stat().st_mtime > _ABANDONED:
            leftover.unlink(missing_ok=True)


def sha256(content) -> str:
    """Hexadecimal SHA-256 of some bytes, or of a contiguous array without copying it."""
    return hashlib.sha256(content).hexdigest()


def pack(tensors: dict[str, Tensor], meta: dict) -> bytes:
    """A safetensors file that carries `meta` (JSON values) and a digest of everything in it."""
    # Copies: safetensors refuses tensors that share memory.
    contiguous = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    text = json.dumps(meta, allow_nan=False)
    return safetensors.torch.save(contiguous, {"meta": text, "digest": _digest(contiguous, text)})


def unpack(content: bytes, name: str) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the `meta` of what `pack` made.

    Raises
    ------
    CorruptFileError
        If the bytes are no safetensors file, are cut off, or differ from what was written; it names the file.
    """
    try:
        tensors = safetensors.torch.load(content)
    except SafetensorError as error:
        raise CorruptFileError(
            f"{name} is truncated or no safetensors file ({error}); delete it or fetch it again"
        ) from error
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    meta = header.get("__metadata__") or {}
    # safetensors itself loads a flipped bit without a word.
    if meta.get("digest") != _digest(tensors, meta.get("meta", "")):
        raise CorruptFileError(
            f"{name} is altered, or not written by course_lib: its digest differs; delete it or fetch it again"
        )
    return tensors, json.loads(meta["meta"])


def _digest(tensors: dict[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
