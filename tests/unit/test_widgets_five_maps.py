"""Five maps: what the page unpacks and finds is what Python packed and scikit-learn finds; what the figure accepts."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from scipy.spatial.distance import cdist, pdist
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors
from traitlets import TraitError

from course_lib import data, widgets
from course_lib.results import maps
from course_lib.results.maps import Map, Maps
from course_lib.widgets import _maps
from tests.in_node import ask

SETTINGS = {"tsne": (5, 30, 100), "umap": (2, 15)}
N = 151


@pytest.fixture(scope="module")
def digits():
    """The test images of the bundled digits."""
    return data.load("digits-28").test


@pytest.fixture(scope="module")
def made(digits):
    """Maps of which PCA's is true and all others are it, bent, turned and shaken: what matters here is the order."""
    index = torch.randperm(len(digits), generator=torch.Generator().manual_seed(5))[:N]
    plane = PCA(2).fit_transform(digits.x[index].numpy())
    generator = np.random.default_rng(0)

    def one(method, setting=None, init=None, seed=0):
        turn, _ = np.linalg.qr(generator.standard_normal((2, 2)))
        places = (
            (np.tanh(plane / 3) + 0.1 * generator.standard_normal(plane.shape)) @ turn if method != "pca" else plane
        )
        places = torch.tensor(places, dtype=torch.float32)
        return Map(method, setting, init, seed, fitted=places[:5], held_out=places, measured={})

    found = [one("vae"), one("pca"), one("autoencoder"), one("vae", seed=1)]
    for method, init in (("tsne", "pca"), ("umap", "spectral")):
        found += [one(method, setting, init) for setting in reversed(SETTINGS[method])]
        found += [one(method, 30, "random"), one(method, 30, init, seed=1)]
    return Maps("digits-28", torch.arange(5), index, tuple(found))


@pytest.fixture
def five(made, digits):
    """The figure."""
    return widgets.FiveMaps.from_maps(made, digits, name="five")


def points_of(five) -> np.ndarray:
    """What the page unpacks: shape (maps, n, 2)."""
    flat = ask("core/points.mjs", "return figure.unpackTwelveBits(given.bytes);", bytes=five.points)
    return np.array(flat).reshape(len(five.maps), N, 2)


def test_one_map_a_setting_in_the_order_of_the_figure(five):
    """Seed 0 only, started from PCA or the spectral embedding only, settings rising."""
    assert [(one["method"], one["setting"]) for one in five.maps] == [
        ("pca", None),
        *(("tsne", setting) for setting in SETTINGS["tsne"]),
        *(("umap", setting) for setting in SETTINGS["umap"]),
        ("autoencoder", None),
        ("vae", None),
    ]
    assert (five.perplexity, five.neighbours, five.digit) == (30, 15, 0)


def test_points_arrive_within_half_a_step(five, made):
    """Unpacked in the page they are the maps, scaled by one number, within half of a 4095th; PCA's not even turned."""
    points = points_of(five)
    assert points.min() == 0
    assert points.max() == 1
    pca = made.get("pca").held_out.double().numpy()
    side = np.ptp(pca, axis=0).max()
    middle = (pca.min(axis=0) + pca.max(axis=0)) / 2
    assert np.abs(points[0] - ((pca - middle) / side + 0.5)).max() <= 0.501 / 4095
    for place, one in zip(points, five.maps, strict=True):
        init = {"tsne": "pca", "umap": "spectral"}.get(one["method"])
        true = made.get(one["method"], one["setting"], init).held_out.double().numpy()
        shown, distances = pdist(place), pdist(true)
        scale = (shown @ distances) / (distances @ distances)
        assert np.abs(shown - scale * distances).max() <= 2 * np.sqrt(2) * 0.51 / 4095


@pytest.mark.parametrize("dataset", maps.names())
def test_shipped_maps_are_light_and_sharp(dataset, request):
    """Module and data stay below 600 kB gzipped; and rounding leaves 95 of 100 neighbours what they were."""
    images = (request.getfixturevalue("mnist") if dataset == "mnist" else data.load(dataset)).test
    shipped = maps.load(dataset)
    five = widgets.FiveMaps.from_maps(shipped, images)
    pieces = [five.points, five.pixels, five.labels, five.near, widgets.figure_modules()["five-maps"].encode()]
    assert sum(len(base64.b64encode(zlib.compress(piece, 9))) for piece in pieces) < 600_000
    n = len(five.labels)
    unpacked = ask("core/points.mjs", "return figure.unpackTwelveBits(given.bytes);", bytes=five.points)
    for points, one in zip(np.array(unpacked).reshape(len(five.maps), n, 2), five.maps, strict=True):
        init = {"tsne": "pca", "umap": "spectral"}.get(one["method"])
        true = shipped.get(one["method"], one["setting"], init).held_out[:n].numpy()
        pairs = zip(_maps.nearest_rows(points, 5), _maps.nearest_rows(true, 5), strict=True)
        assert np.mean([len(set(a) & set(b)) / 5 for a, b in pairs]) > 0.95


def test_a_turned_map_is_turned_back():
    """Turned, mirrored, moved and scaled: what remains is the scale, exactly."""
    generator = np.random.default_rng(1)
    points = generator.standard_normal((50, 2)) * [3, 1]
    angle = 2.1
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([1, -1])
    back = _maps.turned_like(7 * points @ turn + 4, points)
    np.testing.assert_allclose(back, 7 * (points - points.mean(axis=0)), atol=1e-12)


def test_all_points_on_one_place_have_a_place():
    """A map that collapsed is a point in the middle, not a division by zero."""
    assert (_maps.in_a_square(np.ones((4, 2))) == 0.5).all()


