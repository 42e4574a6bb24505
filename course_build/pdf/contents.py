"""What is in the book, and in which order: `_toc.yml`, read as Jupyter Book reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from course_build.contents import chapter_number


@dataclass(frozen=True)
class Entry:
    """A page of the book: where it lies, the part it belongs to ("" for the first page), and its number, if any."""

    name: str
    part: str = ""

    @property
    def key(self) -> str:
        """What its anchors begin with; unique in the book."""
        return PurePosixPath(self.name).name

    @property
    def number(self) -> str:
        """As `chapter_number` returns it."""
        return chapter_number(self.name)


def read_contents(toc: Path) -> list[Entry]:
    """The pages of the book in reading order.

    Parameters
    ----------
    toc : Path
        `_toc.yml`.

    Raises
    ------
    ValueError
        If two pages have the same file name, hence the same anchors.
    """
    table = yaml.safe_load(toc.read_text(encoding="utf-8"))
    entries = [Entry(table["root"])]
    for part in table["parts"]:
        entries += [Entry(chapter["file"], part["caption"]) for chapter in part["chapters"]]
    keys = [entry.key for entry in entries]
    if twice := {key for key in keys if keys.count(key) > 1}:
        raise ValueError(f"got several pages named {sorted(twice)}, expected names that differ: rename one in {toc}")
    return entries
