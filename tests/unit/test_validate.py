"""Bad input: each mistake is one sentence that says what was got and what was expected, at whichever door."""

import re

import numpy as np
import pytest
import torch

from course_lib import _validate, losses, metrics, models, plots, training
from course_lib.distributions import Gaussian

GOOD = torch.rand(5, 6, generator=torch.Generator().manual_seed(0))


def spoiled(value):
    x = GOOD.clone()
    x[3, 2] = value
    return x


BAD_DATA = {
    "wrong width": (GOOD[:, :4], ValueError, "got x with 4 columns, expected 6"),
    "uint8": ((GOOD * 255).byte(), TypeError, r"dtype uint8, expected float32.*x\.float\(\) / 255"),
    "int64": (GOOD.long(), TypeError, r"dtype int64, expected float32.*use x\.float\(\)$"),
    "half": (GOOD.half(), TypeError, "dtype float16, expected float32"),
    "bool": (GOOD > 0.5, TypeError, "dtype bool, expected float32"),
    "NumPy uint8": ((GOOD * 255).byte().numpy(), TypeError, r'expected float32.*x\.astype\("float32"\) / 255'),
    "NumPy text": (np.array([["a"] * 6]), TypeError, "dtype <U1, expected float32"),
    "foreign byte order": (GOOD.numpy().astype(">f4"), TypeError, "dtype >f4, expected float32"),
    "NaN": (spoiled(torch.nan), ValueError, "got NaN or infinity in 1 of the 5 rows of x, expected finite"),
    "infinity": (spoiled(torch.inf), ValueError, "got NaN or infinity in 1 of the 5 rows of x, expected finite"),
    "minus infinity": (spoiled(-torch.inf), ValueError, "got NaN or infinity in 1 of the 5 rows of x"),
    "no rows": (GOOD[:0], ValueError, r"got x of shape \(0, 6\), expected at least one example"),
    "no columns": (GOOD[:, :0], ValueError, r"got x of shape \(5, 0\), expected at least one example"),
    "one example as a vector": (GOOD[0], ValueError, r"shape \(6,\), expected \(n, D\).*x\.reshape\(1, -1\)"),
    "images with two axes": (GOOD.reshape(5, 2, 3), ValueError, r"shape \(5, 2, 3\), expected \(n, D\).*x\.flatten"),
    "a number": (torch.tensor(1.0), ValueError, r"shape \(\), expected \(n, D\)"),
    "list": (GOOD.tolist(), TypeError, "got x of type list, expected a torch tensor or NumPy array"),
    "None": (None, TypeError, "got x of type NoneType, expected a torch tensor or NumPy array"),
}
DOORS = {
    "PCA.encode": models.PCA(2).fit(GOOD).encode,
    "ProbabilisticPCA.log_likelihood": models.ProbabilisticPCA(2).fit(GOOD).log_likelihood,
    "ProbabilisticPCA.posterior": models.ProbabilisticPCA(2).fit(GOOD).posterior,
    "LinearAutoencoder.encode": models.LinearAutoencoder(6, 2).encode,
    "LinearVAE.encode": models.LinearVAE(6, 2).encode,
    "Autoencoder.encode": models.Autoencoder(2, input_dim=6, hidden=(4,)).encode,
    "VAE.reconstruct": models.VAE(2, input_dim=6, hidden=(4,)).reconstruct,
    "principal_axes": lambda x: models.principal_axes(torch.eye(6)[:, :2], x),
    "training.fit": lambda x: training.fit(models.LinearAutoencoder(6, 2), x, epochs=1),
    "metrics.elbo": lambda x: metrics.elbo(models.VAE(2, input_dim=6, hidden=(4,)), x),
    "metrics.reconstruction_error": lambda x: metrics.reconstruction_error(models.PCA(2).fit(GOOD), x),
    "metrics.encode_dataset": lambda x: metrics.encode_dataset(models.PCA(2).fit(GOOD), x),
}


