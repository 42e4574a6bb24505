"""Maps made beforehand: stored and verified, found by what they are, and what the shipped ones hold is true."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch

from course_lib import checkpoints, maps
from course_lib._storage import BadFile

ABOUT = {"command": "make it", "settings": {"epochs": 3}, "measured": {"seconds": "that passed"}, "note": "made up"}


def made_up() -> maps.Maps:
    """Four maps of three fitted and two held-out images, one of them a thousand times as wide as it is high."""
    generator = torch.Generator().manual_seed(0)
    wide = torch.tensor([1000.0, 1.0])
    made = []
    for kind in (("pca", None, None, 0), ("tsne", 5, "pca", 0), ("tsne", 5, "random", 0), ("tsne", 30, "pca", 1)):
        places = torch.randn(5, 2, generator=generator) * wide
        made.append(maps.Map(*kind, places[:3], places[3:], {"seconds": 1.5}))
    return maps.Maps("toy", torch.tensor([7, 0, 59_999]), torch.tensor([3, 1]), tuple(made))


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    return maps.save(made_up(), **ABOUT)


def test_maps_come_back_within_half_a_step_of_their_range(saved):
    back, before = maps.load("toy"), made_up()
    assert (back.dataset, maps.names(), checkpoints.names()) == ("toy", ("toy",), ())
    assert torch.equal(back.fitted_index, before.fitted_index)
    assert torch.equal(back.held_out_index, before.held_out_index)
    for one, other in zip(back.maps, before.maps, strict=True):
        assert (one.method, one.setting, one.init, one.seed) == (other.method, other.setting, other.init, other.seed)
        assert one.measured == other.measured
        assert (one.fitted.dtype, one.held_out.dtype) == (torch.float32, torch.float32)
        wanted = torch.cat([other.fitted, other.held_out]).double()
        half_a_step = (wanted.amax(dim=0) - wanted.amin(dim=0)) / 65_535 / 2
        error = (torch.cat([one.fitted, one.held_out]).double() - wanted).abs()
        assert bool((error <= 1.01 * half_a_step + 1e-7 * wanted.abs()).all())  # float32 rounds once more
        assert bool((error > 0.01 * half_a_step).any())  # otherwise it isn't 16 bits what is stored


def test_a_map_on_one_line_or_one_place_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    flat = maps.Map("pca", None, None, 0, torch.tensor([[1.0, 5.0], [2.0, 5.0]]), torch.tensor([[3.0, 5.0]]), {})
    point = maps.Map("vae", None, None, 0, torch.full((2, 2), 0.3), torch.full((1, 2), 0.3), {})
    maps.save(maps.Maps("toy", torch.arange(2), torch.arange(1), (flat, point)), **ABOUT)
    for one, other in zip(maps.load("toy").maps, (flat, point), strict=True):
        torch.testing.assert_close(one.fitted, other.fitted, rtol=0, atol=2e-5)
        torch.testing.assert_close(one.held_out, other.held_out, rtol=0, atol=2e-5)


def test_the_manifest_says_what_they_are_and_how_they_were_made(saved):
    about = maps.manifest("toy")
    assert about.items() >= ({"dataset": "toy"} | ABOUT).items()
    assert about["sha256"] == checkpoints._storage.sha256(saved.read_bytes())
    assert about["versions"].keys() == {"python", "torch", "numpy", "scikit-learn", "umap-learn", "numba"}
    kind = {"method": "tsne", "setting": 30, "init": "pca", "seed": 1}
    assert about["maps"][3] == kind | {"measured": {"seconds": 1.5}}


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ({"method": "pca"}, [0]),
        ({"method": "tsne"}, [1, 2, 3]),
        ({"method": "tsne", "setting": 5}, [1, 2]),
        ({"method": "tsne", "init": "pca"}, [1, 3]),
        ({"method": "tsne", "seed": 0}, [1, 2]),
        ({"method": "tsne", "setting": 2}, []),
        ({"method": "umap"}, []),
    ],
)
def test_select_gives_all_maps_that_agree(wanted, places):
    toy = made_up()
    assert toy.select(**wanted) == tuple(toy.maps[place] for place in places)


def test_get_gives_the_one_map_that_agrees():
    toy = made_up()
    assert toy.get("pca") is toy.maps[0]
    assert toy.get("tsne", 5, "random") is toy.maps[2]
    assert toy.get("tsne", seed=1) is toy.maps[3]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("tsne", 5), r"got tsne, 5, seed 0: 2 maps agree.* expected 1.*: tsne perplexity 5 from pca, seed 0; tsne"),
        (("tsne", 30), r"got tsne, 30, seed 0: 0 maps agree.*tsne perplexity 30 from pca, seed 1"),
        (("umap",), r"got umap, seed 0: 0 maps agree.*: none"),
        (("t-sne",), "got method = 't-sne', expected one of 'pca', 'autoencoder', 'vae', 'tsne', 'umap'"),
    ],
)
def test_get_says_what_there_is(wanted, message):
    with pytest.raises(ValueError, match=message):
        made_up().get(*wanted)


def test_they_say_what_they_are():
    toy = made_up()
    assert repr(toy) == "Maps('toy': 4 maps of 3 fitted and 2 held-out images)"
    assert repr(toy.maps[1]) == "Map(tsne perplexity 5 from pca, seed 0: 3 fitted and 2 held-out images)"


@pytest.mark.parametrize("at", [0, 100, -1])
def test_one_flipped_byte_is_noticed(saved, at):
    content = bytearray(saved.read_bytes())
    content[at] ^= 1
    saved.write_bytes(bytes(content))
    with pytest.raises(BadFile, match=r"maps-toy\.npz.*truncated or altered"):
        maps.load("toy")


def test_a_foreign_file_is_refused_even_with_a_matching_digest(saved):
    np.savez(saved, other=np.zeros(3))
    manifest = saved.with_suffix(".json")
    about = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(about | {"sha256": checkpoints._storage.sha256(saved.read_bytes())}))
    with pytest.raises(BadFile, match=r"maps-toy\.npz is no file of maps of this course"):
        maps.load("toy")


@pytest.mark.parametrize("change", [lambda kept: kept[:-1], lambda kept: [{}, *kept[1:]], lambda kept: None])
def test_a_manifest_of_other_maps_is_refused(saved, change):
    manifest = saved.with_suffix(".json")
    about = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(about | {"maps": change(about["maps"])}))
    with pytest.raises(BadFile, match=r"maps-toy\.json does not describe the maps of maps-toy\.npz"):
        maps.load("toy")


def test_a_missing_manifest_is_said(saved):
    saved.with_suffix(".json").unlink()
    with pytest.raises(BadFile, match=r"maps-toy\.json is missing or no manifest of maps"):
        maps.load("toy")


def test_an_unknown_data_set_is_told_the_known_ones():
    with pytest.raises(ValueError, match="got data set 'letters', expected one with maps: digits-28"):
        maps.load("letters")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fitted": torch.zeros(2, 2)}, "got 2 fitted places of pca, seed 0, expected 3: one for each image"),
        ({"held_out": torch.zeros(2, 3)}, "got held_out of pca, seed 0 with 3 columns, expected 2"),
        ({"fitted": torch.full((3, 2), torch.nan)}, "got NaN or infinity in 3 of the 3 rows of fitted of pca"),
        ({"measured": {"grams": 3.0}}, "got grams measured of pca, seed 0, expected it explained"),
    ],
)
def test_maps_that_cannot_be_true_are_not_saved(tmp_path, monkeypatch, change, message):
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    toy = made_up()
    wrong = dataclasses.replace(toy, maps=(dataclasses.replace(toy.maps[0], **change), *toy.maps[1:]))
    with pytest.raises(ValueError, match=message):
        maps.save(wrong, **ABOUT)
    assert list(tmp_path.iterdir()) == []
