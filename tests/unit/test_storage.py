"""Files written whole or not at all, and tensors that come back bit by bit or with an error."""

import os
import stat

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib import _storage
from course_lib._storage import BadFile, pack, unpack, write_atomically


class Broken(Exception):
    """What a failing disk says in these tests."""


@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("error", [Broken, OSError, KeyboardInterrupt])
def test_a_failure_at_any_point_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch, function, error):
    def fail(*arguments):
        raise error

    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, function, fail)
    with pytest.raises(error):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_replaces_the_old_one_is_readable_by_others_and_its_folder_is_made(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_the_name_points_to_it(tmp_path, monkeypatch):
    order, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("replace"), replace(*names)))
    write_atomically(tmp_path / "file", b"content")
    assert order == ["fsync", "replace"]


def test_a_file_in_the_place_of_the_folder_is_named_and_kept(tmp_path):
    blocker = tmp_path / "blocker"
    blocker.write_bytes(b"mine")
    for path in (blocker / "file", blocker / "deeper" / "file"):
        with pytest.raises(OSError, match=f"can't write file: {path.parent} is no folder that can be written"):
            write_atomically(path, b"content")
    assert blocker.read_bytes() == b"mine"


def test_a_folder_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(**arguments):  # what mkstemp meets in such a folder; these tests may run as root, whom nothing stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_storage.tempfile, "mkstemp", refuse)
    with pytest.raises(PermissionError, match=f"can't write file: {tmp_path} is no folder .*Permission denied"):
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
    except BadFile:
        tensors = None
    if tensors is not None:  # only the header's layout changed, not what it says
        assert meta == META
        assert {name: value.numpy().tobytes() for name, value in tensors.items()} == {
            name: value.contiguous().numpy().tobytes() for name, value in TENSORS.items()
        }
    with pytest.raises(BadFile, match="run is truncated or no safetensors file"):
        unpack(content[:at], "run")


def test_a_pickle_is_refused_unread(tmp_path):
    torch.save(TENSORS, tmp_path / "run.pt")
    with pytest.raises(BadFile, match="no safetensors file"):
        unpack((tmp_path / "run.pt").read_bytes(), "run.pt")


def test_sha256_is_that_of_the_standards_test_vector_and_takes_arrays():
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert _storage.sha256(b"abc") == expected
    assert _storage.sha256(torch.tensor([97, 98, 99], dtype=torch.uint8).numpy()) == expected
