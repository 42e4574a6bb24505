"""Searches what is published for solutions: the canary of every exercise, and the lines of those that are handed in.

Text hides in more than pages: in notebooks, in the inventory and in PDFs, which are compressed, in archives.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from pypdf import PdfReader

from course_build.exercises.source import Exercise, solution_bodies

# A shorter line, `return z`, says nothing and stands everywhere.
SHORTEST_LINE = 20


def leaks(site: Path, exercises: Iterable[Exercise]) -> list[str]:
    """What is found where it must not be: "file: exercise, what"; empty where nothing leaks.

    Parameters
    ----------
    site : Path
        The folder that is published; every file in it is read.
    exercises : iterable of Exercise
        Those to look for.

    Raises
    ------
    FileNotFoundError
        If the folder is empty or missing: nothing would be found in nothing.
    """
    wanted = {needle: what for exercise in exercises for needle, what in _needles(exercise)}
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    if not files:
        raise FileNotFoundError(f"got no files in {site}, expected the built book; run make book")
    found = []
    for path in files:
        text = "".join(map(squeezed, contents(path.name, path.read_bytes())))
        found += [f"{path.relative_to(site)}: {what}" for needle, what in wanted.items() if needle in text]
    return found


def contents(name: str, data: bytes) -> Iterator[str]:
    """Every text in a file, also what is packed in it."""
    yield data.decode("utf-8", errors="ignore")
    if data.startswith(b"# Sphinx inventory"):
        yield _inflated(data.split(b"\n", 4)[4]).decode("utf-8", errors="ignore")
    elif data.startswith(b"%PDF"):
        for page in PdfReader(io.BytesIO(data)).pages:  # the letters in it are numbers of its own fonts
            yield page.extract_text()
    elif data.startswith(b"\x1f\x8b"):
        yield from contents(name.removesuffix(".gz"), gzip.decompress(data))
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from contents(member, archive.read(member))


def squeezed(text: str) -> str:
    """The text without mark-up, escapes and white space, so that a line is found however it is written."""
    text = html.unescape(re.sub(r"<[^<>]*>", "", text))
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"\\[nrt]|\\|\s", "", text)


def _needles(exercise: Exercise) -> Iterator[tuple[str, str]]:
    yield exercise.canary, f"the canary of {exercise.id}"
    if exercise.self_study:
        return  # its solution may be read; its mutants, which carry the canary too, may not
    for body in solution_bodies(exercise):
        for line in body.splitlines():
            needle = squeezed(line)
            if len(needle) >= SHORTEST_LINE and not needle.endswith(":"):  # `with torch.no_grad():` stands everywhere
                yield needle, f"a line of the solution of {exercise.id}: {line.strip()}"


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""  # a stream in another encoding, such as a picture
