"""What the estimators promise beyond scikit-learn's interface, against PCA, the library itself and brute force."""

import io
import pickle

import joblib
import numpy as np
import pytest
import torch
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course_lib import models, training
from course_lib.estimators import AutoencoderEstimator, LinearAutoencoderEstimator, VAEEstimator

SMALL = {
    "linear": LinearAutoencoderEstimator(epochs=3),
    "autoencoder": AutoencoderEstimator(hidden=(8,), epochs=3),
    "vae": VAEEstimator(hidden=(8,), epochs=3),
}


@pytest.fixture(params=SMALL)
def estimator(request):
    return clone(SMALL[request.param])


@pytest.fixture(scope="module")
def x():
    """120 examples of 5 features, off the origin, with spreads from 4 to 0.5."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(120, 5)) * [4, 3, 1, 1, 0.5] + [10, -5, 0, 1, 2]


@pytest.fixture(scope="module")
def arc():
    """400 points along a bent line in three dimensions: one dimension, but no straight one."""
    rng = np.random.default_rng(0)
    t = rng.uniform(-1.4, 1.4, 400)
    return 5 * np.c_[np.sin(t), np.cos(t), 0.5 * t] + rng.normal(size=(400, 3)) * 0.1


def squared_error(x, x_hat):
    return np.square(x - x_hat).sum(axis=1).mean()


def converging(n_components, epochs=200):
    rate = training.Cosine(1e-2, epochs)
    return LinearAutoencoderEstimator(n_components, epochs=epochs, learning_rate=rate, batch_size=64)


def test_the_linear_one_reaches_the_plane_the_axes_and_the_error_of_pca(toy):
    x = toy.numpy()
    pca, linear = PCA(3).fit(x), converging(3).fit(x)
    assert subspace_angles(linear.components_.T, pca.components_.T).max() < 0.02
    error = squared_error(x, pca.inverse_transform(pca.transform(x)))
    assert error <= -linear.score(x) < 1.001 * error
    np.testing.assert_allclose(linear.components_, pca.components_, atol=0.02)
    np.testing.assert_allclose(linear.explained_variance_, pca.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(linear.mean_, pca.mean_, rtol=1e-12)


@pytest.mark.parametrize("random_state", range(3))
def test_the_largest_entry_of_each_axis_is_positive_whatever_the_weights(random_state, x):
    axes = LinearAutoencoderEstimator(5, epochs=1, random_state=random_state).fit(x).components_
    assert (axes.max(axis=1) == np.abs(axes).max(axis=1)).all()
    np.testing.assert_allclose(axes @ axes.T, np.eye(5), atol=1e-12)


def test_a_grid_search_in_a_pipeline_scores_the_linear_one_as_pca_does_on_the_same_folds(toy):
    x, folds, widths = toy.numpy(), KFold(3, shuffle=True, random_state=0), [1, 2, 4]
    pipeline = make_pipeline(StandardScaler(), converging(1))
    name = "linearautoencoderestimator__n_components"
    search = GridSearchCV(pipeline, {name: widths}, cv=folds, error_score="raise").fit(x)

    def held_out_error(width, train, test):
        pca = make_pipeline(StandardScaler(), PCA(width)).fit(x[train])
        scaled = pca[0].transform(x[test])
        return squared_error(scaled, pca[1].inverse_transform(pca.transform(x[test])))

    expected = [-np.mean([held_out_error(width, *fold) for fold in folds.split(x)]) for width in widths]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected, rtol=0.01)
    assert search.best_params_ == {name: 4}
    assert search.transform(x).shape == (300, 4)


@pytest.mark.parametrize("kind", ["autoencoder", "vae"])
def test_a_grid_search_runs_over_the_deep_ones_too(kind, x):
    pipeline = make_pipeline(StandardScaler(), SMALL[kind])
    step = pipeline.steps[-1][0]
    grid = {f"{step}__n_components": [1, 2], f"{step}__hidden": [(), (4, 3)]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(x)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert len(set(scores)) == 4
    assert search.best_score_ == scores.max()


def test_a_bend_is_no_obstacle_to_the_deep_ones(arc):
    """With one number a point, PCA loses the bend; the autoencoder and the bound of the VAE do better than any line."""
    pca = PCA(1).fit(arc)
    deep = {"hidden": (32,), "epochs": 60, "learning_rate": 1e-2, "batch_size": 64}
    error = squared_error(arc, pca.inverse_transform(pca.transform(arc)))
    assert -AutoencoderEstimator(1, **deep).fit(arc).score(arc) < error / 4
    assert VAEEstimator(1, **deep).fit(arc).score(arc) > pca.score(arc) + 0.3


def test_codes_decode_to_the_models_reconstruction(estimator, x):
    estimator.fit(x)
    if isinstance(estimator, LinearAutoencoderEstimator):
        offset, scale = x.mean(axis=0), np.sqrt(x.var(axis=0).mean())
    else:
        offset, scale = x.min(axis=0), np.ptp(x, axis=0).max()
    with torch.no_grad():
        x_hat = estimator.model_.reconstruct(torch.from_numpy((x - offset) / scale)).numpy()
    np.testing.assert_allclose(estimator.inverse_transform(estimator.transform(x)), offset + scale * x_hat, rtol=1e-10)


@pytest.mark.parametrize("kind", ["linear", "autoencoder"])
def test_the_autoencoders_score_is_minus_the_squared_error_in_the_units_of_the_data(kind, x):
    estimator = clone(SMALL[kind]).fit(x)
    expected = -squared_error(x, estimator.inverse_transform(estimator.transform(x)))
    assert estimator.score(x) == pytest.approx(expected, rel=1e-10)


def test_the_vaes_score_is_the_bound_on_the_density_of_the_data_themselves(arc):
    """The ELBO from its definition: SciPy's densities, 500 codes an example, a decoder that is inverse_transform."""
    estimator = VAEEstimator(1, hidden=(8,), epochs=20, noise_variance=0.7, batch_size=64).fit(arc)
    x, copies = np.tile(arc, (25, 1)), 20
    with torch.no_grad():
        scaled = (x - arc.min(axis=0)) / np.ptp(arc, axis=0).max()
        q = estimator.model_.encode(torch.from_numpy(scaled))
    mean, std = q.mean.numpy(), q.std.numpy()
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(copies):
        eps = rng.standard_normal(mean.shape)
        z = mean + std * eps
        noise = multivariate_normal(cov=0.7 * np.eye(3))
        log_ratio = -0.5 * (z**2 - eps**2).sum(axis=1) + np.log(std).sum(axis=1)  # log p(z) − log q(z | x)
        draws.append(noise.logpdf(x - estimator.inverse_transform(z)) + log_ratio)
    draws = np.array(draws)
    spread = draws.std(axis=0).mean() / np.sqrt(len(x))  # of score's one draw an example
    assert estimator.score(x) == pytest.approx(draws.mean(), abs=4 * spread)
    assert spread < 0.05
    assert estimator.noise_variance_ == 0.7


