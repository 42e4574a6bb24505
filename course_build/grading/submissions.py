"""What came in: finding the submissions in a folder, and reading a notebook that nobody vouches for.

Nothing here runs or believes anything: files are opened only if they are plain files of sane size, JSON is taken apart
with every type checked, and what a cell claims about itself (locked, points, checksum) is not read at all.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

MAX_BYTES = 20 * 2**20
MAX_CELLS, MAX_CODE = 1_000, 2_000_000
BESIDE = ("timestamp.txt", "submission_secret.txt")  # of nbgrader's exchange: for penalties, and to give feedback back


class Unreadable(ValueError):
    """A file that is no notebook; the text says what it is, for a teacher."""


@dataclass(frozen=True)
class Submission:
    """Where one student's notebooks lie, by the name of the notebook they answer, and what nbgrader put beside them."""

    student: str
    files: dict[str, Path] = field(default_factory=dict)
    beside: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Cell:
    """A cell of a submitted notebook: its kind, its text and the id it says it has."""

    kind: str
    source: str
    grade_id: str | None


def find(folder: Path, assignment: str, notebooks: Sequence[str]) -> list[Submission]:
    """The submissions in a folder, by student.

    Three layouts are understood: `student/assignment/notebook.ipynb` (nbgrader's own), `student/notebook.ipynb`, and,
    where the assignment is one notebook, `student.ipynb`. A student's folder with a single notebook of another name
    counts where one notebook is expected.

    Raises
    ------
    FileNotFoundError
        If the folder is not there or holds no submission.
    """
    found = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.is_symlink() or entry.name.startswith((".", "_")):
            continue
        if entry.is_dir():
            inner = entry / assignment
            place = inner if inner.is_dir() and not inner.is_symlink() else entry
            if place is entry and any(child.is_dir() for child in entry.iterdir()) and not list(entry.glob("*.ipynb")):
                continue  # nbgrader's layout, and this student handed in another assignment
            beside = [place / name for name in BESIDE if is_small_and_plain(place / name)]
            found.append(Submission(entry.name, _by_notebook(place, notebooks), beside))
        elif entry.suffix == ".ipynb" and len(notebooks) == 1:
            found.append(Submission(entry.stem, {notebooks[0]: entry}))
    if not found:
        raise FileNotFoundError(
            f"got the folder {folder}, which holds no submission; expected <student>/{assignment}/<notebook>.ipynb, "
            "<student>/<notebook>.ipynb or, for an assignment of one notebook, <student>.ipynb"
        )
    return found


def is_small_and_plain(path: Path) -> bool:
    """Whether a file is there, is no link or pipe, and holds a line rather than a book."""
    return not path.is_symlink() and path.is_file() and path.stat().st_size < 1_000


def _by_notebook(place: Path, notebooks: Sequence[str]) -> dict[str, Path]:
    there = {path.stem: path for path in sorted(place.glob("*.ipynb"))}
    if len(notebooks) == 1 and len(there) == 1:
        return {notebooks[0]: next(iter(there.values()))}
    return {name: there[name] for name in notebooks if name in there}


def read_bytes(path: Path) -> bytes:
    """A submitted file's bytes, if it is a plain file of at most `MAX_BYTES`.

    Raises
    ------
    Unreadable
        If it is a link (to the gradebook, say), a pipe, a folder or too large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable(f"not a plain file ({error.strerror})") from error
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("not a plain file")
        if about.st_size > MAX_BYTES:
            raise Unreadable(f"too large: {about.st_size / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} MB are read")
        with open(handle, "rb", closefd=False) as file:
            return file.read(MAX_BYTES)
    finally:
        os.close(handle)


def read(blob: bytes) -> tuple[list[Cell], list[str]]:
    """The cells of a submitted notebook, and notes on what is odd about it as a whole.

    Raises
    ------
    Unreadable
        If the bytes are no notebook of format 4.
    """
    if not blob.strip():
        raise Unreadable("empty file")
    if blob.startswith((b"\x80", b"PK", b"%PDF", b"\x89PNG")):
        raise Unreadable("not a notebook: binary data (a pickle, an archive or a picture)")
    try:
        notebook = json.loads(blob)
    except (ValueError, RecursionError) as error:
        raise Unreadable("not a notebook: not JSON") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable("not a notebook: JSON without a list of cells")
    if notebook.get("nbformat") != 4:
        raise Unreadable("a notebook of an old format: open and save it in JupyterLab")
    if len(notebook["cells"]) > MAX_CELLS:
        raise Unreadable(f"too large: {len(notebook['cells'])} cells, at most {MAX_CELLS} are read")
    cells = [cell for raw in notebook["cells"] if (cell := _cell(raw)) is not None]
    if (code := sum(len(cell.source) for cell in cells if cell.kind == "code")) > MAX_CODE:
        raise Unreadable(f"too large: {code:,} characters of code, at most {MAX_CODE:,} are read")
    notes = [] if len(cells) == len(notebook["cells"]) else ["some cells are malformed and were left out"]
    return cells, notes + _kernel_note(notebook)


def _cell(raw: object) -> Cell | None:
    if not isinstance(raw, dict) or raw.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = raw.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    marks = raw.get("metadata")
    marks = marks.get("nbgrader") if isinstance(marks, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    source = source.encode("utf-8", "replace").decode().replace("\0", "")  # half a surrogate cannot be written again
    return Cell(raw["cell_type"], source, grade_id if isinstance(grade_id, str) else None)


def _kernel_note(notebook: dict) -> list[str]:
    """A kernel's name is anything; its language should be Python's."""
    metadata = notebook.get("metadata")
    specified = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = specified.get("language", "python") if isinstance(specified, dict) else "python"
    return [] if language == "python" else ["made for a kernel of another language; run as Python all the same"]