MODELS = {name for name in DOORS if name.split(".")[0] in ("LinearAutoencoder", "LinearVAE", "Autoencoder", "VAE")}
# A model looks at shape and dtype alone, so that no GPU waits, and takes a single example as torch's layers do.
NOT_SEEN_BY_MODELS = {"NaN", "infinity", "minus infinity", "no rows", "one example as a vector"}
BY_MODELS = {
    "no columns": r"got x with 0 columns, expected 6",
    "images with two axes": r"got x of shape \(5, 2, 3\), expected \(n, 6\): one row an example; use x\.flatten\(1\)$",
    "a number": r"got x of shape \(\), expected \(n, 6\)",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("mistake", BAD_DATA)
def test_bad_data_are_refused_in_one_sentence_at_every_door(door, mistake):
    x, error, message = BAD_DATA[mistake]
    if door in MODELS:
        if mistake in NOT_SEEN_BY_MODELS:
            DOORS[door](x)
            return
        message = BY_MODELS.get(mistake, message)
    with pytest.raises(error, match=message) as caught:
        DOORS[door](x)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("door", DOORS)
def test_good_data_pass_every_door_as_tensor_or_array(door):
    for x in (GOOD, GOOD[:1], GOOD.numpy(), GOOD.numpy()[::-1]):
        DOORS[door](x)


def test_double_data_for_a_float32_model_are_refused_with_the_cast_that_helps():
    for model in (models.VAE(2, input_dim=6), models.LinearVAE(6, 2), models.PCA(2).fit(GOOD)):
        with pytest.raises(TypeError, match=r"x of dtype float64, expected float32; use x\.float\(\)$"):
            model.encode(GOOD.double())
        with pytest.raises(TypeError, match=r"z of dtype float64, expected float32; use z\.float\(\)$"):
            model.decode(torch.zeros(1, 2).double())
    with pytest.raises(TypeError, match=r"x of dtype float32, expected float64; use x\.double\(\)$"):
        models.LinearVAE(6, 2).double().encode(GOOD)


@pytest.mark.parametrize(
    ("factor", "shift", "hint"),
    [
        (255, 0, r"divide by 255: x / 255"),
        (2, -1, "rescale or clip"),
        (1000, 0, "rescale or clip"),
        (1, -0.1, "rescale or clip"),
    ],
)
def test_pixels_outside_the_unit_range_are_refused_where_pixels_are_meant(factor, shift, hint):
    x = GOOD * factor + shift
    message = rf"got x with values from .* to .*, expected pixels in \[0, 1\].*{hint}"
    with pytest.raises(ValueError, match=message):
        losses.bernoulli_log_likelihood(x, torch.zeros_like(x))
    with pytest.raises(ValueError, match=message):
        training.fit(models.VAE(2, input_dim=6, hidden=(4,)), x, epochs=1)
    with pytest.raises(ValueError, match=message):
        metrics.elbo(models.VAE(2, input_dim=6, hidden=(4,)), x)


def test_pixels_of_exactly_zero_and_one_are_inside():
    x = torch.tensor([[0.0, 1.0]])
    assert _validate.data_matrix(x, unit_range=True) is x


@pytest.mark.parametrize(
    "decode", [models.VAE(2).decode, models.LinearVAE(6, 2).decode, models.PCA(2).fit(GOOD).decode]
)
def test_codes_are_checked_like_data_and_called_z(decode):
    for z, message in (
        (torch.zeros(1, 3), "got z with 3 columns, expected 2"),
        (torch.zeros(3, 1, 2), r"got z of shape \(3, 1, 2\), expected \(n, (2|D)\)"),
    ):
        with pytest.raises(ValueError, match=message):
            decode(z)


WIDTHS = [(0, ValueError), (-3, ValueError), (True, ValueError), (2.0, TypeError), ("2", TypeError), (None, TypeError)]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("latent_dim", lambda k: models.Autoencoder(k)),
        ("latent_dim", lambda k: models.VAE(k)),
        ("latent_dim", lambda k: models.LinearAutoencoder(6, k)),
        ("latent_dim", lambda k: models.LinearVAE(6, k)),
        ("input_dim", lambda k: models.Autoencoder(2, input_dim=k)),
        ("input_dim", lambda k: models.VAE(2, input_dim=k)),
        ("input_dim", lambda k: models.LinearAutoencoder(k, 2)),
        ("input_dim", lambda k: models.LinearVAE(k, 2)),
        ("hidden", lambda k: models.Autoencoder(2, hidden=(8, k))),
        ("hidden", lambda k: models.VAE(2, hidden=(k, 8))),
        ("n_components", lambda k: models.PCA(k)),
        ("n_components", lambda k: models.ProbabilisticPCA(k)),
        ("n", lambda k: models.VAE(2).sample(k)),
        ("n", lambda k: models.ProbabilisticPCA(2).fit(GOOD).sample(k)),
        ("samples", lambda k: metrics.elbo(models.LinearVAE(6, 2), GOOD, samples=k)),
    ],
)
@pytest.mark.parametrize(("value", "error"), WIDTHS)
def test_counts_must_be_positive_integers(name, make, value, error):
    with pytest.raises(error, match=rf"got {name} = {re.escape(repr(value))}, expected an integer of at least 1"):
        make(value)


def test_numpy_numbers_count_as_numbers():
    assert _validate.positive_int(np.int64(3), "k") == 3
    assert _validate.positive_number(np.float32(0.5), "variance") == 0.5


@pytest.mark.parametrize("value", [0, 0.0, -1.0, torch.inf, torch.nan, True, "1", None])
@pytest.mark.parametrize(
    "make", [lambda v: models.VAE(2, noise_variance=v), lambda v: models.LinearVAE(6, 2, noise_variance=v)]
)
def test_a_variance_must_be_a_finite_number_above_zero(make, value):
    with pytest.raises(ValueError, match=f"got noise_variance = {value!r}, expected a finite number above 0"):
        make(value)


