"""Neighbourhoods of maps against scikit-learn, SciPy, brute force and what chance gives."""

import math
import sys
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import procrustes
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from course_build import resources
from course_lib import metrics
from course_lib.metrics import _blocks


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def noisy_map(n, seed=0):
    """Five-dimensional data and a plane that shows two of its dimensions, roughly."""
    x = 10 + normal(n, 5, seed=seed)
    return x, x[:, :2] + 0.3 * normal(n, 2, seed=seed + 1)


PAIRS = pytest.mark.parametrize("pairs", [1, 50, 333, 10**6])


@PAIRS
@pytest.mark.parametrize("k", [1, 5, 29])
def test_trustworthiness_and_continuity_are_scikit_learns(monkeypatch, pairs, k):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    x, z = noisy_map(60)
    there, back = trustworthiness(x, z, n_neighbors=k), trustworthiness(z, x, n_neighbors=k)
    assert there != pytest.approx(back, rel=1e-3)  # else the two could be exchanged unnoticed
    assert metrics.trustworthiness(x, z, k) == pytest.approx(there, rel=1e-12)
    assert metrics.continuity(x, z, k) == pytest.approx(back, rel=1e-12)


def test_they_are_scikit_learns_on_digits_in_float32_and_mixed_dtypes():
    x = load_digits().data[:500].astype("float32") + 1e-3 * normal(500, 64).float().numpy()  # pixels are integers: ties
    z = x[:, [20, 43]].astype("float64")
    assert metrics.trustworthiness(x, z, 12) == pytest.approx(trustworthiness(x, z, n_neighbors=12), rel=1e-12)
    assert metrics.continuity(x, z, 12) == pytest.approx(trustworthiness(z, x, n_neighbors=12), rel=1e-12)


def test_the_worst_neighbours_of_all_score_zero():
    """Three points: the nearest one of the map is always the farther one of the data."""
    x = torch.tensor([[0.0], [1.0], [3.0]])  # nearest: 1, 0, 1
    z = torch.tensor([[0.0, 0.0], [4.0, 0.0], [1.0, 0.5]])  # nearest: 2, 2, 0
    assert metrics.trustworthiness(x, z, 1) == 0
    assert metrics.trustworthiness(x, x, 1) == metrics.continuity(x, 5 - 2 * x, 1) == 1


@given(st.integers(3, 25), st.integers(0, 10**6), st.data())
@settings(max_examples=40)
def test_both_stay_between_0_and_1_for_every_allowed_k(n, seed, drawn):
    k = drawn.draw(st.integers(1, (n - 1) // 2))
    x, z = normal(n, 2, seed=seed), normal(n, 1, seed=seed + 1)
    assert 0 <= metrics.trustworthiness(x, z, k) <= 1
    assert 0 <= metrics.continuity(x, z, k) <= 1


@pytest.mark.parametrize("k", [2, 7])
def test_equally_distant_points_cost_nothing(k):
    """On a grid nearly every distance is shared; turned, the same distances round differently."""
    grid = torch.cartesian_prod(torch.arange(7.0), torch.arange(7.0)).double()
    turn = torch.linalg.qr(normal(2, 2))[0]
    for turned in (grid @ turn, 1000 + grid @ turn):
        assert metrics.trustworthiness(grid, turned, k) == metrics.continuity(grid, turned, k) == 1
    twice = torch.cat([normal(10, 4), normal(10, 4), normal(10, 4, seed=1)])
    assert metrics.trustworthiness(twice, twice.flip(1), k) == 1
    assert metrics.continuity(twice, 3 * twice, k) == 1


@pytest.mark.parametrize("k", [1, 8])
def test_a_map_that_knows_nothing_scores_what_the_docstring_says(k):
    n = 30
    chance = 1 - (n - 1 - k) * (n - k) / ((n - 1) * (2 * n - 3 * k - 1))
    scores = np.array(
        [metrics.trustworthiness(normal(n, 3, seed=s), normal(n, 2, seed=s + 1000), k) for s in range(300)]
    )
    assert abs(scores.mean() - chance) < 4 * scores.std(ddof=1) / math.sqrt(300)


def test_gluing_costs_trust_and_tearing_costs_continuity():
    angle = torch.linspace(0, 2 * math.pi, 201, dtype=torch.float64)[:-1]
    ring = torch.stack([angle.cos(), angle.sin()], dim=1)
    cut, folded = angle[:, None], ring[:, :1] + 1e-6 * ring[:, 1:]
    assert metrics.trustworthiness(ring, cut, 6) > metrics.continuity(ring, cut, 6)
    assert metrics.trustworthiness(ring, folded, 6) < metrics.continuity(ring, folded, 6)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no process its peak memory")
def test_no_matrix_of_all_distances_is_made():
    """6000 × 6000 numbers in float64 would be 288 MB, and sorting them as much again, twice."""
    x, z = normal(6000, 2).numpy(), normal(6000, 1, seed=1).numpy()
    cost = resources.measure(partial(metrics.trustworthiness, x, z, 5))
    assert cost.peak_bytes - cost.start_bytes < 280e6


BAD_MAPS = [
    ({"k": 5}, ValueError, r"got k = 5 for 10 points, expected k < n / 2 = 5"),
    ({"k": 0}, ValueError, "got k = 0, expected an integer of at least 1"),
    ({"k": 2.5}, TypeError, "got k = 2.5, expected an integer"),
    ({"z": normal(9, 2)}, ValueError, "got 10 rows of x and 9 of z, expected equally many"),
    ({"z": torch.full((10, 2), torch.nan)}, ValueError, "got NaN or infinity in 10 of the 10 rows of z"),
    ({"x": normal(10)}, ValueError, r"got x of shape \(10,\), expected \(n, D\)"),
]


@pytest.mark.parametrize("metric", [metrics.trustworthiness, metrics.continuity])
@pytest.mark.parametrize(("changes", "error", "message"), BAD_MAPS)
def test_what_does_not_fit_a_neighbourhood_is_refused(metric, changes, error, message):
    with pytest.raises(error, match=message):
        metric(**{"x": normal(10, 3), "z": normal(10, 2), "k": 3} | changes)


@PAIRS
@pytest.mark.parametrize("k", [1, 2, 5, 50])
def test_knn_accuracy_is_scikit_learns_also_where_votes_are_tied(monkeypatch, pairs, k):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    codes, asked = 4 + normal(50, 3), 4 + normal(40, 3, seed=1)
    labels, truth = (
        torch.tensor([-3, 7, 8, 40])[torch.randint(4, (n,), generator=torch.Generator().manual_seed(n))]
        for n in (50, 40)
    )
    judged = KNeighborsClassifier(k).fit(codes.numpy(), labels.numpy())
    got = metrics.knn_accuracy(codes, labels, asked, truth, k)
    right = judged.predict(asked.numpy()) == truth.numpy()
    assert 0 < right.mean() < 1
    assert got.mean == pytest.approx(right.mean(), rel=1e-12)
    assert got.standard_error == pytest.approx(right.std(ddof=1) / math.sqrt(40), rel=1e-9)


GOOD = {
    "train_codes": normal(6, 3),
    "train_y": torch.arange(6) % 2,
    "test_codes": normal(4, 3),
    "test_y": torch.arange(4) % 2,
    "k": 2,
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 7}, "got k = 7, expected at most 6: so many codes can vote"),
        ({"test_codes": normal(4, 2)}, "got test_codes with 2 columns, expected 3 like train_codes"),
        (
            {"train_y": torch.arange(5)},
            r"got train_y of shape \(5,\), expected \(6,\): one for each row of train_codes",
        ),
        ({"test_y": torch.arange(5)}, r"got test_y of shape \(5,\), expected \(4,\)"),
        ({"test_codes": torch.full((4, 3), torch.inf)}, "got NaN or infinity in 4 of the 4 rows of test_codes"),
    ],
)
def test_codes_that_cannot_vote_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        metrics.knn_accuracy(**GOOD | changes)


