"""Distances of maps against SciPy on all pairs and brute force on all triplets; what the seed and the ties mean."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.spatial.distance import pdist, squareform

from course_lib import metrics
from course_lib.metrics import _blocks, distances


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def noisy_map(n):
    x = normal(n, 5)
    return x, x[:, :2] + 0.3 * normal(n, 2, seed=1)


def test_correlations_of_the_sampled_pairs_are_scipys(monkeypatch):
    monkeypatch.setattr(_blocks, "SIZE", 7)
    x, z = noisy_map(30)
    z = z.round(decimals=0)  # on few places, so that many ranks are tied
    first, second = distances._different(30, 100, torch.Generator().manual_seed(4))
    in_x, in_z = (squareform(pdist(m.numpy()))[first, second] for m in (x, z))
    assert len(np.unique(in_z)) < 50
    got = metrics.pairwise_distance_correlation(x, z, pairs=100, seed=4)
    assert got.pearson == pytest.approx(stats.pearsonr(in_x, in_z).statistic, rel=1e-9)
    assert got.spearman == pytest.approx(stats.spearmanr(in_x, in_z).statistic, rel=1e-9)


def test_a_large_sample_finds_the_correlation_of_all_pairs():
    x, z = noisy_map(40)
    in_x, in_z = pdist(x.numpy()), pdist(z.numpy())
    got = metrics.pairwise_distance_correlation(x, z, pairs=200_000)
    error = 4 / math.sqrt(200_000)  # of a correlation: at most about 1 / √pairs
    assert got.pearson == pytest.approx(stats.pearsonr(in_x, in_z).statistic, abs=error)
    assert got.spearman == pytest.approx(stats.spearmanr(in_x, in_z).statistic, abs=error)


def test_a_scaled_copy_correlates_fully_and_a_bent_line_in_its_order_only():
    x = normal(50, 4)
    turned = 5 - 3 * x @ torch.linalg.qr(normal(4, 4))[0]
    assert metrics.pairwise_distance_correlation(x, turned) == pytest.approx((1, 1), abs=1e-12)
    angle = 3 * torch.rand(
        50, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )  # less than half a turn
    bent = metrics.pairwise_distance_correlation(angle, torch.cat([angle.cos(), angle.sin()], dim=1), pairs=2000)
    assert bent.pearson < 0.995  # chords grow with their arcs, but ever more slowly
    assert bent.spearman == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("n", [3, 4, 6])
def test_every_pair_and_every_triplet_of_different_points_is_equally_likely(n):
    generator = torch.Generator().manual_seed(0)
    for drawn, size in (
        (distances._different(n, 60_000, generator), 2),
        (distances._three_different(n, 60_000, generator), 3),
    ):
        counts = dict.fromkeys(itertools.permutations(range(n), size), 0)
        for row in torch.stack(drawn, dim=1).tolist():
            counts[tuple(row)] += 1  # KeyError where two are the same
        assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_triplet_accuracy_is_that_of_all_triplets():
    x, z = noisy_map(12)
    in_x, in_z = squareform(pdist(x.numpy())), squareform(pdist(z.numpy()))
    kept = [(in_x[i, j] < in_x[i, m]) == (in_z[i, j] < in_z[i, m]) for i, j, m in itertools.permutations(range(12), 3)]
    got = metrics.triplet_accuracy(x, z, triplets=40_000, seed=2)
    share = np.mean(kept)
    assert 0.6 < share < 0.9
    assert got.standard_error == pytest.approx(math.sqrt(share * (1 - share) / 40_000), rel=0.02)
    assert abs(got.mean - share) < 4 * got.standard_error


def test_ties_count_a_half_in_one_space_and_fully_in_both():
    x = normal(20, 3)
    collapsed = torch.zeros(20, 2)
    assert metrics.triplet_accuracy(x, collapsed, triplets=500) == (0.5, 0)
    assert metrics.triplet_accuracy(collapsed, x, triplets=500) == (0.5, 0)
    assert metrics.triplet_accuracy(collapsed, collapsed, triplets=500) == (1, 0)
    assert metrics.triplet_accuracy(x, 7 * x, triplets=500) == (1, 0)


def test_the_opposite_order_scores_zero():
    x = torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [0, 3.0, 0]])  # sides 1, 3, √10
    sides = {(0, 1): 9.0, (0, 2): 7.0, (1, 2): 5.0}  # a triangle with the order reversed
    base, left, right = sides[0, 1], sides[0, 2], sides[1, 2]
    along = (base**2 + left**2 - right**2) / (2 * base)
    z = torch.tensor([[0.0, 0.0], [base, 0.0], [along, math.sqrt(left**2 - along**2)]])
    assert metrics.triplet_accuracy(x, z, triplets=200).mean == 0


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_alone_decides_the_sample():
    x, z = noisy_map(30)
    for metric, size in ((metrics.triplet_accuracy, "triplets"), (metrics.pairwise_distance_correlation, "pairs")):
        one = metric(x, z, seed=1, **{size: 300})
        assert one == metric(x, z, seed=1, **{size: 300})
        assert one != metric(x, z, seed=2, **{size: 300})


@pytest.mark.parametrize("metric", [metrics.pairwise_distance_correlation, metrics.triplet_accuracy])
@pytest.mark.parametrize(
    ("x", "z", "message"),
    [
        (normal(5, 3), normal(4, 2), "got 5 rows of x and 4 of z"),
        (normal(2, 3), normal(2, 2), "got 2 points, expected at least 3"),
        (normal(5, 3), torch.full((5, 2), torch.nan), "got NaN or infinity in 5 of the 5 rows of z"),
    ],
)
def test_points_without_distances_to_compare_are_refused(metric, x, z, message):
    with pytest.raises(ValueError, match=message):
        metric(x, z)


def test_distances_without_variance_are_refused():
    with pytest.raises(ValueError, match="got one and the same distance between all 50 sampled pairs of z"):
        metrics.pairwise_distance_correlation(normal(5, 3), torch.ones(5, 2), pairs=50)
    with pytest.raises(ValueError, match="sampled pairs of x"):  # a simplex
        metrics.pairwise_distance_correlation(torch.eye(5) / 3, normal(5, 2), pairs=50)
