"""The image that mybinder.org makes: what repo2docker writes, in which order, and the list of packages."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_build import binder_requirements

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="repo2docker is for Linux: the image of Binder was not tested"
)

ROOT = Path(__file__).resolve().parents[2]
BINDER = ROOT / "binder"


def pinned(path: Path) -> dict[str, str]:
    """Normalised name → version."""
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}


def test_the_list_is_what_the_lock_gives():
    """After a change of requirements.txt or constraints.txt: `make binder`."""
    assert (BINDER / "requirements.txt").read_text(encoding="utf-8") == binder_requirements.text()


def test_torch_has_no_cuda_and_everything_else_is_as_in_the_lock():
    """Read apart from the program that writes it: two gigabytes of CUDA would not fit, another version would differ."""
    binder, lock = pinned(BINDER / "requirements.txt"), pinned(ROOT / "constraints.txt")
    assert {name for name, version in binder.items() if version.endswith("+cpu")} == {"torch", "torchvision"}
    assert {name: version.removesuffix("+cpu") for name, version in binder.items()}.items() <= lock.items()
    assert not [name for name in binder if name.startswith(("nvidia", "triton", "playwright", "jupyter-book"))]


def test_the_list_holds_what_the_course_asks_for():
    """Each package of pyproject.toml, umap-learn for the maps, and what makes a notebook of a chapter."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[tool.setuptools")[0]
    asked = set(re.findall(r'^    "([\w-]+)', text, re.MULTILINE)) | set(re.findall(r'= \["(umap-learn)', text))
    assert "umap-learn" in asked
    assert asked | {"jupytext", "jupyterlab", "notebook", "ipykernel"} <= pinned(BINDER / "requirements.txt").keys()


@pytest.fixture(scope="module")
def dockerfile() -> list[str]:
    """The lines that repo2docker writes for this repository; it needs no Docker for that."""
    command = [Path(sys.executable).with_name("jupyter-repo2docker"), "--no-build", "--debug", ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def line(dockerfile: list[str], pattern: str) -> int:
    """Where the one line stands that matches."""
    found = [number for number, text in enumerate(dockerfile) if re.search(pattern, text)]
    assert len(found) == 1, (pattern, found)
    return found[0]


def test_a_change_of_text_installs_nothing_again(dockerfile):
    """Packages first, then the repository, then what needs it: layers before a change are kept."""
    packages = line(dockerfile, r"^RUN .*pip install .*-r .?binder/requirements\.txt")
    copied = line(dockerfile, r"^COPY .*src/ \$\{REPO_DIR\}/$")
    finished = line(dockerfile, r"^RUN \./binder/postBuild")
    assert packages < copied < finished
    assert not [text for text in dockerfile[finished + 1 :] if text.startswith("RUN") and "chmod" not in text]


def test_python_is_the_one_that_was_asked_for(dockerfile):
    version = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert re.search(rf"environment-2epy-2d{version.replace('.', '-2e')}-2dlinux", "\n".join(dockerfile))


def test_kernels_do_not_spin(dockerfile):
    """Whatever the image starts, it starts through this script."""
    line(dockerfile, r'R2D_ENTRYPOINT="\$\{REPO_DIR\}/binder/start"')
    command = [BINDER / "start", sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ)))"]
    told = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True)
    seen = json.loads(told.stdout)
    assert (seen["OMP_NUM_THREADS"], seen["OMP_WAIT_POLICY"]) == ("1", "PASSIVE")


def test_no_chapter_needs_more_memory_than_binder_gives():
    """What the build measured, with half a gigabyte of 2 for JupyterLab."""
    record = ROOT / "_build" / "execution.json"
    if not record.is_file():
        pytest.skip("no built book, run make book: its memory was not compared")
    costs = json.loads(record.read_text(encoding="utf-8"))
    assert {name: cost["peak_mb"] for name, cost in costs.items() if cost["peak_mb"] > 1500} == {}
