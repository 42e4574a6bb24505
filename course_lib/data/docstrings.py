"""A corpus of texts that every machine with the course has: the docstrings of the scientific packages it stands on."""

from __future__ import annotations

import ast
import gc
import importlib.util
import re
import warnings
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

PACKAGES = ("matplotlib", "networkx", "numpy", "scipy", "sklearn", "sympy", "torch")
MOST = 600  # texts of one package, so that none outweighs the others
MIN_WORDS = 40

_SKIPPED = {"benchmarks", "conftest", "externals", "test", "testing", "tests"}
_STRIDE = 8
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES = ("matplotlib", "networkx", "numpy", "scipy", "scikit", "sklearn", "sympy", "torch")
_NAMED = re.compile(rf"(?:py|lib)?(?:{'|'.join(_NAMES)})(?:[- ]?learn|[a-z]*)", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(?:mpl|np|nx|plt)\b")


@dataclass(frozen=True, eq=False, repr=False)
class Documents:
    """Texts and the package that each comes from.

    Attributes
    ----------
    texts : list of str
        One docstring each, of at least 40 words, with the packages' names taken out.
    labels : Tensor
        int64, shape (n,); `names[label]` is the package.
    names : tuple of str
        The packages, in alphabetical order.
    """

    texts: list[str]
    labels: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __repr__(self) -> str:
        return f"Documents({len(self):,} docstrings of {', '.join(self.names)})"


def documents() -> Documents:
    """Docstrings of public functions, classes and modules of seven scientific packages, labelled by package.

    They are read from the installed source files without importing anything, so that compiled functions have none, and
    texts that a package puts together while it runs appear as they are written. Their number depends on the
    versions installed; on one machine they are always the same, in the same order.

    Returns
    -------
    Documents
        Several thousand texts, no two alike, at most 600 of a package, from all parts of it. The names of all
        these packages and their customary abbreviations (`np`, `plt`, …) are taken out of every text, because they
        would give the label away. A package that is not installed is left out; `.names` says which are there.
    """
    names = tuple(name for name in PACKAGES if importlib.util.find_spec(name) is not None)
    times = Counter(text for name in names for text in _texts(name))
    # What two packages say in the same words has no one label.
    labelled = [(text, label) for label, name in enumerate(names) for text in _texts(name) if times[text] == 1]
    labels = torch.tensor([label for _, label in labelled], dtype=torch.int64)
    return Documents([text for text, _ in labelled], labels, names)


@cache
def _texts(package: str) -> tuple[str, ...]:
    """At most `MOST` docstrings of a package, each once, in the order of its files."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    files = _files(Path(spec.origin).parent)
    found: dict[str, tuple[Path, int]] = {}
    with _no_garbage_collection():
        # Every eighth file, then every eighth from the second on, …: enough from everywhere without reading all.
        for start in range(_STRIDE):
            for path in files[start::_STRIDE]:
                for i, text in enumerate(map(_without_names, _docstrings(path))):
                    if len(_WORD.findall(text)) >= MIN_WORDS:
                        found.setdefault(text, (path, i))
            if len(found) >= MOST:
                break
    ordered, share = sorted(found, key=found.__getitem__), min(1.0, MOST / max(1, len(found)))
    return tuple(text for i, text in enumerate(ordered) if int((i + 1) * share) > int(i * share))


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    """Parsing makes many objects and no garbage: looking for it would double the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _files(root: Path) -> list[Path]:
    """A package's source files, in alphabetical order, without tests and private folders."""
    paths = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        skipped = any(part in _SKIPPED or part.startswith("test_") for part in parts)
        if not skipped and not _is_private(parts[:-1]):
            paths.append(path)
    return paths


def _is_private(folders: tuple[str, ...]) -> bool:
    """Whether a file lies in a private folder; NumPy's `_core`, where most of its functions live, counts as public."""
    return any(folder.startswith("_") and folder != "_core" for folder in folders)


def _docstrings(path: Path) -> Iterator[str]:
    """Docstrings of a file and of what is public in it, in the order of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the escapes in other people's strings
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    yield from filter(None, _walk(tree))


def _walk(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[str | None]:
    yield ast.get_docstring(node)
    for child in [] if isinstance(node, ast.FunctionDef) else node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            yield from _walk(child)


def _without_names(text: str) -> str:
    lower = text.lower()
    if any(name in lower for name in _NAMES):  # ten times faster to find out than to replace
        text = _NAMED.sub("", text)
    return _ABBREVIATED.sub("", text)
