"""The name of the folder in `_build/.jupyter_cache` that a build uses; as a program (`make cache-key`), it prints it.

For whoever keeps that folder between builds. MNIST is downloaded if need be, because the edition is part of the key.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from course_build.repository import ROOT
from course_build.sphinx.chapter_execution import cache_key
from course_lib import data


def current_key(root: Path, edition: str) -> str:
    """The key of the library that is imported here, of the lock file in `root` and of that edition."""
    library = Path(importlib.util.find_spec("course_lib").origin).parent
    return cache_key(library, root / "constraints.txt", edition)


if __name__ == "__main__":
    print(current_key(ROOT, data.edition()))