@pytest.mark.parametrize("n_components", [1, 3])
def test_the_vaes_noise_is_by_default_that_of_probabilistic_pca(n_components, x):
    noise = VAEEstimator(n_components, hidden=(8,), epochs=1).fit(x).noise_variance_
    unbiased = len(x) / (len(x) - 1)
    assert noise * unbiased == pytest.approx(PCA(n_components).fit(x).noise_variance_, rel=1e-9)


def test_data_in_a_plane_leave_the_vae_a_thousandth_of_their_variance_as_noise(x):
    flat = np.c_[x[:, :2], x[:, :2].sum(axis=1)]
    for width in (2, 3):
        noise = VAEEstimator(width, hidden=(8,), epochs=1).fit(flat).noise_variance_
        assert noise == pytest.approx(flat.var(axis=0).mean() / 1000, rel=1e-9)


def test_units_change_nothing_but_units(estimator, x):
    """A power of two is exact: same codes, a factor on the reconstructions, its square or its density on the score."""
    first, second = clone(estimator).fit(x), clone(estimator).fit(1024 * x)
    np.testing.assert_array_equal(first.transform(x), second.transform(1024 * x))
    codes = first.transform(x)
    np.testing.assert_array_equal(1024 * first.inverse_transform(codes), second.inverse_transform(codes))
    is_vae = isinstance(estimator, VAEEstimator)
    expected = first.score(x) - 5 * np.log(1024) if is_vae else 1024**2 * first.score(x)
    assert second.score(1024 * x) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_pixels_are_left_as_they_are(likelihood):
    """On images with black and white in them the estimator is the library's two calls and nothing more."""
    pixels = np.random.default_rng(1).random((80, 6)).astype("float32")
    pixels[0], pixels[1] = 0, 1
    estimator = AutoencoderEstimator(2, hidden=(8,), likelihood=likelihood, epochs=3, batch_size=16).fit(pixels)
    model = models.Autoencoder(2, input_dim=6, hidden=(8,), likelihood=likelihood, seed=estimator.seed_)
    history = training.fit(model, torch.from_numpy(pixels), epochs=3, batch_size=16, seed=estimator.seed_)
    assert estimator.history_ == history
    with torch.no_grad():
        np.testing.assert_array_equal(estimator.transform(pixels), model.encode(torch.from_numpy(pixels)))


