"""Fetch what a cache folder lacks, so that a kill at any moment and a second process do no harm.

Files arrive in a temporary folder beside their destination, are verified there and moved by `os.replace`, one atomic
step a file: under its own name a file is always whole. One lock keeps other processes from fetching the same.
(pooch 1.9 unpacks an archive under the final name, where another process can read half of it, and downloads twice.)
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import tempfile
import urllib.error
import zlib
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import filelock

from course_lib.data import verify
from course_lib.data.errors import DataUnavailable

SOCKET_TIMEOUT = 10.0  # seconds without a byte
LOCK_TIMEOUT = 600.0  # seconds; the system frees the lock of a process that dies
_PREFIX = ".mnist-"
_FAILURES = (OSError, RuntimeError, EOFError, zlib.error, http.client.HTTPException)  # URLError is an OSError


def repair(raw: Path) -> None:
    """Download the files that `raw` lacks or that are damaged in it; good ones are left alone.

    Parameters
    ----------
    raw : Path
        The folder `<cache>/MNIST/raw`; made if it does not exist.

    Raises
    ------
    DataUnavailable
        If the folder cannot be written to, or no mirror gives a file with the right digest. `raw` is then as it was.
    """
    with _workshop(raw) as folder:
        bad = verify.check(raw).bad  # asked again: another process may have finished while this one waited
        with _socket_timeout(SOCKET_TIMEOUT):
            for name in bad:
                _fetch(name, folder)
        for name in bad:  # no fsync: a file that a power cut damaged fails its digest and is fetched again
            os.replace(folder / name, raw / name)


def torchvision() -> ModuleType:
    """The door to torchvision, whose import takes seconds that digits do not need.

    Raises
    ------
    DataUnavailable
        If it is not installed; the message says how to install it.
    """
    try:
        from course_lib.data import _torchvision
    except ModuleNotFoundError as error:
        raise DataUnavailable(str(error), reason="torchvision is not installed") from error
    return _torchvision


@contextlib.contextmanager
def _workshop(raw: Path) -> Generator[Path]:
    """A temporary folder on the file system of `raw`, for one process at a time."""
    cache = raw.parent.parent
    with contextlib.ExitStack() as stack:
        try:
            raw.mkdir(parents=True, exist_ok=True)
            stack.enter_context(filelock.FileLock(cache / "mnist.lock", timeout=LOCK_TIMEOUT))
            for left_over in cache.glob(f"{_PREFIX}*"):  # of a process that was killed: its lock is free
                shutil.rmtree(left_over)
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=_PREFIX, dir=cache))
        except filelock.Timeout as error:
            raise DataUnavailable(
                f"got no lock on {cache} within {LOCK_TIMEOUT:g} s, expected the other process to finish its download;"
                " end it, or set COURSE_CACHE to another folder",
                reason="another process was downloading it for too long",
            ) from error
        except OSError as error:
            raise DataUnavailable(
                f"got a cache folder {cache} that cannot be written to ({error}), expected room for the download;"
                " set COURSE_CACHE to a folder that can, or COURSE_DATA to one that holds MNIST/raw/*-ubyte",
                reason="no source holds it and the cache folder for the download cannot be written to",
            ) from error
        yield Path(folder)


def _fetch(name: str, folder: Path) -> None:
    """Download one file with torchvision into `folder`, verified; every mirror is tried."""
    _torchvision = torchvision()
    archive = f"{name}.gz"
    md5 = dict(_torchvision.datasets.MNIST.resources)[archive]
    tried, cause = [], None
    for mirror in _torchvision.datasets.MNIST.mirrors:
        try:
            _torchvision.download_and_extract_archive(mirror + archive, folder, filename=archive, md5=md5)
            problem = verify.mismatch(folder / name)
        except _FAILURES as error:
            problem, cause = f"{type(error).__name__}: {error}", error
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it holds the connection on which the mirror refused
        if not problem:
            return
        tried.append(f"{mirror}{archive}: {problem}")
    raise DataUnavailable(
        f"the download failed ({'; '.join(tried)})", reason="no source holds it and the download failed"
    ) from cause


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Generator[None]:
    # torchvision passes no timeout on: without this, a network that swallows packets hangs for minutes.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
