"""The scripts of the pages, tested by node itself; node comes with the pip package that renders the formulas."""

from __future__ import annotations

import subprocess
from pathlib import Path

import katex_math
import pytest

TESTS = Path(__file__).with_name("js")


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_script(path):
    """`node --test` finds nothing wrong."""
    result = subprocess.run([katex_math.node(), "--test", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "# pass 0" not in result.stdout
