"""Runs the notebooks beside the site as a reader would: `python -m course_build.notebooks.run [NAME ...]`.

Each runs from top to bottom in an empty folder, in a virtual environment that holds the course's library and a kernel
and nothing of what makes the book. A student's notebook may say that answers are not written, and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_build.repository import ROOT

NOTEBOOKS = ROOT / "_build" / "html" / "notebooks"
ENVIRONMENT = ROOT / "_build" / ".notebook_environment"
LIBRARY = ("pyproject.toml", "README.md", "LICENSE", "course_lib", "exercises")
RUNNER = ("ipykernel", "nbclient")
MAX_SECONDS = 600  # a cell


@dataclass(frozen=True)
class Outcome:
    """How a notebook ran: its name, the seconds it took, and what went wrong, "" if nothing did."""

    name: str
    seconds: float
    trouble: str


class NotInstallable(Exception):
    """Pip could not make the environment; the message is pip's."""


def clean_environment(folder: Path = ENVIRONMENT, extra: str = "maps") -> Path:
    """A virtual environment with course_lib as it is in the tree, installed and not linked; return its Python.

    What course_lib needs is kept from run to run, while the lock file and its dependencies stay the same.

    Raises
    ------
    NotInstallable
        If pip has no way to what is needed.
    """
    needs = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("constraints.txt", "pyproject.toml"))
    home = folder / f"{extra or 'plain'}-{hashlib.sha256(needs.encode()).hexdigest()[:16]}"
    python = home / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    ready = home / "ready"
    with tempfile.TemporaryDirectory() as copy:  # pip would leave its workings in the tree
        for name in LIBRARY:
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, Path(copy) / name)
        if not ready.is_file():
            for old in folder.glob(f"{home.name.partition('-')[0]}-*"):
                shutil.rmtree(old)
            venv.create(home, with_pip=True)
            _pip(python, "install", f"{copy}[{extra}]" if extra else copy, *RUNNER)
            ready.touch()
        _pip(python, "install", "--no-deps", "--force-reinstall", copy)
    return python


def run(path: Path, python: Path, may_raise: tuple[str, ...] = ()) -> Outcome:
    """Run one notebook in an empty folder, all its cells even if one raises.

    Parameters
    ----------
    path : Path
        The notebook; it stays as it is.
    python : Path
        Of the environment to run it in.
    may_raise : tuple of str
        The names of exceptions that are no trouble.
    """
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "COURSE_BOOK")}
    if data := environment.get("COURSE_DATA"):
        environment["COURSE_DATA"] = str(Path(data).resolve())
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, folder)
        execute = python.with_name("jupyter-execute")
        command = [execute, "--inplace", "--allow-errors", f"--timeout={MAX_SECONDS}", copy]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        trouble = done.stderr.strip()[-2000:] if done.returncode else _trouble(nbformat.read(copy, 4), may_raise)
    return Outcome(path.stem, time.monotonic() - start, trouble)


def run_all(names: list[str], python: Path, folder: Path = NOTEBOOKS) -> list[Outcome]:
    """Run the notebooks of a folder that are named, or all: the chapters', then the students' in `exercises`."""
    outcomes = []
    for path in [*sorted(folder.glob("*.ipynb")), *sorted((folder / "exercises").glob("*.ipynb"))]:
        if names and path.stem not in names:
            continue
        is_exercise = path.parent.name == "exercises"
        outcome = run(path, python, ("NotImplementedError",) if is_exercise else ())
        print(f"{'✗' if outcome.trouble else '✓'} {outcome.name}: {outcome.seconds:.0f} s", flush=True)
        print("".join(f"    {line}\n" for line in outcome.trouble.splitlines()), end="", flush=True)
        outcomes.append(outcome)
    return outcomes


def _trouble(executed: nbformat.NotebookNode, may_raise: tuple[str, ...]) -> str:
    for number, cell in enumerate(executed.cells, start=1):
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and output.ename not in may_raise:
                return f"cell {number} raised {output.ename}: {output.evalue}\n{cell.source}"
    return ""


def _pip(python: Path, *arguments: str) -> None:
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    command = [*pip, *arguments, "-c", ROOT / "constraints.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstallable(done.stderr.strip()[-2000:])


def main(arguments: list[str] | None = None) -> int:
    """Run notebooks; return the exit status: 1 if one has trouble or there is none of that name."""
    parser = argparse.ArgumentParser(prog="python -m course_build.notebooks.run", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="without .ipynb; all of them without a name")
    names = parser.parse_args(arguments).names
    known = {path.stem for path in NOTEBOOKS.rglob("*.ipynb")}
    if not known:
        parser.error("there are no notebooks yet: make book writes them")
    if unknown := set(names) - known:
        parser.error(f"no such notebook: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    try:
        outcomes = run_all(names, clean_environment())
    except NotInstallable as error:
        print(f"pip could not install the course in a clean environment:\n{error}")
        return 1
    failed = [outcome.name for outcome in outcomes if outcome.trouble]
    seconds = sum(outcome.seconds for outcome in outcomes)
    print(f"{len(outcomes)} notebooks, {seconds:.0f} s; failed: {', '.join(failed) or 'none'}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
