"""Files written whole or not at all, and tensors that come back bit by bit or with an error."""

import hashlib
import os
import stat
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib import _storage
from course_lib._storage import CorruptFileError, pack, unpack, write_atomically


class Broken(Exception):
    """What a failing disk says in these tests."""


def test_the_content_is_on_the_disk_before_the_name_points_to_it(tmp_path, monkeypatch):
    order, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("replace"), replace(*names)))
    write_atomically(tmp_path / "file", b"content")
    assert order == ["fsync", "replace"]


@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [Broken, OSError(28, "No space left on device"), KeyboardInterrupt])
def test_a_failure_at_any_point_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch, function, error):
    def fail(*arguments):
        raise error

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error) if isinstance(error, OSError) else error) as raised:
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    if isinstance(error, OSError):
        assert raised.value.errno == 28
        assert f"can't write file in {tmp_path} (No space left on device)" in str(raised.value)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_new_file_has_the_permissions_that_the_umask_leaves_and_an_old_one_keeps_its_own(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    before = os.umask(0o027)
    try:
        write_atomically(path, b"old")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="links need a privilege elsewhere")
def test_a_link_stays_a_link_and_what_it_points_to_is_written(tmp_path):
    (tmp_path / "far").mkdir()
    link, path = tmp_path / "link", tmp_path / "far" / "file"
    link.symlink_to(path)
    for content in (b"old", b"new"):
        write_atomically(link, content)
        assert link.is_symlink()
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_writer_left_goes_with_the_next_write_and_what_a_living_one_writes_stays(tmp_path):
    path, dead, living, other = (tmp_path / name for name in ("f", ".f.0a.part", ".f.0b.part", ".g.0a.part"))
    for file in (dead, living, other):
        file.write_bytes(b"half")
    for file in (dead, other):
        os.utime(file, (0, 0))
    write_atomically(path, b"content")
    assert {file.name for file in tmp_path.iterdir()} == {"f", ".f.0b.part", ".g.0a.part"}


def test_a_file_in_the_place_of_the_folder_is_named_and_kept(tmp_path):
    blocker = tmp_path / "blocker"
    blocker.write_bytes(b"mine")
    for path in (blocker / "file", blocker / "deeper" / "file"):
        with pytest.raises(OSError, match=f"can't write file in {path.parent} "):
            write_atomically(path, b"content")
    assert blocker.read_bytes() == b"mine"


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(*arguments):  # what os.open meets in such a folder; these tests may run as root, whom nothing stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match=f"can't write file in {tmp_path} .Permission denied."):
        write_atomically(tmp_path / "file", b"content")


TENSORS = {
    "weight": torch.arange(12, dtype=torch.float32).reshape(3, 4).T,  # not contiguous
    "double": torch.tensor([1 / 3, float("nan"), float("-inf"), -0.0], dtype=torch.float64),
    "step": torch.tensor(7.0),
    "generator": torch.arange(5, dtype=torch.uint8),
    "none": torch.empty(0, 3),
}
META = {"history": {"loss": [1.5, 2.25]}, "text": "β = ½", "none": None}


def test_tensors_and_meta_come_back_bit_by_bit():
    tensors, meta = unpack(pack(TENSORS, META), "run")
    assert meta == META
    assert tensors.keys() == TENSORS.keys()
    for name, value in TENSORS.items():
        assert tensors[name].dtype == value.dtype
        assert tensors[name].shape == value.shape
        assert tensors[name].numpy().tobytes() == value.contiguous().numpy().tobytes()


@given(data=st.data())
def test_no_flipped_bit_and_no_cut_goes_unnoticed(data):
    content = pack(TENSORS, META)
    at, bit = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 7))
    flipped = content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]
    try:
        tensors, meta = unpack(flipped, "run")
    except CorruptFileError:
        tensors = None
    if tensors is not None:  # only the header's layout changed, not what it says
        assert meta == META
        assert {name: value.numpy().tobytes() for name, value in tensors.items()} == {
            name: value.contiguous().numpy().tobytes() for name, value in TENSORS.items()
        }
    with pytest.raises(CorruptFileError, match="run is truncated or no safetensors file"):
        unpack(content[:at], "run")


def test_a_pickle_is_refused_unread(tmp_path):
    torch.save(TENSORS, tmp_path / "run.pt")
    with pytest.raises(CorruptFileError, match="no safetensors file"):
        unpack((tmp_path / "run.pt").read_bytes(), "run.pt")


def test_sha256_is_that_of_the_standards_test_vector_and_takes_arrays():
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert _storage.sha256(b"abc") == expected
    assert _storage.sha256(torch.tensor([97, 98, 99], dtype=torch.uint8).numpy()) == expected


def test_a_file_says_of_itself_what_it_is_and_has_the_digest_that_others_compute(tmp_path):
    path = tmp_path / "file"
    _storage.save(path, TENSORS, {"kind": "toy", "nothing": None}, ["torch"])
    tensors, about = _storage.load(path)
    assert torch.equal(tensors["weight"], TENSORS["weight"])
    assert about["versions"].keys() == {"python", "torch"}
    assert about["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {key: about[key] for key in ("kind", "nothing", "format")} == {"kind": "toy", "nothing": None, "format": 1}


def test_a_file_of_a_later_format_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_storage, "FORMAT", 99)
    _storage.save(tmp_path / "file", TENSORS, {})
    monkeypatch.undo()
    with pytest.raises(CorruptFileError, match=r"file of format 99, expected format 1; another version of course_lib"):
        _storage.load(tmp_path / "file")


WRITE = """
import sys, torch
from pathlib import Path
from course_lib import _storage
path, start = Path(sys.argv[1]), int(sys.argv[2])
for number in range(start, 10**6, 2):
    _storage.save(path, {"weights": torch.full((200_000,), float(number))}, {"number": number})
    if number == start:
        print("writing", flush=True)
"""


def test_a_reader_beside_two_writers_that_are_killed_always_finds_one_whole_file(tmp_path):
    """What the file says of itself is true of its tensors, at every moment and after SIGKILL."""
    path, seen = tmp_path / "file", set()
    command = [sys.executable, "-c", WRITE, str(path)]
    writers = [subprocess.Popen([*command, str(start)], stdout=subprocess.PIPE, text=True) for start in (0, 1)]
    try:
        for writer in writers:
            assert writer.stdout.readline() == "writing\n"

        def read() -> int:
            tensors, about = _storage.load(path)
            assert bool((tensors["weights"] == about["number"]).all())
            return about["number"]

        while len(seen) < 20:
            seen.add(read())
        for writer in writers:
            writer.kill()
            writer.wait()
            read()
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()
