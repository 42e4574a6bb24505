"""Maps made beforehand: stored and verified, found by what they are, and what the shipped ones hold is true."""

from __future__ import annotations

import dataclasses
import hashlib
import warnings

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import ArpackError
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, _t_sne
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from course_build.recipes import checkpoints as train_checkpoints
from course_build.recipes import maps as train_maps
from course_lib import _storage, checkpoints, data, estimators, training
from course_lib.results import _files, maps

SHIPPED = checkpoints.SHIPPED
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
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    return maps.save(made_up(), **ABOUT)


def test_maps_come_back_within_half_a_step_of_their_range(saved):
    back, before = maps.load("toy"), made_up()
    assert (back.dataset, maps.names()) == ("toy", ("toy",))
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
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    flat = maps.Map("pca", None, None, 0, torch.tensor([[1.0, 5.0], [2.0, 5.0]]), torch.tensor([[3.0, 5.0]]), {})
    point = maps.Map("vae", None, None, 0, torch.full((2, 2), 0.3), torch.full((1, 2), 0.3), {})
    maps.save(maps.Maps("toy", torch.arange(2), torch.arange(1), (flat, point)), **ABOUT)
    for one, other in zip(maps.load("toy").maps, (flat, point), strict=True):
        torch.testing.assert_close(one.fitted, other.fitted, rtol=0, atol=2e-5)
        torch.testing.assert_close(one.held_out, other.held_out, rtol=0, atol=2e-5)


def test_the_manifest_says_what_they_are_and_how_they_were_made(saved):
    about = maps.manifest("toy")
    assert about.items() >= ({"dataset": "toy"} | ABOUT).items()
    assert about["sha256"] == hashlib.sha256(saved.read_bytes()).hexdigest()
    assert about["versions"].keys() == {"python", "torch", "scikit-learn", "umap-learn", "numba"}
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
        (("tsne", 5), r"got tsne, 5, seed 0: 2 maps agree.* expected 1.* are tsne perplexity 5 from pca, seed 0; tsne"),
        (("tsne", 30), r"got tsne, 30, seed 0: 0 maps agree.*tsne perplexity 30 from pca, seed 1"),
        (("umap",), r"got umap, seed 0: 0 maps agree.* are none"),
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
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    toy = made_up()
    wrong = dataclasses.replace(toy, maps=(dataclasses.replace(toy.maps[0], **change), *toy.maps[1:]))
    with pytest.raises(ValueError, match=message):
        maps.save(wrong, **ABOUT)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(params=["digits-28", "mnist"])
def shipped(request):
    """The maps that come with the course, and the images that are on them."""
    images = request.getfixturevalue("mnist") if request.param == "mnist" else data.load(request.param)
    return maps.load(request.param), images


def rows_of(there, images):
    """(fitted, held-out) images, NumPy."""
    return images.train.x[there.fitted_index].numpy(), images.test.x[there.held_out_index].numpy()


def test_the_shipped_maps_are_small_and_say_what_they_are(shipped):
    there, images = shipped
    about = maps.manifest(there.dataset)
    name = f"maps-{there.dataset}"
    assert _files.path("maps", there.dataset).stat().st_size <= 2e6
    assert (about["dataset"], about["command"]) == (images.name, f"python -m course_build.recipes {name}")
    specs = [train_maps.Spec(one.method, one.setting, one.init, one.seed) for one in there.maps]
    assert specs == list(train_maps.specs(len(there.fitted_index), len(there.held_out_index)))
    for index, split in ((there.fitted_index, images.train), (there.held_out_index, images.test)):
        assert len(index.unique()) == len(index)
        assert 0 <= int(index.min()) <= int(index.max()) < len(split)
    fitted, held_out = train_maps.SAMPLES[name]
    assert (len(there.fitted_index), len(there.held_out_index)) == (fitted, min(held_out, len(images.test)))
    for one in there.maps:
        assert one.measured["peak_mb"] >= one.measured["start_mb"] > 100
        assert one.measured["processor_seconds"] > 0


def test_the_shipped_pca_is_that_of_its_images(shipped):
    there, images = shipped
    fitted, held_out = rows_of(there, images)
    pca, one = PCA(2).fit(fitted), there.get("pca")
    for x, places in ((fitted, one.fitted), (held_out, one.held_out)):
        np.testing.assert_allclose(places.numpy(), pca.transform(x), atol=1e-3)
    errors = np.square(held_out - pca.inverse_transform(pca.transform(held_out))).sum(axis=1)
    assert one.measured["squared_error"] == pytest.approx(errors.mean(), abs=1e-3)


