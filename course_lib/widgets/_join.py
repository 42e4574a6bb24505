"""One self-contained ES module out of a figure's own file and the parts it imports.

A figure's module is loaded from memory, where it has no neighbours to import. So the parts it names with
`import { a, b } from "./core/part.mjs";` are written in front of it, each once; tests in node import the parts.
"""

from __future__ import annotations

import re
from pathlib import Path

JS = Path(__file__).with_name("js")
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\./[^"]+)";\n', re.MULTILINE)
_NAME = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)


def join(path: Path) -> str:
    """The module in `path`, with all parts that it imports in front of it.

    Parameters
    ----------
    path : Path
        An `.mjs` file; its imports are relative, at the start of a line, of names in braces.

    Returns
    -------
    str
        A module without imports. Only the figure's own file exports.

    Raises
    ------
    ValueError
        If two files define the same name, or an import has another form.
    """
    files: dict[Path, str] = {}
    _collect(path.resolve(), files)
    owner: dict[str, Path] = {}
    for file, text in files.items():
        for name in _NAME.findall(text):
            if name in owner:
                raise ValueError(f"got `{name}` in {owner[name].name} and in {file.name}, expected one: rename it")
            owner[name] = file
    *parts, figure = files.values()
    return "\n".join([*(re.sub(r"^export ", "", part, flags=re.MULTILINE) for part in parts), figure])


def figure_modules() -> dict[str, str]:
    """Every figure's module, joined: its name, such as "latent-explorer", and its text."""
    return {path.stem: join(path) for path in sorted(JS.glob("*.mjs"))}


def _collect(path: Path, files: dict[Path, str]) -> None:
    # Parts first, so that the order in the result is the order of definition.
    if path in files:
        return
    text = path.read_text(encoding="utf-8")
    for part in _IMPORT.findall(text):
        _collect((path.parent / part).resolve(), files)
    body = _IMPORT.sub("", text)
    if left := re.search(r"^import .*", body, re.MULTILINE):
        raise ValueError(f'got {left.group()!r} in {path.name}, expected import {{ name }} from "./part.mjs";')
    files[path] = body.strip() + "\n"
