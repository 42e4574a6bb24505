"""Runs published notebooks inside Colab's image: `python -m course_build.notebooks.run_in_colab FOLDER`.

Their first cell installs what Colab lacks. It must leave Colab's own torch and numpy as they are, so their versions are
compared before and after. `make colab` starts the image; it is thrown away afterwards.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from course_build.notebooks.run import run_all

UNTOUCHED = ("torch", "numpy")


def is_colab() -> bool:
    """Whether Colab's own package is installed here."""
    return importlib.util.find_spec("google") is not None and importlib.util.find_spec("google.colab") is not None


def load_colab_in_kernels(home: Path) -> None:
    """Let every kernel start as Colab's do, with `google.colab` loaded: by that a notebook knows where it is."""
    startup = home / ".ipython" / "profile_default" / "startup" / "00-colab.py"
    startup.parent.mkdir(parents=True, exist_ok=True)
    startup.write_text("import google.colab\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """The versions that a notebook started now would find."""
    code = f"from importlib.metadata import version; print(*map(version, {UNTOUCHED}))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(UNTOUCHED, answer.stdout.split(), strict=True))


def main(arguments: list[str] | None = None) -> int:
    """Run all notebooks of a folder; return 1 if one failed, if there is none, or if torch or numpy was replaced."""
    parser = argparse.ArgumentParser(
        prog="python -m course_build.notebooks.run_in_colab", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="what the branch `notebooks` holds")
    folder = parser.parse_args(arguments).folder
    execute = shutil.which("jupyter-execute")
    if not is_colab() or execute is None:
        parser.error("got a machine without google.colab or jupyter-execute, expected Colab's image: make colab")
    load_colab_in_kernels(Path.home())
    before = versions()
    # The program lies where the image's packages put theirs, which is not where its Python is.
    outcomes = run_all([], Path(execute), folder)
    after = versions()
    if not outcomes:
        print(f"got no notebook in {folder}, expected those of the branch `notebooks`")
    if after != before:
        print(f"the notebooks replaced what Colab brings: {before} before, {after} after")
    return int(not outcomes or after != before or any(outcome.trouble for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
