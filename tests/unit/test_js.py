"""The scripts of the pages, tested by node itself; node comes with the pip package that renders the formulas."""

from __future__ import annotations

import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from course_build.sphinx import katex_math

TESTS = Path(__file__).with_name("js")


@pytest.mark.parametrize("path", sorted(TESTS.glob("*.test.mjs")), ids=lambda path: path.stem)
def test_script(path):
    """`node --test` finds nothing wrong, and something to test: without any, the file itself counts as one."""
    command = [katex_math.node(), "--test", "--test-reporter=junit", path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    cases = ElementTree.fromstring(result.stdout).iter("testcase")
    assert [case for case in cases if Path(case.get("name")).name != path.name and case.find("skipped") is None]