def test_a_bernoulli_vae_takes_pixels_and_scores_them_in_nats():
    pixels = np.random.default_rng(1).random((80, 6))
    vae = VAEEstimator(2, hidden=(8,), likelihood="bernoulli", epochs=3).fit(pixels)
    again = training.evaluate(vae.model_, torch.from_numpy(pixels), seed=vae.seed_)
    assert vae.score(pixels) == again["elbo"] < 0
    assert np.isnan(vae.noise_variance_)
    with pytest.raises(ValueError, match=r"from -1 to 1, expected pixels in \[0, 1\]"):
        vae.score(np.linspace(-1, 1, 12).reshape(2, 6))


@pytest.mark.parametrize("kind", ["autoencoder", "vae"])
def test_bernoulli_refuses_what_is_no_pixel(kind, x):
    with pytest.raises(ValueError, match=r"expected pixels in \[0, 1\]"):
        clone(SMALL[kind]).set_params(likelihood="bernoulli").fit(x)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_random_state_decides_everything(estimator, x):
    before = np.random.get_state()[1].copy()  # noqa: NPY002  the state that must not move
    codes = estimator.fit_transform(x)
    score = estimator.score(x)
    again = clone(estimator).fit(x)
    np.testing.assert_array_equal(codes, again.transform(x))
    assert score == again.score(x)
    assert not np.allclose(codes, clone(estimator).set_params(random_state=1).fit_transform(x))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_random_state_object_moves_on_and_can_be_replayed(estimator, x):
    rng = np.random.RandomState(5)
    first, second = (clone(estimator).set_params(random_state=rng) for _ in range(2))
    first.random_state = second.random_state = rng  # clone copies it
    assert first.fit(x).seed_ != second.fit(x).seed_
    replay = clone(estimator).set_params(random_state=np.random.RandomState(5))
    np.testing.assert_array_equal(first.transform(x), replay.fit_transform(x))


@pytest.mark.parametrize("by", ["pickle", "joblib"])
def test_a_fitted_estimator_survives_scikit_learns_own_ways_of_saving(estimator, by, x):
    estimator.fit(x)
    if by == "pickle":
        back = pickle.loads(pickle.dumps(estimator))
    else:
        file = io.BytesIO()
        joblib.dump(estimator, file)
        file.seek(0)
        back = joblib.load(file)
    np.testing.assert_array_equal(estimator.transform(x), back.transform(x))
    assert estimator.score(x) == back.score(x)
    assert back.get_params() == estimator.get_params()
    assert back.history_ == estimator.history_


def test_silent_unless_asked(estimator, x, capsys):
    estimator.fit(x)
    assert capsys.readouterr() == ("", "")
    estimator.set_params(verbose=True).fit(x)
    assert "3/3" in capsys.readouterr().err


