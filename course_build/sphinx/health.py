"""What a build was made with and from, and what it took: the facts behind the page `status` and its `health.json`."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "course_lib",
    "torch",
    "torchvision",
    "numpy",
    "scikit-learn",
    "umap-learn",
    "matplotlib",
    "jupyter-book",
    "sphinx",
)
# What a chapter may take; tests/pages/test_health.py holds them.
MAX_SECONDS = 2 * 120  # of processor time: two minutes on two cores
MAX_MB = 1500
EDITIONS = {
    "mnist": "MNIST",
    "digits-28": "scikit-learn's digits, resized to 28 × 28 because MNIST was not to be had",
}


def facts(root: Path, execution: Path, edition: str, address: str | None, environ: Mapping[str, str]) -> dict:
    """All of it, as JSON values.

    Parameters
    ----------
    root : Path
        The repository.
    execution : Path
        What `chapter_execution` has written: seconds, processor seconds and MB of each chapter.
    edition : str
        "mnist" or "digits-28".
    address : str or None
        Where the site is published, if that is known.
    environ : mapping
        `SOURCE_DATE_EPOCH`, `GITHUB_SHA`.

    Returns
    -------
    dict
        `built` (ISO, UTC), `commit` (None where there is no git), `address`, `edition`, `edition_says`, `software`,
        `machine`, `bounds`, `chapters`, `data`, `weights`; of files the `file`, `sha256`, `bytes` and the `command`
        that makes or fetches it.

    Raises
    ------
    CorruptFileError
        If a shipped file is truncated or altered.
    """
    return {
        "built": built_at(environ).isoformat(),
        "commit": commit(root, environ),
        "address": address,
        "edition": edition,
        "edition_says": EDITIONS[edition],
        "software": {"Python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        "machine": machine(),
        "bounds": {"processor_seconds": MAX_SECONDS, "peak_mb": MAX_MB},
        "chapters": json.loads(execution.read_text(encoding="utf-8")),
        "data": data_files() if edition == "mnist" else [],
        "weights": shipped_files(root / "course_lib"),
    }


def built_at(environ: Mapping[str, str]) -> datetime:
    """Now, or what `SOURCE_DATE_EPOCH` says, to the second: a build that is to be the same twice sets it.

    Raises
    ------
    ValueError
        If `SOURCE_DATE_EPOCH` is no number of seconds.
    """
    epoch = environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return datetime.now(UTC).replace(microsecond=0)
    if not epoch.isdecimal():
        raise ValueError(f"got SOURCE_DATE_EPOCH={epoch!r}, expected whole seconds since 1970; correct it or unset it")
    return datetime.fromtimestamp(int(epoch), UTC)


def commit(root: Path, environ: Mapping[str, str]) -> str | None:
    """The commit that is built, with "+" behind it where files differ from it; None where there is no git."""
    try:
        git = ["git", "-C", str(root)]
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True, check=False)
    except FileNotFoundError:
        return environ.get("GITHUB_SHA")
    if head.returncode:
        return environ.get("GITHUB_SHA")
    return head.stdout.strip() + ("+" if changed.returncode else "")


def machine() -> dict[str, str]:
    """The system, the processor and the number of its cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor() or "not known",
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
    }


def shipped_files(folder: Path) -> list[dict]:
    """Every file of weights or results anywhere in the folder, verified."""
    from course_lib import _storage

    found = []
    for path in sorted(folder.rglob("*.safetensors")):
        about = _storage.load(path)[1]
        facts = {
            "file": path.name,
            "sha256": about["sha256"],
            "bytes": path.stat().st_size,
            "command": about["command"],
        }
        found.append(facts)
    return found


def data_files() -> list[dict]:
    """The files of MNIST, which are hashed when they are found."""
    from course_lib import data
    from course_lib.data import mnist

    raw = mnist.find().raw
    return [
        {"file": name, "sha256": digest, "bytes": (raw / name).stat().st_size, "command": "python -m course_lib.data"}
        for name, digest in sorted(data.checksums().items())
    ]
