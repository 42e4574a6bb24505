"""t-SNE and UMAP behind a watched door: what is refused and why it has to be, and that nothing else has changed."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from sklearn import manifold
from sklearn.base import clone
from sklearn.manifold import _utils
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors

from course_lib import estimators

# Of a few points and their copies umap-learn's eigenvector solver now and then says that it found none; the map is then
# drawn from another start.
pytestmark = pytest.mark.filterwarnings("ignore:Spectral initialisation failed")
METHODS = {"tsne": ("TSNE", {"perplexity": 5, "max_iter": 250}), "umap": ("UMAP", {"n_neighbors": 5, "n_epochs": 20})}


@pytest.fixture(params=METHODS)
def method(request):
    """A small estimator of each kind; UMAP is imported when its turn comes."""
    name, settings = METHODS[request.param]
    return getattr(estimators, name)(random_state=0, **settings)


@pytest.fixture(scope="module")
def x():
    """60 points around two centres in four dimensions, and two constant features beside."""
    rng = np.random.default_rng(0)
    varying = rng.normal(size=(60, 4)) + 5 * (np.arange(60) % 2)[:, None]
    return np.c_[varying, np.ones((60, 2))].astype(np.float32)


def test_the_maps_are_those_of_scikit_learn_and_umap_learn(method, x):
    """Constant features are no reason to complain."""
    parent = type(method).__mro__[1]
    assert (parent.__module__.split(".")[0], parent.__name__) in {("sklearn", "TSNE"), ("umap", "UMAP")}
    settings = method.get_params() | ({"n_jobs": 1} if parent.__name__ == "UMAP" else {})
    theirs = parent(**settings).fit_transform(x)
    np.testing.assert_array_equal(clone(method).fit_transform(x), theirs)
    np.testing.assert_array_equal(clone(method).fit(x).embedding_, theirs)
    assert clone(method).get_params() == method.get_params()


def test_a_seed_makes_umap_work_alone_without_a_word(x):
    fitted = estimators.UMAP(n_neighbors=5, n_epochs=20, random_state=0).fit(x)
    assert fitted.n_jobs == 1
    with pytest.warns(UserWarning, match="n_jobs.*random_state"):
        estimators.UMAP(n_neighbors=5, n_epochs=20, random_state=0, n_jobs=2).fit(x)


def test_a_random_start_repeats_where_the_graph_is_in_pieces():
    x = np.random.default_rng(0).normal(size=(60, 4))
    settings = {"n_neighbors": 2, "n_epochs": 20, "init": "random", "random_state": 0}
    first, second = (estimators.UMAP(**settings).fit(x) for _ in range(2))
    assert connected_components(first.graph_)[0] > 2
    np.testing.assert_array_equal(first.embedding_, second.embedding_)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_counted_and_refused(method, x, bad):
    x = x.copy()
    x[[3, 8], 1] = bad
    x[8, 2] = bad
    with pytest.raises(ValueError, match="got NaN or infinity in 2 of the 60 rows of X, expected finite numbers only"):
        method.fit_transform(x)
    with pytest.raises(ValueError, match="got NaN or infinity in 2 of the 60 rows of X"):
        method.fit_transform(sparse.csr_matrix(x))


@pytest.mark.parametrize("init", ["pca", "random"])
def test_equal_rows_are_refused_before_scikit_learn_divides_by_their_spread(init):
    """From `init="pca"` the process may die, so that this cannot be shown here; UMAP's cloud is shown below."""
    with pytest.raises(ValueError, match="got X whose 4 features are all constant over 50 samples, expected at least"):
        estimators.TSNE(perplexity=5, init=init).fit_transform(np.full((50, 4), 0.3))


def test_equal_rows_are_refused_where_umap_learn_would_invent_a_map():
    theirs = estimators.UMAP.__mro__[1]
    x = np.full((50, 4), 0.3)
    invented = theirs(n_neighbors=5, n_epochs=20, random_state=0, n_jobs=1).fit_transform(x)
    assert invented.std(axis=0).min() > 0.1
    with pytest.raises(ValueError, match="got X whose 4 features are all constant over 50 samples"):
        estimators.UMAP(n_neighbors=5).fit(x)
    with pytest.raises(ValueError, match="got X whose 4 features are all constant over 50 samples"):
        estimators.UMAP(n_neighbors=5).fit(sparse.csr_matrix(x))


def test_minus_zero_is_zero():
    with pytest.raises(ValueError, match="all constant over 40 samples"):
        estimators.TSNE(perplexity=5).fit_transform(np.where(np.arange(40) % 2, 0.0, -0.0)[:, None] * np.ones(3))


@pytest.mark.parametrize("perplexity", [20, 20.5, 59])
def test_a_perplexity_of_a_third_of_the_points_is_refused(x, perplexity):
    """scikit-learn maps all of these; with 59 every point is as near to every other, whatever the data."""
    with pytest.raises(ValueError, match=rf"got perplexity = {perplexity} for 60 points, .* a third of them, 20: "):
        estimators.TSNE(perplexity=perplexity).fit_transform(x)


