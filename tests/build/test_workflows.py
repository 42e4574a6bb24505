"""What runs on GitHub: pinned, with the least rights, and nothing that a laptop could not run with make."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# What a machine must be given before make can do its work, each with its reason in the workflow.
NOT_MAKE = {
    "sudo apt-get install --yes --no-install-recommends bubblewrap": "the sandbox is no Python package",
    "sudo sysctl --write kernel.apparmor_restrict_unprivileged_userns=0": "Ubuntu denies namespaces to users",
    "sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc /opt/hostedtoolcache": "room for Colab's image",
}
# The rights beyond reading, and who needs them.
RIGHTS = {
    ("publish", "pages"): {"pages": "write", "id-token": "write"},
    ("publish", "notebooks"): {"contents": "write"},
    ("weekly", "report"): {"contents": "read", "issues": "write"},
}


def read(path: Path) -> dict:
    """A workflow; YAML 1.1 reads the key `on` as true."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# Each job with its workflow's name and its own.
JOBS = [
    pytest.param(path.stem, name, job, id=f"{path.stem}-{name}")
    for path in WORKFLOWS
    for name, job in read(path)["jobs"].items()
]


def test_there_are_workflows_to_test():
    assert [path.stem for path in WORKFLOWS] == ["publish", "test", "weekly"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_rights_of_its_own(path):
    """Jobs have, each its own; and of two runs one waits or gives way."""
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert "pull_request_target" not in workflow[True]


@pytest.mark.parametrize(("workflow", "name", "job"), JOBS)
def test_a_job_has_the_least_rights_and_an_end(workflow, name, job):
    """Whoever builds or tests may read; who writes is on the list."""
    assert job["permissions"] == RIGHTS.get((workflow, name), {"contents": "read"})
    assert job["timeout-minutes"] <= 180


@pytest.mark.parametrize(("workflow", "name", "job"), JOBS)
def test_every_step_calls_make(workflow, name, job):
    """What GitHub runs, a laptop can run; the values of a run never get into a script."""
    for step in job["steps"]:
        script = step.get("run", "make help")
        assert "${{" not in script
        assert "\n" not in script.strip()
        if script not in NOT_MAKE:
            command = re.fullmatch(
                r'make( --silent)? ([a-z-]+)( PYTHON=python| SLOW=yes)?( >> "\$GITHUB_OUTPUT")?', script
            )
            assert command, f"{workflow}: {script!r} does not call make; if it can't, NOT_MAKE in this file says why"
            assert re.search(rf"^{command[2]}:", MAKEFILE, re.MULTILINE), f"there is no target {command[2]}"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_and_its_version_said(path):
    """By the hash of a commit: a tag can be moved. One version of an action in all workflows."""
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_an_action_has_one_version():
    uses = {use for path in WORKFLOWS for use in re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))}
    assert len(uses) == len({use.split("@")[0] for use in uses}), sorted(uses)


