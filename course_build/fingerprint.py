"""What code does, as a hash: comments, docstrings and the layout of Python files do not count."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
OF_PAGES = (".mjs", ".css")  # the pages take these from the source, whatever was executed


def fingerprint(*places: Path) -> str:
    """Hash of files, and of all files in folders; 64 hexadecimal digits."""
    files = [path for place in places for path in (sorted(place.rglob("*")) if place.is_dir() else [place])]
    digest = hashlib.sha256()
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in OF_PAGES:
            digest.update(path.name.encode() + hashlib.sha256(_content(path)).digest())
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    if path.suffix != ".py":
        return path.read_bytes()
    tree = ast.parse(path.read_bytes())
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return ast.dump(tree).encode()
