"""The one loader of everything computed beforehand: whatever is altered, foreign or of another kind is refused."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

from course_lib._storage import CorruptFileError
from course_lib.results import _files, beta_sweep, maps, seeds, shape_runs

TENSORS = {"values": torch.arange(6.0).reshape(2, 3)}
KINDS = {module.KIND: module for module in (beta_sweep, maps, seeds)}


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """The path of a file of the kind `toy`."""
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    return _files.save("toy", "letters", TENSORS, {"command": "make it"})


def test_a_file_comes_back_with_what_it_says_of_itself(saved):
    tensors, about = _files.load("toy", "letters")
    assert torch.equal(tensors["values"], TENSORS["values"])
    assert about.items() >= {"kind": "toy", "dataset": "letters", "command": "make it"}.items()
    assert _files.datasets("toy") == ("letters",)


@pytest.mark.parametrize("at", [0, 100, -1])
def test_one_flipped_bit_is_noticed(saved, at):
    content = bytearray(saved.read_bytes())
    content[at] ^= 1
    saved.write_bytes(bytes(content))
    with pytest.raises(CorruptFileError, match=saved.name):
        _files.load("toy", "letters")


def test_foreign_files_are_refused(saved):
    for write in (
        lambda: saved.write_text("<html>not found</html>"),
        lambda: torch.save(TENSORS, saved),
        lambda: save_file(TENSORS, saved),
    ):
        write()
        with pytest.raises(CorruptFileError, match=saved.name):
            _files.load("toy", "letters")


def test_a_file_under_the_name_of_another_kind_is_refused(saved):
    saved.rename(saved.with_name("other-letters.safetensors"))
    with pytest.raises(CorruptFileError, match=r"got other-letters.safetensors of kind 'toy', expected 'other'"):
        _files.load("other", "letters")


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_data_set_is_told_the_known_ones(kind):
    known = ", ".join(KINDS[kind].names())
    for function in (KINDS[kind].load, KINDS[kind].manifest):
        with pytest.raises(ValueError, match=f"got data set 'letters', expected one with {kind}: {known}"):
            function("letters")


def test_all_that_is_shipped_has_a_loader():
    named = {_files.path(kind, dataset).name for kind, module in KINDS.items() for dataset in module.names()}
    runs = _files.path(shape_runs.KIND, shape_runs.DATASET).name
    assert {path.name for path in _files.SHIPPED.iterdir()} == named | {runs}


def test_seeds_come_back_by_model_and_measurement(saved):
    measured = {"ae-2d": {"own_sure": [0.5, 0.25]}, "vae-2d": {"own_sure": [1.0, 0.0], "prior_sure": [0.1, 0.2]}}
    seeds.save(measured, "letters", command="make it", seeds=(0, 1))
    back = seeds.load("letters")
    assert {model: {name: value.tolist() for name, value in rows.items()} for model, rows in back.items()} == measured
    assert seeds.manifest("letters")["seeds"] == [0, 1]
    for wrong in ([0.5], [0.5, float("nan")]):
        with pytest.raises(ValueError, match=r"got own_sure of ae-2d: .*, expected 2 finite numbers"):
            seeds.save({"ae-2d": {"own_sure": wrong}}, "letters", command="make it", seeds=(0, 1))