@pytest.mark.parametrize(("workflow", "name", "job"), JOBS)
def test_no_checkout_leaves_the_token_behind(workflow, name, job):
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_zizmor_finds_nothing():
    """All audits that need no network, in the strictest mood."""
    zizmor = shutil.which("zizmor", path=Path(sys.executable).parent)
    assert zizmor, "zizmor is not installed: make setup"
    command = [zizmor, "--offline", "--persona", "pedantic", "--no-progress", ROOT / ".github"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "paths"),
    [("github-workflows", WORKFLOWS), ("dependabot", [ROOT / ".github" / "dependabot.yml"])],
    ids=["workflows", "dependabot"],
)
def test_files_obey_the_schema(schema, paths):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def git(*arguments: object, cwd: Path) -> str:
    """What git answers."""
    done = subprocess.run(["git", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_notebooks_become_one_commit_on_their_branch(tmp_path):
    """Twice: the second replaces the first; other branches stay as they are, and the token goes nowhere."""
    hub, other, made = tmp_path / "hub.git", tmp_path / "other", tmp_path / "notebooks"
    git("init", "--quiet", "--bare", hub, cwd=tmp_path)
    git("init", "--quiet", "--initial-branch=main", other, cwd=tmp_path)
    author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    git(*author, "commit", "--quiet", "--allow-empty", "--message", "first", cwd=other)
    git("push", "--quiet", hub, "main", cwd=other)
    main = git("rev-parse", "main", cwd=hub)

    (made / "exercises").mkdir(parents=True)
    (made / "pca.ipynb").write_text("{}", encoding="utf-8")
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path), "GITHUB_TOKEN": "a-secret"}
    for name in ("exercises/a.ipynb", "b.ipynb"):
        (made / name).write_text("{}", encoding="utf-8")
        push = [ROOT / ".ci" / "push-notebooks", made, hub]
        done = subprocess.run(push, env=environment, capture_output=True, text=True, check=True)
        assert "a-secret" not in done.stdout + done.stderr
        assert git("rev-list", "--count", "notebooks", cwd=hub) == "1"
    files = git("ls-tree", "-r", "--name-only", "notebooks", cwd=hub).splitlines()
    assert files == ["b.ipynb", "exercises/a.ipynb", "pca.ipynb"]
    assert git("rev-parse", "main", cwd=hub) == main


def test_nothing_is_pushed_where_there_are_no_notebooks(tmp_path):
    """An empty branch would break every link to Colab."""
    git("init", "--quiet", "--bare", tmp_path / "hub.git", cwd=tmp_path)
    (tmp_path / "empty").mkdir()
    push = [ROOT / ".ci" / "push-notebooks", tmp_path / "empty", tmp_path / "hub.git"]
    done = subprocess.run(push, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "got no notebook in" in done.stderr
    assert git("branch", cwd=tmp_path / "hub.git") == ""


GH = """#!/usr/bin/env bash
echo "gh $*" >> "$0.log"
if [[ "$1 $2" == "issue list" ]]; then printf '%s' "$OPEN"; exit; fi
while [[ $# -gt 0 ]]; do [[ "$1" == --body-file ]] && cp "$2" "$0.body"; shift; done
"""


@pytest.mark.parametrize(
    ("already", "expected"), [("", "gh issue create --title"), ("7", "gh issue edit 7 --body-file")]
)
def test_addresses_that_are_gone_get_one_issue(tmp_path, already, expected):
    """A new one, or the one that is open; it names what is gone and nothing else."""
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(GH, encoding="utf-8")
    gh.chmod(0o755)
    output = tmp_path / "output.txt"
    gone = "book/part1/pca.md:12: [broken] https://example.org/gone: 404 Client Error"
    output.write_text(f"book/index.md:3: [redirected] https://example.org/a to b\n{gone}\n", encoding="utf-8")
    environment = {"PATH": f"{gh.parent}:/usr/bin:/bin", "OPEN": already}
    subprocess.run([ROOT / ".ci" / "report-links", output], env=environment, check=True)
    assert gh.with_name("gh.log").read_text(encoding="utf-8").splitlines()[1].startswith(expected)
    body = gh.with_name("gh.body").read_text(encoding="utf-8")
    assert gone in body
    assert "redirected" not in body


def test_no_issue_blames_addresses_for_another_failure(tmp_path):
    output = tmp_path / "output.txt"
    output.write_text("book/index.md:3: [redirected] https://example.org/a to b\n", encoding="utf-8")
    done = subprocess.run([ROOT / ".ci" / "report-links", output], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "got no broken address" in done.stderr


def test_the_key_of_the_execution_cache_is_the_one_of_the_build():
    """`make cache-key` prints what a workflow adds to its outputs, and the build keeps its records there."""
    from course_build.sphinx.cache_key import current_key
    from course_lib import data

    program = [sys.executable, "-m", "course_build.sphinx.cache_key"]
    printed = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert printed == current_key(ROOT, data.edition())
    assert re.fullmatch(r"[0-9a-f]{16}", printed)
