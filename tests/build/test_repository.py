"""Addresses of the repository and of the site, from every form in which they can be known."""

from __future__ import annotations

import subprocess

import pytest

from course_build.repository import Origin, git_ref, git_remote, origin, repository_url, site_url


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/Ada/bottleneck",
        "https://github.com/Ada/bottleneck.git",
        "https://github.com/Ada/bottleneck/",
        "https://somebody:secret@github.com/Ada/bottleneck.git",
        "git@github.com:Ada/bottleneck.git",
        "ssh://git@github.com/Ada/bottleneck.git",
        "ssh://git@github.com:22/Ada/bottleneck",
    ],
)
def test_every_form_of_a_remote_is_the_same_repository(remote):
    """No user name or password of a remote reaches a page."""
    assert repository_url({}, remote) == "https://github.com/Ada/bottleneck"
    assert site_url({}, remote) == "https://ada.github.io/bottleneck/"


@pytest.mark.parametrize(
    "remote",
    [None, "", "/srv/hub.git", "https://example.org/a/b.git", "https://github.com.example.org/a/b", "nonsense"],
)
def test_elsewhere_nothing_is_known(remote):
    """No address is guessed."""
    assert repository_url({}, remote) is None
    assert site_url({}, remote) is None


def test_the_environment_comes_before_the_remote():
    """On GitHub's machines the repository that runs is meant, not where its files came from."""
    environ = {"GITHUB_REPOSITORY": "grace/course.fork"}
    assert repository_url(environ, "git@github.com:Ada/bottleneck.git") == "https://github.com/grace/course.fork"
    assert site_url(environ, None) == "https://grace.github.io/course.fork/"


def test_a_server_of_ones_own_has_no_pages_on_github_io():
    """GitHub Enterprise: the repository is known, the site only if somebody says it."""
    environ = {"GITHUB_REPOSITORY": "a/b", "GITHUB_SERVER_URL": "https://git.example.org"}
    assert repository_url(environ, None) == "https://git.example.org/a/b"
    assert site_url(environ, None) is None
    assert site_url(environ | {"COURSE_URL": "https://course.example.org"}, None) == "https://course.example.org/"


def test_a_users_own_site_lies_at_its_root():
    """The repository owner.github.io is published without a path."""
    assert site_url({"GITHUB_REPOSITORY": "Ada/Ada.GitHub.io"}, None) == "https://ada.github.io/"


@pytest.mark.parametrize("environ", [{"GITHUB_REPOSITORY": "bottleneck"}, {"COURSE_URL": "course.example.org"}])
def test_nonsense_in_the_environment_is_refused(environ):
    """With the variable's name in the message."""
    with pytest.raises(ValueError, match=next(iter(environ))):
        site_url(environ, None)


def test_the_remote_of_a_folder(tmp_path):
    """Read from git; a folder without a repository has none."""
    assert git_remote(tmp_path) is None
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    assert git_remote(tmp_path) is None
    subprocess.run(["git", "-C", str(tmp_path), "remote", "add", "origin", "git@github.com:a/b.git"], check=True)
    assert git_remote(tmp_path) == "git@github.com:a/b.git"


@pytest.mark.parametrize(
    ("environ", "upstream", "ref"),
    [
        ({"GITHUB_REF_NAME": "v1.2"}, "origin/main", "v1.2"),
        ({"GITHUB_REF_NAME": "12/merge"}, "origin/main", "main"),
        ({}, "origin/feature/maps", "feature/maps"),
        ({}, "upstream/main", "HEAD"),
        ({"GITHUB_REF_NAME": "12/merge"}, None, "HEAD"),
    ],
)
def test_links_lead_to_a_branch_that_stays(environ, upstream, ref):
    """Never to one that only this machine has."""
    assert git_ref(environ, upstream) == ref


def test_the_origin_is_read_from_git(tmp_path):
    """From the remote and the branch that is followed; outside of a repository nothing is known."""
    assert origin({}, tmp_path / "nowhere") == Origin(None, None, "HEAD")
    for arguments in (
        ("init", "--quiet", "--initial-branch=draft"),
        ("remote", "add", "origin", "git@github.com:Ada/bottleneck.git"),
        ("config", "branch.draft.remote", "origin"),
        ("config", "branch.draft.merge", "refs/heads/main"),
        ("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--allow-empty", "--message=first"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    site = "https://ada.github.io/bottleneck/"
    assert origin({}, tmp_path) == Origin("https://github.com/Ada/bottleneck", site, "main")