@PAIRS
@pytest.mark.parametrize("k", [1, 4, 18])
def test_consistency_is_brute_force_overlap_and_scipys_procrustes(monkeypatch, pairs, k):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    a, b = 3 + normal(20, 2), normal(20, 2, seed=1) + 0.5 * normal(20, 2)
    got = metrics.out_of_sample_consistency(a, b, k)
    near = [
        np.argsort(np.linalg.norm(m[:, None] - m[None], axis=2) + np.diag([np.inf] * 20))[:, :k]
        for m in map(np.asarray, (a, b))
    ]
    expected = np.mean([len(set(one) & set(other)) / k for one, other in zip(*near, strict=True)])
    assert got.common_neighbours == pytest.approx(expected, rel=1e-12)
    assert got.disparity == pytest.approx(procrustes(a.numpy(), b.numpy())[2], rel=1e-9)
    away = ((a - b) ** 2).sum() / ((a - a.mean(dim=0)) ** 2).sum()
    assert got.displacement == pytest.approx(away.item(), rel=1e-9)
    assert 0 < got.disparity <= got.displacement


def test_only_displacement_sees_a_turned_shifted_and_scaled_map():
    a = normal(50, 2)
    b = 4 + 2 * a @ torch.linalg.qr(normal(2, 2))[0]
    got = metrics.out_of_sample_consistency(a, b, 5)
    assert got.common_neighbours == 1
    assert got.disparity < 1e-12
    assert got.displacement > 1
    assert metrics.out_of_sample_consistency(a, a, 5) == pytest.approx((1, 0, 0), abs=1e-12)


def test_maps_that_know_nothing_of_each_other_share_what_the_docstring_says():
    shares = np.array(
        [
            metrics.out_of_sample_consistency(normal(30, 2, seed=s), normal(30, 2, seed=s + 1000), 6).common_neighbours
            for s in range(200)
        ]
    )
    assert abs(shares.mean() - 6 / 29) < 4 * shares.std(ddof=1) / math.sqrt(200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 9}, "got k = 9 for 10 points, expected at most n − 2 = 8"),
        ({"z_transform": normal(9, 2)}, "expected equal shapes"),
        ({"z_transform": torch.ones(10, 2)}, "got z_transform with all 10 points on one place"),
        ({"z_fit": torch.full((10, 2), torch.nan)}, "got NaN or infinity in 10 of the 10 rows of z_fit"),
    ],
)
def test_maps_that_cannot_be_compared_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        metrics.out_of_sample_consistency(**{"z_fit": normal(10, 2), "z_transform": normal(10, 2), "k": 3} | changes)
