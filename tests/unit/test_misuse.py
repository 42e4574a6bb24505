"""What people hand in by mistake: each kind is named at the door, and nothing is left half done."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from course_lib import data, estimators, latent, metrics, models, plots, training
from course_lib.data import mnist, verify

X = torch.rand(40, 6, generator=torch.Generator().manual_seed(0))
Z = torch.randn(40, 2, generator=torch.Generator().manual_seed(1))
VAE = models.VAE(2, input_dim=6, hidden=(4,))

SEEDED = {
    "triplet_accuracy": lambda seed: metrics.triplet_accuracy(X, Z, triplets=10, seed=seed),
    "pairwise_distance_correlation": lambda seed: metrics.pairwise_distance_correlation(X, Z, pairs=10, seed=seed),
    "kl_decomposition": lambda seed: metrics.kl_decomposition(VAE, X, samples=5, seed=seed),
    "elbo": lambda seed: metrics.elbo(VAE, X, seed=seed),
    "evaluate": lambda seed: training.evaluate(VAE, X, seed=seed),
    "fit": lambda seed: training.fit(models.VAE(2, input_dim=6, hidden=(4,)), X, epochs=1, seed=seed, progress=False),
    "VAE": lambda seed: models.VAE(2, input_dim=6, hidden=(4,), seed=seed),
    "sample": lambda seed: data.Split(X, torch.zeros(40, dtype=torch.int64)).sample(3, seed=seed),
}
every_seeded = pytest.mark.parametrize("call", SEEDED.values(), ids=SEEDED)


@every_seeded
@pytest.mark.parametrize("seed", [np.int64(3), np.uint8(3), np.random.default_rng(0).integers(9)])
def test_a_seed_may_be_an_integer_of_numpy(call, seed):
    """And gives what the same integer of Python gives."""
    ours, theirs = (_numbers(call(value)) for value in (seed, int(seed)))
    assert torch.equal(ours, theirs)


def _numbers(answer) -> torch.Tensor:
    """What a seeded call answered, as one row of numbers; of a history, its losses and not its seconds."""
    if isinstance(answer, torch.nn.Module):
        return torch.nn.utils.parameters_to_vector(answer.parameters()).detach()
    if isinstance(answer, data.Split):
        return answer.x.flatten()
    if isinstance(answer, training.History):
        return torch.tensor(answer.train["loss"])
    values = answer.values() if isinstance(answer, dict) else answer
    return torch.cat(
        [_numbers(value) if isinstance(value, tuple) else torch.tensor([float(value)]) for value in values]
    )


@every_seeded
@pytest.mark.parametrize(("seed", "error"), [(0.5, TypeError), ("0", TypeError), (-1, ValueError), (2**70, ValueError)])
def test_what_is_no_seed_is_named(call, seed, error):
    with pytest.raises(error, match=f"got seed = {seed!r}, expected an integer"):
        call(seed)


@pytest.mark.parametrize("size", [10**9 + 1, 2**40, 2**70])
def test_a_size_that_no_memory_holds_is_named(size):
    for make in (
        lambda: models.VAE(size),
        lambda: models.PCA(size),
        lambda: models.VQVAE(size),
        lambda: models.Diffusion(size),
    ):
        with pytest.raises(ValueError, match=f"= {size}, expected an integer up to 1,000,000,000"):
            make()


@pytest.mark.parametrize("value", [float("nan"), "no", 1, None])
def test_a_flag_is_true_or_false(value):
    for name, make in {
        "restart": lambda: models.VQVAE(restart=value),
        "pixels": lambda: models.Diffusion(6, pixels=value),
        "learn_noise": lambda: models.LinearVAE(6, 2, learn_noise=value),
    }.items():
        with pytest.raises(TypeError, match=f"got {name} = {value!r}, expected True or False"):
            make()


def test_integer_codes_are_not_cut_down_to_integers():
    a, b = torch.tensor([0, 1]), torch.tensor([1, 0])
    for call in (
        lambda: latent.lerp(a, b, 3),
        lambda: latent.slerp(a, b, 3),
        lambda: latent.traverse(torch.tensor([0, 1]), 0, [0.5]),
    ):
        with pytest.raises(TypeError, match=r"of dtype int64, expected floating-point; use \w\.float\(\)"):
            call()


@pytest.mark.parametrize("extent", [(0, 0, 0, 1), (1, -1, 0, 1), (0, 1, 2, 1), (0, float("nan"), 0, 1), (0, 1, 0)])
def test_an_extent_has_an_inside(extent):
    for call in (lambda: latent.grid_codes(extent, 3), lambda: plots.plane_grid(torch.rand(4, 784), extent)):
        with pytest.raises(ValueError, match=r"got extent .*, expected \(left, right, bottom, top\)"):
            call()


@pytest.mark.parametrize("label", [-5, 10])
def test_a_label_that_is_no_digit_is_not_drawn_as_another(label):
    y = torch.full((40,), 3)
    y[7] = label
    with pytest.raises(ValueError, match=r"got y of shape \(40,\), from .*, expected 40 digits from 0 to 9"):
        plots.digits_plane(Z, y)


def test_dependent_rows_span_no_subspace_of_their_number():
    a = torch.tensor([[1.0, 0, 0], [2, 0, 0]])
    b = torch.tensor([[1.0, 0, 0], [0, 1, 0]])
    for pair in ((a, b), (b, a)):
        with pytest.raises(ValueError, match=r"got 2 rows of [ab] that span 1 dimensions, expected independent rows"):
            metrics.principal_angles(*pair)
    assert metrics.principal_angles(b, b).abs().max() < 1e-6


@pytest.mark.parametrize("threshold", [float("nan"), -0.1, float("inf")])
def test_a_threshold_that_compares_with_nothing_is_named(threshold):
    with pytest.raises(ValueError, match=f"got threshold = {threshold}, expected a finite number of at least 0"):
        metrics.active_units(VAE, X, threshold)


def test_pca_of_numbers_whose_squares_overflow_is_refused_and_keeps_what_it_had():
    pca = models.PCA(2).fit(X)
    before = {name: value.clone() for name, value in vars(pca).items() if name.endswith("_")}
    with pytest.raises(ValueError, match=r"got x with values up to .*e\+29, expected variances that torch\.float32"):
        pca.fit(X * 1e30)
    assert all(torch.equal(getattr(pca, name), value) for name, value in before.items())
    assert models.PCA(2).fit((X * 1e30).double()).eigenvalues_.isfinite().all()


def test_probabilistic_pca_refuses_data_in_a_plane_whatever_their_dtype():
    """There the likelihood grows without bound as σ² falls to 0; rounding must not stand in for noise."""
    generator = torch.Generator().manual_seed(0)
    plane = torch.randn(200, 2, generator=generator) @ torch.randn(2, 30, generator=generator)
    for x in (torch.full((50, 6), 0.5), torch.zeros(50, 6), plane, plane.double(), 1e3 * plane + 7):
        with pytest.raises(ValueError, match="in a plane the likelihood has no bound"):
            models.ProbabilisticPCA(2).fit(x)
    noisy = plane + 1e-3 * torch.randn(plane.shape, generator=generator)
    single, double = (models.ProbabilisticPCA(2).fit(x).log_likelihood(x).mean() for x in (noisy, noisy.double()))
    assert float(single) == pytest.approx(float(double), rel=1e-3)


@pytest.mark.parametrize("kind", [estimators.AutoencoderEstimator, estimators.VAEEstimator])
def test_a_refit_that_fails_leaves_no_fitted_estimator(kind):
    estimator = kind(2, hidden=(4,), epochs=1).fit(X.numpy())
    estimator.set_params(learning_rate=1e30, epochs=3)
    with pytest.raises(training.Diverged):
        estimator.fit(X.numpy())
    with pytest.raises(NotFittedError):
        estimator.transform(X.numpy())


def test_a_score_leaves_numpys_own_generator_alone():
    factors = torch.stack([torch.arange(40) % 2, torch.arange(40) % 3], dim=1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    scores = [metrics.separated_attribute_predictability(Z, factors, (False, False)).score for _ in range(2)]
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert scores[0] == scores[1]


def test_all_estimators_can_be_imported_without_umap_learn():
    program = "import sys; sys.modules['umap'] = None\nfrom course_lib.estimators import *\nprint(TSNE.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "TSNE"), done.stderr


def test_a_folder_with_archives_only_is_told_to_unpack_them(tmp_path, monkeypatch):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"")
    for name, value in {"COURSE_DATA": tmp_path, "COURSE_CACHE": tmp_path / "cache", "COURSE_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(data.DataUnavailable, match=r"only archives, such as train-images.*: unpack them with gunzip"):
        mnist.find()


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    for name in verify.SHA256:
        (tmp_path / name).write_bytes(b"")

    def refuse(*arguments, **options):  # what open meets there; these tests may run as root, whom nothing stops
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    found = verify.check(tmp_path)
    assert found.damaged.keys() == verify.SHA256.keys()
    assert "which cannot be read (Permission denied)" in found.damaged["train-images-idx3-ubyte"]