@pytest.mark.parametrize("model", [models.Autoencoder, models.VAE])
@pytest.mark.parametrize("name", ["poisson", "Bernoulli", "", None])
def test_an_unknown_likelihood_is_refused_with_the_known_ones(model, name):
    with pytest.raises(ValueError, match=rf"got likelihood = {name!r}, expected one of '\w+', '\w+'$"):
        model(2, likelihood=name)


PAIRS = {
    "squared_error": (losses.squared_error, "x", "x_hat"),
    "bernoulli_log_likelihood": (losses.bernoulli_log_likelihood, "x", "logits"),
    "gaussian_log_likelihood": (lambda a, b: losses.gaussian_log_likelihood(a, b, 0.5), "x", "mean"),
    "gaussian_kl": (losses.gaussian_kl, "mean", "logvar"),
    "log_prob": (lambda z, mean: Gaussian(mean, torch.zeros_like(mean)).log_prob(z), "z", "mean"),
    "sample": (lambda eps, mean: Gaussian(mean, torch.zeros_like(mean)).sample(eps=eps), "eps", "mean"),
    "principal_angles": (metrics.principal_angles, "a", "b"),
}


@pytest.mark.parametrize("shape", [(5, 1), (1, 6), (6, 5), (4, 6)])
@pytest.mark.parametrize("function", PAIRS)
def test_matrices_that_would_only_broadcast_are_refused(function, shape):
    call, first, second = PAIRS[function]
    message = rf"got {first} of shape \(5, 6\) and {second} of shape {re.escape(str(shape))}, expected equal shapes"
    with pytest.raises(ValueError, match=message):
        call(GOOD, torch.zeros(shape))


def test_a_third_axis_is_refused_on_one_side_or_on_both():
    for call, first, _ in PAIRS.values():
        with pytest.raises(ValueError, match=r"expected (equal shapes|\(n, D\))"):
            call(GOOD, GOOD[:, None])
        with pytest.raises(ValueError, match=rf"got ({first}|mean|x) of shape \(5, 2, 3\), expected \(n, D\)"):
            call(GOOD.reshape(5, 2, 3), GOOD.reshape(5, 2, 3))


def test_lists_are_refused_where_tensors_are_compared():
    with pytest.raises(TypeError, match="got x_hat of type list, expected a torch tensor"):
        losses.squared_error(GOOD, GOOD.tolist())


@pytest.mark.parametrize("use", ["encode", "decode", "reconstruct"])
def test_an_unfitted_pca_says_so(use):
    with pytest.raises(RuntimeError, match=r"not learned anything yet, expected a fitted one; call \.fit\(x\)"):
        getattr(models.PCA(2), use)(GOOD)


@pytest.mark.parametrize(("use", "argument"), [("log_likelihood", GOOD), ("posterior", GOOD), ("sample", 3)])
def test_an_unfitted_probabilistic_pca_says_so(use, argument):
    with pytest.raises(RuntimeError, match=r"not learned anything yet, expected a fitted one; call \.fit\(x\)"):
        getattr(models.ProbabilisticPCA(2), use)(argument)


def test_more_components_than_columns_are_refused():
    assert len(models.PCA(6).fit(GOOD).components_) == 6
    with pytest.raises(ValueError, match="got n_components = 7, expected at most the 6 columns"):
        models.PCA(7).fit(GOOD)
    assert models.ProbabilisticPCA(5).fit(torch.rand(20, 6)).noise_variance_ > 0
    with pytest.raises(ValueError, match="got n_components = 6, expected fewer than the 6 columns"):
        models.ProbabilisticPCA(6).fit(GOOD)


def test_active_units_need_two_examples():
    with pytest.raises(ValueError, match="got x with 1 example, expected at least 2"):
        metrics.active_units(models.LinearVAE(6, 2), GOOD[:1])


def test_pictures_check_their_shapes():
    with pytest.raises(ValueError, match="got x with 6 columns, expected 784"):
        plots.images(GOOD)
    with pytest.raises(ValueError, match=r"got rows of \[1, 5\] images, expected the same number"):
        plots.image_rows({"a": GOOD, "b": GOOD[:1]}, shape=(2, 3))
    with pytest.raises(ValueError, match="got z with 6 columns, expected 2"):
        plots.digits_plane(GOOD, torch.zeros(5).long())
    with pytest.raises(ValueError, match="got 5 images, expected a square number"):
        plots.plane_grid(GOOD, (-1, 1, -1, 1), shape=(2, 3))


def test_a_read_only_array_is_taken_without_a_warning_and_without_writing_to_it():
    x = GOOD.numpy().copy()
    x.flags.writeable = False
    assert torch.equal(_validate.data_matrix(x), GOOD)