def test_neighbours_in_pixels_are_the_nearest(five, made, digits):
    """By all distances in double precision; ties may be in another order, so it is distances that are compared."""
    x = digits.x[made.held_out_index].double().numpy()
    distances = cdist(x, x)
    np.fill_diagonal(distances, np.inf)
    near = np.frombuffer(five.near, dtype="<u2").reshape(N, 10)
    np.testing.assert_allclose(np.take_along_axis(distances, near, 1), np.sort(distances, axis=1)[:, :10], rtol=1e-6)


def test_page_finds_the_neighbours_that_scikit_learn_finds(five):
    """In each map, from the unpacked points; equally near ones may change places."""
    for points in points_of(five):
        body = "return figure.nearestTable(Float32Array.from(given.points), 10);"
        table = np.array(ask("core/points.mjs", body, points=points.ravel().tolist())).reshape(N, 10)
        distances, _ = NearestNeighbors(n_neighbors=10).fit(points).kneighbors()
        assert (table != np.arange(N)[:, None]).all()
        np.testing.assert_allclose(np.linalg.norm(points[table] - points[:, None], axis=2), distances, atol=1e-6)


def test_pictures_arrive_with_sixteen_grey_levels(five, made, digits):
    """Each pixel within half a level."""
    body = """
    const bytes = new Uint8Array(given.bytes.buffer, given.bytes.byteOffset, given.bytes.byteLength);
    return [0, 77, 150].map((i) => [...figure.unpackImage(bytes, i)]);
    """
    images = torch.tensor(ask("core/digits.mjs", body, bytes=zlib.decompress(five.pixels)))
    true = digits.x[made.held_out_index[[0, 77, 150]]]
    torch.testing.assert_close(images, true, rtol=0, atol=0.501 / 15)
    assert list(five.labels) == digits.y[made.held_out_index].tolist()


def test_values_are_checked(five):
    """Settings that were run, digits that are there, rectangles in maps that are there."""
    with pytest.raises(TraitError, match=r"got perplexity 31, expected one that was run: 5, 30, 100"):
        five.perplexity = 31
    with pytest.raises(TraitError, match=r"got neighbours 5, expected one that was run: 2, 15"):
        five.neighbours = 5
    with pytest.raises(TraitError, match="got digit = 151, expected a number from 0 to 150"):
        five.digit = N
    with pytest.raises(TraitError, match=r"got a brush in map 8, expected the place of one of the 8 maps"):
        five.brush = [8, 0, 0, 1, 1]
    for wrong in ([0, 0.5, 0, 0.4, 1], [0, 0, 0, 1, 1.1]):
        with pytest.raises(TraitError, match="as rising fractions"):
            five.brush = wrong
    with pytest.raises(TraitError, match="brush"):
        five.brush = [0, 0, float("nan"), 1, 1]
    five.brush = [1, 0.1, 0.2, 0.3, 0.4]
    assert (five.perplexity, five.neighbours, five.digit) == (30, 15, 0)


def test_values_are_checked_at_birth(made, digits):
    """Also when the figure is made."""
    with pytest.raises(TraitError, match=r"got perplexity 7, expected one that was run"):
        widgets.FiveMaps.from_maps(made, digits, perplexity=7)


def test_wrong_images_and_missing_maps_are_errors(made, digits):
    """The messages say what to give."""
    with pytest.raises(
        ValueError, match=r"got 10 images for maps of image \d+, expected the test images of 'digits-28'"
    ):
        widgets.FiveMaps.from_maps(made, data.Split(digits.x[:10], digits.y[:10]))
    without = Maps(
        made.dataset, made.fitted_index, made.held_out_index, tuple(m for m in made.maps if m.method != "vae")
    )
    with pytest.raises(ValueError, match="got maps without 'vae' at seed 0"):
        widgets.FiveMaps.from_maps(without, digits)
    with pytest.raises(ValueError, match="got 10 held-out images, expected more than 10"):
        widgets.FiveMaps.from_maps(made, digits, most=10)


def test_fewer_are_the_first_of_the_random_order(made, digits, five):
    """`most` shows a prefix of what was drawn at random."""
    few = widgets.FiveMaps.from_maps(made, digits, most=40)
    assert few.labels == five.labels[:40]


def test_notebook_and_page_get_the_figure(five, monkeypatch):
    """Both kinds of output."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    bundle, _ = five._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == five.model_id
    assert 'data-widget="five-maps"' in bundle["text/html"]
    assert len(bundle["text/html"].split('type="application/octet-stream"')) == 5  # points, pixels, labels, near


def test_still_shows_five_maps_and_the_chosen_digit(five):
    """A panel each with what it keeps, and one for the digit; the selection has rings."""
    still = five.still()
    assert isinstance(still, Figure)
    titles = [ax.get_title() for ax in still.axes]
    assert titles[:5] == ["PCA", "t-SNE, perplexity 30", "UMAP, 15 neighbours", "autoencoder", "VAE"]
    assert titles[5] == f"a {five.labels[0]} and its 5 nearest"
    near = np.frombuffer(five.near, dtype="<u2").reshape(N, 10)[0, :5]
    _, table = NearestNeighbors(n_neighbors=5).fit(points_of(five)[0]).kneighbors()
    assert still.axes[0].get_xlabel() == f"keeps {len(set(near) & set(table[0]))} of 5"
    assert "Rings" not in five.describe()
    five.brush = [0, 0.2, 0.2, 0.6, 0.6]
    x, y = points_of(five)[0].T
    inside = ((x >= 0.2) & (x <= 0.6) & (y >= 0.2) & (y <= 0.6)).sum()
    assert f"Rings mark the {inside} digits" in five.describe()
    assert len(five.still().axes[2].lines[0].get_xdata()) == inside