def test_neighbours_on_the_shipped_maps_are_neighbours_among_the_images(shipped):
    """Every map has to know the digits better than PCA does, and chance is a tenth."""
    there, images = shipped
    y, held_out_y = images.train.y[there.fitted_index], images.test.y[there.held_out_index]

    def right(one):
        return KNeighborsClassifier().fit(one.fitted, y).score(one.held_out, held_out_y)

    pca = right(there.get("pca"))
    assert pca > 0.3
    assert {one.method for one in there.maps} == set(maps.METHODS)
    for one in there.maps:
        if one.setting not in (None, 2):
            assert right(one) > pca + 0.1
        elif one.method in ("autoencoder", "vae"):
            assert right(one) > pca + 0.05


def test_the_divergence_of_the_shipped_t_sne_is_that_of_its_places(shipped):
    """Anew from the images and the places, over all pairs; scikit-learn sums far ones in groups."""
    there, images = shipped
    x, one = np.vstack(rows_of(there, images)), there.get("tsne", 30, "pca")
    distances = NearestNeighbors(n_neighbors=91).fit(x).kneighbors_graph(mode="distance")
    distances.sort_indices()
    distances.data **= 2
    p = _t_sne._joint_probabilities_nn(distances, 30, 0).tocoo()
    places = torch.cat([one.fitted, one.held_out])
    weights = 1 / (1 + torch.cdist(places, places).square())
    q = (weights / (weights.sum(dtype=torch.float64) - len(x)))[p.row, p.col].numpy()
    assert one.measured["kl_divergence"] == pytest.approx(float((p.data * np.log(p.data / q)).sum()), rel=0.03)


def test_the_shipped_networks_were_trained_for_as_long_as_was_best(shipped):
    there, _ = shipped
    settings = maps.manifest(there.dataset)["settings"]
    for network, scores in settings["scores_by_epochs"].items():
        tried = [int(epochs) for epochs in scores]
        best = max(scores.values())
        assert scores[str(settings["epochs"][network])] == best
        assert settings["epochs"][network] not in (min(tried), max(tried))  # or more should have been tried
        for one in there.select(network):
            assert one.measured["squared_error"] < there.get("pca").measured["squared_error"]
            assert 0 < one.measured["own_sure"] <= 1
            assert 0 < one.measured["prior_sure"] <= 1


def test_settings_that_the_sample_is_too_small_for_are_left_out():
    specs = train_maps.specs(fitted=100, held_out=50)
    assert {spec.setting for spec in specs if spec.method == "tsne"} == {2, 5, 15, 30}  # below 150 / 3
    assert {spec.setting for spec in specs if spec.method == "umap"} == {2, 5, 15, 30, 50}  # below 100
    assert len(train_maps.specs(1000, 360)) == len(set(train_maps.specs(1000, 360))) == 45


NAME = "maps-digits-28"