def test_codes_are_named_after_the_estimator(estimator, x):
    names = estimator.fit(x).get_feature_names_out()
    prefix = type(estimator).__name__.lower()
    assert list(names) == [f"{prefix}0", f"{prefix}1"]


def test_float32_stays_float32_and_float64_codes_come_from_the_same_weights(estimator, x):
    estimator.fit(x.astype("float32"))
    codes = estimator.transform(x)
    assert next(estimator.model_.parameters()).dtype == torch.float32
    assert estimator.transform(x.astype("float32")).dtype == np.float32
    assert codes.dtype == np.float64
    np.testing.assert_array_equal(codes, estimator.transform(x.astype("float32")))
    assert estimator.inverse_transform(codes).dtype == np.float64


def test_more_rows_than_a_block_are_encoded_like_each_of_them(estimator, x):
    estimator.fit(x)
    many = np.tile(x, (20, 1))
    np.testing.assert_allclose(estimator.transform(many)[-120:], estimator.transform(x), rtol=1e-9)


def test_nan_is_refused_in_fit_and_in_transform(estimator, x):
    bad = x.copy()
    bad[3, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(bad)
    estimator.fit(x)
    for method in (estimator.transform, estimator.score):
        with pytest.raises(ValueError, match="NaN"):
            method(bad)


def test_a_constant_feature_comes_back_and_constant_data_are_refused(estimator, x):
    still = x.copy()
    still[:, 4] = 7.25
    estimator.set_params(epochs=200, learning_rate=1e-2, batch_size=32).fit(still)
    decoded = estimator.inverse_transform(estimator.transform(still))[:, 4]
    share = 1e-12 if isinstance(estimator, LinearAutoencoderEstimator) else 0.1  # untrained, a sigmoid is off by 0.5
    np.testing.assert_allclose(decoded, 7.25, atol=share * np.ptp(still, axis=0).max())
    with pytest.raises(ValueError, match="5 features are all constant over 10 samples, expected at least one that"):
        estimator.fit(np.full((10, 5), 0.1))


def test_duplicates_get_the_same_code(estimator, x):
    twice = np.repeat(x[:30], 2, axis=0)
    codes = estimator.fit_transform(twice)
    np.testing.assert_allclose(codes[::2], codes[1::2], rtol=1e-12)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"n_components": 6}, "got n_components = 6, expected at most the 5 features of X"),
        ({"n_components": 0}, "got n_components = 0, expected an integer of at least 1"),
        ({"epochs": 0}, "got epochs = 0"),
        ({"batch_size": 0}, "got batch_size = 0"),
        ({"learning_rate": -1.0}, "got learning_rate = -1.0, expected a finite number above 0"),
    ],
)
def test_unusable_parameters_are_named_in_fit_not_before(estimator, parameter, message, x):
    estimator.set_params(**parameter)
    with pytest.raises(ValueError, match=message):
        estimator.fit(x)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"hidden": 8}, r"got hidden = 8, expected a sequence of widths, such as \(256, 128\)"),
        ({"hidden": (8, 0)}, "got hidden = 0"),
        ({"likelihood": "poisson"}, "got likelihood = 'poisson', expected one of"),
    ],
)
@pytest.mark.parametrize("kind", ["autoencoder", "vae"])
def test_unusable_parameters_of_the_deep_ones(kind, parameter, message, x):
    with pytest.raises((TypeError, ValueError), match=message):
        clone(SMALL[kind]).set_params(**parameter).fit(x)


def test_an_unusable_noise_variance(x):
    with pytest.raises(ValueError, match="got noise_variance = 0, expected a finite number above 0"):
        VAEEstimator(noise_variance=0, hidden=(8,), epochs=1).fit(x)


def test_nothing_works_before_fit_nor_on_another_width(estimator, x):
    for method in (estimator.transform, estimator.inverse_transform, estimator.score):
        with pytest.raises(NotFittedError):
            method(x)
    estimator.fit(x)
    with pytest.raises(ValueError, match=r"\b4 features\b.*\b5 features\b"):
        estimator.transform(x[:, :4])
    with pytest.raises(ValueError, match="got z with 3 columns, expected 2"):
        estimator.inverse_transform(x[:, :3])
