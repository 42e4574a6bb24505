"""Where the course lives: the address of its repository and of its site, or None where nobody can know.

Both are pure functions of the environment and of git's remote, so that every link made of them can be tested.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GITHUB = "https://github.com"

_NAME = r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+"
# https://github.com/owner/name.git, git@github.com:owner/name.git, ssh://git@github.com/owner/name
_ON_GITHUB = re.compile(
    rf"(?:https://(?:[^/@]+@)?|git://|ssh://git@|git@)github\.com(?::22)?[/:]({_NAME}?)(?:\.git)?/?"
)


@dataclass(frozen=True)
class Origin:
    """What is known about where the course lives, for the links of a page and of a notebook.

    Attributes
    ----------
    repository, site : str or None
        As `repository_url` and `site_url` return them.
    ref : str
        As `git_ref` returns it.
    """

    repository: str | None = None
    site: str | None = None
    ref: str = "HEAD"


def origin(environ: Mapping[str, str], folder: Path) -> Origin:
    """All that the environment and git know about the tree in a folder."""
    remote = git_remote(folder)
    upstream = _git(folder, "rev-parse", "--abbrev-ref", "@{upstream}")
    return Origin(repository_url(environ, remote), site_url(environ, remote), git_ref(environ, upstream))


@cache
def origin_here(folder: Path) -> Origin:
    """`origin` in this process's environment; git is asked once."""
    return origin(os.environ, folder)


def git_remote(folder: Path) -> str | None:
    """The address of git's remote `origin` in a folder; None without one, without a repository or without git."""
    return _git(folder, "remote", "get-url", "origin")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        result = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout.strip() or None if result.returncode == 0 else None


def git_ref(environ: Mapping[str, str], upstream: str | None) -> str:
    """The branch or tag that links lead to.

    Parameters
    ----------
    environ : mapping
        `GITHUB_REF_NAME` comes first, unless it is what a pull request would become, `12/merge`: no such branch stays.
    upstream : str or None
        The branch that git's current one follows, "origin/main". A branch that follows none is on this machine only.

    Returns
    -------
    str
        "HEAD", GitHub's name for the default branch, where there is no better one.
    """
    name = environ.get("GITHUB_REF_NAME", "")
    if name and not re.fullmatch(r"\d+/merge", name):
        return name
    return upstream.removeprefix("origin/") if upstream and upstream.startswith("origin/") else "HEAD"


def repository_url(environ: Mapping[str, str], remote: str | None) -> str | None:
    """The repository's page, such as "https://github.com/owner/name", without a slash at its end.

    Parameters
    ----------
    environ : mapping
        `GITHUB_REPOSITORY` ("owner/name") and `GITHUB_SERVER_URL`, as GitHub's own machines set them, come first.
    remote : str or None
        The address of git's remote; it counts if it is on GitHub, over https or ssh.

    Raises
    ------
    ValueError
        If `GITHUB_REPOSITORY` is no "owner/name".
    """
    if name := environ.get("GITHUB_REPOSITORY"):
        if not re.fullmatch(_NAME, name):
            raise ValueError(f"got GITHUB_REPOSITORY={name!r}, expected owner/name; correct it or unset it")
        return f"{environ.get('GITHUB_SERVER_URL') or GITHUB}/{name}"
    match = _ON_GITHUB.fullmatch(remote or "")
    return f"{GITHUB}/{match[1]}" if match else None


def site_url(environ: Mapping[str, str], remote: str | None) -> str | None:
    """The published site's address, such as "https://owner.github.io/name/", with a slash at its end.

    Parameters
    ----------
    environ : mapping
        `COURSE_URL`, for a site that is published elsewhere, comes first; then what `repository_url` reads.
    remote : str or None
        The address of git's remote.

    Returns
    -------
    str or None
        Where GitHub Pages publishes the repository; None for a repository that is not on github.com.

    Raises
    ------
    ValueError
        If `COURSE_URL` is no address.
    """
    if url := environ.get("COURSE_URL"):
        if not re.fullmatch(r"https?://[^\s?#]+", url):
            raise ValueError(f"got COURSE_URL={url!r}, expected https://host/path/; correct it or unset it")
        return url.rstrip("/") + "/"
    repository = repository_url(environ, remote)
    if repository is None or not repository.startswith(f"{GITHUB}/"):
        return None
    owner, name = repository.removeprefix(f"{GITHUB}/").split("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"
