"""The facts of the page about the build: verified, dated, and the same where the build is to be the same."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch

from course_build.sphinx import health
from course_lib import _storage
from course_lib._storage import CorruptFileError

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
    """One bit is enough."""
    path = tmp_path / "a.safetensors"
    _storage.save(path, {"weights": torch.zeros(3)}, {"command": "make a"})
    content = path.read_bytes()
    about = {"sha256": hashlib.sha256(content).hexdigest(), "command": "make a"}
    assert health.shipped_files(tmp_path) == [{"file": "a.safetensors", "bytes": len(content), **about}]
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(CorruptFileError, match=r"a\.safetensors is altered"):
        health.shipped_files(tmp_path)


def test_every_shipped_file_is_listed():
    """None without a digest and a command."""
    shipped = health.shipped_files(ROOT / "course_lib")
    folders = (ROOT / "course_lib" / "weights", ROOT / "course_lib" / "results" / "files")
    assert {one["file"] for one in shipped} == {path.name for folder in folders for path in folder.iterdir()}
    assert all(len(one["sha256"]) == 64 and one["command"] for one in shipped)


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
