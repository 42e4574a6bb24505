"""Build the book (`python -m course_build.book`, what `make book` runs): all of it, or what a change of prose touches.

Only after a green build, and only where nothing but the prose of chapters has changed since, are other pages left as
they are: a page that failed, or one that shows numbers, titles or neighbours of the changed one, has to be read again.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from course_build.contents import pages
from course_build.notebooks.labels import read_labels, read_page
from course_build.repository import ROOT

GREEN = ROOT / "_build" / "green.txt"
FOLDERS = ("course_build", "course_lib", "exercises", "book/_static")
FILES = ("_config.yml", "_toc.yml", "constraints.txt", "package-lock.json", "book/references.bib")


def all_but_prose(root: Path = ROOT) -> str:
    """A digest of all that a page may be made of, but the text of chapters between headings, labels and code."""
    labels = read_labels(root)
    parts = [json.dumps([labels.numbers, labels.titles, labels.pages, labels.formulas], sort_keys=True)]
    for page in pages(root):
        cells = read_page(root, page).cells
        parts += [json.dumps([cell.source, cell.metadata]) for cell in cells if cell.cell_type == "code"]
        parts.append(re.match(r"(---\n.*?\n---\n)?", (root / f"{page}.md").read_text("utf-8"), re.DOTALL)[0])
    digest = hashlib.sha256("\n".join(parts).encode())
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file()):
        if path.suffix != ".pyc":
            digest.update(path.read_bytes())
    for name in FILES:
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Build, and return jupyter-book's exit code."""
    key = all_but_prose()
    whole = not GREEN.is_file() or GREEN.read_text(encoding="utf-8") != key
    GREEN.unlink(missing_ok=True)
    program = [Path(sys.executable).with_name("jupyter-book"), "build", *(["--all"] if whole else [])]
    code = subprocess.run([*program, "-W", "-n", "--keep-going", "."], cwd=ROOT, check=False).returncode
    if code == 0:
        GREEN.write_text(key, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