@pytest.fixture
def small_recipe(tmp_path, monkeypatch):
    """Few images, a map of each kind, everything in this process and in a folder of the test's own."""
    for module in (checkpoints, _files):
        monkeypatch.setattr(module, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(train_maps.tempfile, "tempdir", str(tmp_path))
    kinds = [("pca",), ("autoencoder",), ("vae",), ("tsne", 5, "random", 1), ("umap", 5, "spectral", 1)]
    for key, value in {
        "SAMPLES": {NAME: (80, 40)},
        "EPOCHS_TRIED": (1, 3),
        "VALIDATION": 50,
        "specs": lambda fitted, held_out: tuple(train_maps.Spec(*kind) for kind in kinds),
    }.items():
        monkeypatch.setattr(train_maps, key, value)
    judge = tmp_path / "weights" / "judge-digits-28.safetensors"
    judge.parent.mkdir()
    judge.write_bytes((SHIPPED / judge.name).read_bytes())
    monkeypatch.setattr(train_maps.resources, "measure", lambda fn: fn())
    monkeypatch.setattr(train_maps.torch, "set_num_threads", lambda n: None)
    return tmp_path


@pytest.mark.slow
def test_the_tool_makes_the_maps_that_it_says_and_continues_an_interrupted_run(small_recipe, monkeypatch):
    make, made = train_maps.make, []

    def interrupted(name, spec, *rest):
        if spec.method == "tsne" and len(made) == 3:
            raise KeyboardInterrupt
        made.append(spec.method)
        make(name, spec, *rest)

    monkeypatch.setattr(train_maps, "make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_checkpoints.train(NAME)
    assert maps.names() == ()
    made.append("interrupted")
    train_checkpoints.train(NAME)
    assert made == ["pca", "autoencoder", "vae", "interrupted", "tsne", "umap"]
    assert [path.name for path in small_recipe.iterdir()] == ["weights"]  # a finished run leaves no state behind
    there, images = maps.load("digits-28"), data.load("digits-28")
    x, new = rows_of(there, images)
    assert (len(x), len(new)) == (80, 40)
    settings = maps.manifest("digits-28")["settings"]

    def agree(one, fitted, held_out):
        np.testing.assert_allclose(one.fitted, fitted, atol=2e-5 * np.ptp(fitted))
        np.testing.assert_allclose(one.held_out, held_out, atol=2e-5 * np.ptp(fitted))

    tsne = TSNE(perplexity=5, init="random", random_state=1).fit(np.vstack([x, new]))
    agree(there.get("tsne", seed=1), tsne.embedding_[:80], tsne.embedding_[80:])
    assert there.get("tsne", seed=1).measured["kl_divergence"] == pytest.approx(tsne.kl_divergence_, abs=1e-4)
    umap = estimators.UMAP(n_neighbors=5, random_state=1, n_jobs=1).fit(x)
    one = there.get("umap", seed=1)
    agree(one, umap.embedding_, umap.transform(new))
    inverse = np.square(new - umap.inverse_transform(umap.transform(new))).sum(axis=1).mean()  # fewer than 50 images
    assert one.measured["inverse_squared_error"] == pytest.approx(inverse, abs=1e-3)
    assert 0 < one.measured["common_neighbours"] < 1  # not looked up, but not elsewhere either
    assert one.measured["displacement"] < 0.1
    for network in ("autoencoder", "vae"):
        one, epochs = there.get(network), settings["epochs"][network]
        schedule = training.Cosine(3e-3, epochs, warmup=epochs / 50)
        options = {"likelihood": "bernoulli", "epochs": epochs, "learning_rate": schedule}
        fitted = train_maps.NETWORKS[network](**options).fit(x)
        agree(one, fitted.transform(x), fitted.transform(new))
        error = np.square(new - fitted.inverse_transform(fitted.transform(new))).sum(axis=1).mean()
        assert one.measured["squared_error"] == pytest.approx(error, abs=1e-3)
        judge = checkpoints.load("judge-digits-28")
        pictures = fitted.inverse_transform(np.random.default_rng(1).normal(size=(5000, 2)).astype(np.float32))
        with torch.no_grad():
            sure = float((judge.logits(torch.from_numpy(pictures)).softmax(dim=1).amax(dim=1) > 0.9).double().mean())
        assert one.measured["prior_sure"] == pytest.approx(sure, abs=4 * (2 * 0.25 / 5000) ** 0.5)


class FallsBack(PCA):
    """A stand-in for a UMAP whose spectral start could not be computed."""

    def fit_transform(self, X, y=None):
        warnings.warn("Spectral initialisation failed! \n\nFalling back to random initialisation!", stacklevel=2)
        return super().fit_transform(X)


@pytest.mark.parametrize(("kind", "fell_back"), [(PCA, False), (FallsBack, True)])
def test_a_start_that_was_not_the_one_asked_for_is_on_record(small_recipe, monkeypatch, capsys, kind, fell_back):
    monkeypatch.setattr(train_maps, "build", lambda spec, epochs: kind(2))
    path, spec = small_recipe / "one.safetensors", train_maps.Spec("umap", 5, "spectral")
    train_maps.make(NAME, spec, 0, path)
    measured = _storage.load(path)[1]["measured"]
    assert ("fell_back_to_random" in measured) == fell_back
    assert ("Spectral initialisation failed" in capsys.readouterr().out) == fell_back
    assert (measured["common_neighbours"], measured["displacement"]) == (1, 0)  # PCA's transform is what it fitted


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_umap_learn_itself_says_of_a_failed_start_is_understood(small_recipe, monkeypatch):
    """The words of the stand-in above are its words."""

    def fail(*_, **__):
        raise ArpackError(-1)

    monkeypatch.setattr("scipy.sparse.linalg.eigsh", fail)
    train_maps.make(NAME, train_maps.Spec("umap", 15, "spectral"), 0, small_recipe / "one.safetensors")
    assert _storage.load(small_recipe / "one.safetensors")[1]["measured"]["fell_back_to_random"] == 1


def test_the_validation_images_are_no_fitted_ones():
    rows = train_maps.sample(NAME)
    together = torch.cat([rows.fitted, rows.validation])
    assert len(together.unique()) == len(together) == 1437
    assert len(rows.held_out) == 360
