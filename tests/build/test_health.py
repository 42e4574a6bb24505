"""The facts of the page about the build: verified, dated, and the same where the build is to be the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course_build.sphinx import health

ROOT = Path(__file__).resolve().parents[2]


def test_the_date_is_now_or_what_a_reproducible_build_says():
    """`SOURCE_DATE_EPOCH` counts seconds from 1970, in UTC."""
    assert health.built_at({"SOURCE_DATE_EPOCH": "86400"}) == datetime(1970, 1, 2, tzinfo=UTC)
    before = datetime.now(UTC).replace(microsecond=0)
    assert before <= health.built_at({}) <= datetime.now(UTC)
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH='yesterday'"):
        health.built_at({"SOURCE_DATE_EPOCH": "yesterday"})


def test_the_commit_says_whether_files_differ_from_it(tmp_path):
    """Without git it is what the machine that builds knows, or nothing."""
    assert health.commit(tmp_path, {}) is None
    assert health.commit(tmp_path, {"GITHUB_SHA": "abc"}) == "abc"

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        result = subprocess.run(["git", "-C", tmp_path, *identity, *words], capture_output=True, text=True, check=True)
        return result.stdout.strip()

    git("init", "--quiet")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "--quiet", "-m", "one")
    head = git("rev-parse", "HEAD")
    assert health.commit(tmp_path, {"GITHUB_SHA": "abc"}) == head
    (tmp_path / "a").write_text("2")
    assert health.commit(tmp_path, {}) == head + "+"


def test_shipped_files_are_hashed_and_a_damaged_one_ends_the_build(tmp_path):
    """One byte is enough; a manifest of numbers alone has no file."""
    content = b"weights"
    (tmp_path / "a.safetensors").write_bytes(content)
    about = {"sha256": hashlib.sha256(content).hexdigest(), "command": "make a"}
    (tmp_path / "a.json").write_text(json.dumps(about))
    (tmp_path / "seeds.json").write_text("{}")
    assert health.shipped_files(tmp_path) == [{"file": "a.safetensors", "bytes": 7, **about}]
    (tmp_path / "a.safetensors").write_bytes(b"Weights")
    with pytest.raises(health.DamagedFile, match=r"a\.safetensors .* make checkpoints"):
        health.shipped_files(tmp_path)


def test_every_shipped_file_is_listed():
    """None without a digest and a command."""
    folder = ROOT / "course_lib" / "weights"
    listed = {one["file"] for one in health.shipped_files(folder)}
    assert listed == {path.name for path in folder.iterdir() if path.suffix in (".safetensors", ".npz")}


def test_the_facts_of_the_edition_without_mnist_are_json(tmp_path):
    """That edition needs no file of data; the chapters' costs are passed on as they are."""
    chapters = {"book/a": {"seconds": 2.5, "processor_seconds": 1.5, "peak_mb": 300}}
    (tmp_path / "execution.json").write_text(json.dumps(chapters))
    facts = health.facts(ROOT, tmp_path / "execution.json", "digits-28", None, {"SOURCE_DATE_EPOCH": "0"})
    assert json.loads(json.dumps(facts)) == facts
    assert facts["built"] == "1970-01-01T00:00:00+00:00"
    assert (facts["chapters"], facts["data"]) == (chapters, [])
    assert "digits" in facts["edition_says"]
    assert all(facts["machine"].values())
    assert facts["software"].keys() >= {"Python", "torch", "numpy", "sphinx", "umap-learn", "course_lib"}