def test_below_a_third_the_search_finds_as_many_neighbours_as_it_wants(x):
    assert int(3 * 19.6 + 1) <= len(x) - 1 < (3 * 20 + 1)
    assert estimators.TSNE(perplexity=19.6, max_iter=250).fit_transform(x).shape == (60, 2)


@pytest.mark.parametrize("neighbours", [60, 100])
def test_as_many_neighbours_as_points_are_refused(x, neighbours):
    with pytest.raises(ValueError, match=rf"got n_neighbors = {neighbours} for 60 points, expected fewer than 60"):
        estimators.UMAP(n_neighbors=neighbours).fit_transform(x)


def test_settings_that_are_no_numbers_are_refused(x):
    with pytest.raises(ValueError, match="got perplexity = 'large', expected a finite number above 0"):
        estimators.TSNE(perplexity="large").fit_transform(x)
    with pytest.raises(TypeError, match=r"got n_neighbors = 4\.5, expected an integer"):
        estimators.UMAP(n_neighbors=4.5).fit_transform(x)


def with_copies(x, copies):
    return np.vstack([x, np.repeat(x[:1], copies - 1, axis=0)])


def reached_perplexities(x, perplexity):
    """One for each row of x, with 3 · perplexity + 1 neighbours, as scikit-learn's search of bandwidths leaves it."""
    distances = NearestNeighbors(n_neighbors=int(3 * perplexity + 1)).fit(x).kneighbors()[0]
    p = _utils._binary_search_perplexity(distances.astype(np.float32) ** 2, float(perplexity), 0)
    return np.exp(-(p * np.log(np.maximum(p, 1e-30))).sum(axis=1))


@pytest.mark.parametrize(("copies", "reached"), [(7, 6), (30, 16)])
def test_copies_beyond_the_perplexity_are_warned_of_since_it_cannot_be_reached(x, copies, reached):
    x = with_copies(x, copies)
    assert reached_perplexities(x, 5)[-1] == pytest.approx(reached, abs=0.01)
    with pytest.warns(UserWarning, match=rf"occurs {copies} times, expected fewer than 7 .* perplexity {reached},"):
        estimators.TSNE(perplexity=5, max_iter=250).fit_transform(x)


def test_as_many_copies_as_the_perplexity_allows_pass(x):
    x = with_copies(x, 6)
    assert reached_perplexities(x, 5)[-1] == pytest.approx(5, abs=0.01)
    estimators.TSNE(perplexity=5, max_iter=250).fit_transform(x)


def test_copies_that_fill_a_neighbourhood_are_warned_of(x):
    estimators.UMAP(n_neighbors=5, n_epochs=20).fit(with_copies(x, 4))
    crowded = with_copies(x, 5)
    with pytest.warns(UserWarning, match=r"got a row that occurs 5 times, expected fewer than 5 .*unique=True"):
        estimators.UMAP(n_neighbors=5, n_epochs=20).fit(crowded)
    assert (NearestNeighbors(n_neighbors=5).fit(crowded).kneighbors(crowded[-1:])[0] == 0).all()


def test_unique_is_an_answer_to_copies_and_counts_different_points(x):
    crowded = with_copies(x, 9)
    places = estimators.UMAP(n_neighbors=5, n_epochs=20, unique=True).fit_transform(crowded)
    np.testing.assert_array_equal(places[60:], np.repeat(places[:1], 8, axis=0))
    with pytest.raises(ValueError, match="got n_neighbors = 60 for 60 points"):
        estimators.UMAP(n_neighbors=60, unique=True).fit(crowded)


def test_distances_are_no_rows(method):
    """Among two heaps of twenty copies each they have equal rows, which are no copies of anything."""
    method.set_params(metric="precomputed", init="random")
    distances = pairwise_distances(np.arange(40)[:, None] // 20)
    if isinstance(method, manifold.TSNE):
        assert method.fit_transform(distances).shape == (40, 2)
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # umap-learn says that it has no transform for distances
            assert method.fit_transform(distances).shape == (40, 2)


def test_the_library_does_not_import_umap_before_it_is_needed():
    code = (
        "import sys, course_lib.estimators as e; assert 'umap' not in sys.modules; e.TSNE; e.UMAP; sys.modules['umap']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_umap_learn_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "course_lib.estimators.umap", raising=False)
    monkeypatch.setitem(sys.modules, "umap", None)  # Python's own way to say that there is none
    with pytest.raises(ModuleNotFoundError, match=r"needs the package umap-learn.*: pip install umap-learn"):
        estimators.UMAP  # noqa: B018


def test_there_is_nothing_else_behind_the_door():
    with pytest.raises(AttributeError, match=r"module 'course_lib\.estimators' has no attribute 'Isomap'"):
        estimators.Isomap  # noqa: B018
