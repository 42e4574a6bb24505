"""Write `binder/requirements.txt`: what the chapters import, pinned as in constraints.txt, with PyTorch for CPUs.

mybinder.org installs this file before it copies the repository, so a change of text leaves that layer of the image
alone. It can do so only where the file refers to no other one: hence a list, and a program that writes it.
"""

from __future__ import annotations

import re
from importlib import metadata

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_build.repository import ROOT

BINDER = ROOT / "binder"

# PyTorch's own index: its wheels without CUDA carry a local version, of which the package index knows nothing.
HEAD = """\
# Written by `make binder`; edit requirements.txt and constraints.txt instead.
--extra-index-url https://download.pytorch.org/whl/cpu
"""
CPU_ONLY = ("torch", "torchvision")
# nbgitpuller fetches the published notebooks, to which the links of the pages lead. Jupytext opens a chapter's source,
# which is Markdown, as a notebook too. Its extension needs the JupyterLab of the lock: beside the older one that
# repo2docker brings it does not load, and a chapter opens in an editor. notebook goes with JupyterLab.
EXTRA = ("ipykernel", "jupyterlab", "jupytext", "nbgitpuller", "notebook")
LINUX = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}


def direct() -> list[str]:
    """The names in the first section of requirements.txt, which is what course_lib and the chapters import."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    section = text.split("# The course:")[1].split("\n\n")[0]
    return [Requirement(line).name for line in section.splitlines()[1:]]


def locked() -> dict[str, str]:
    """Normalised name → version, for each package of constraints.txt."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE)}


def closure(names: list[str]) -> set[str]:
    """Those packages and what they need on Binder, normalised, as the installed ones declare it.

    What the lock does not hold is left out, and left to pip: setuptools, and the CUDA of a torch that was installed
    here with it.

    Raises
    ------
    importlib.metadata.PackageNotFoundError
        If one of them is not installed here.
    """
    python = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    environment = default_environment() | LINUX | {"python_version": python, "python_full_version": f"{python}.0"}
    environment["extra"] = ""
    pins, found, waiting = locked(), set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found or name not in pins:
            continue
        found.add(name)
        needs = [Requirement(line) for line in metadata.requires(name) or []]
        waiting += [
            canonicalize_name(need.name) for need in needs if need.marker is None or need.marker.evaluate(environment)
        ]
    return found


def text() -> str:
    """The whole file."""
    pins = locked()
    names = sorted(closure([*direct(), *EXTRA]))
    return HEAD + "".join(f"{name}=={pins[name]}{'+cpu' * (name in CPU_ONLY)}\n" for name in names)


if __name__ == "__main__":
    (BINDER / "requirements.txt").write_text(text(), encoding="utf-8", newline="\n")
