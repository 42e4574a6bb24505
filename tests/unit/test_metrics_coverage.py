"""Cells of the prior against SciPy's quantiles, Monte Carlo and the grid; frames on lines against a loop."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib import latent, metrics, models


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("side", [1, 2, 7])
def test_counts_are_a_histogram_at_the_quantiles_of_the_normal_distribution(side):
    codes = 0.7 + 1.3 * normal(500, 2)
    edges = stats.norm.ppf(np.linspace(0, 1, side + 1))
    expected = np.zeros((side, side), dtype=int)
    for one, two in codes.tolist():
        expected[side - np.searchsorted(edges, two), np.searchsorted(edges, one) - 1] += 1
    got = metrics.prior_coverage(codes, side)
    np.testing.assert_array_equal(got.counts.numpy(), expected)
    assert got.dead == pytest.approx((expected == 0).mean(), rel=1e-12)


def test_cells_are_ordered_like_the_codes_of_the_prior_grid():
    grid = latent.prior_grid(5)
    assert (metrics.prior_coverage(grid, 5).counts == 1).all()
    for row in (0, 3, 24):
        assert metrics.prior_coverage(grid[[row]], 5).counts.flatten().argmax() == row
    assert metrics.prior_coverage(grid[:10], 5).dead == pytest.approx(0.6)
    far = torch.tensor([[50.0, -50.0], [50.0, -50.0]])
    coverage = metrics.prior_coverage(far, 40)
    assert coverage.dead == pytest.approx(1 - 1 / 1600)
    assert coverage.counts[-1, -1] == 2


@pytest.mark.parametrize(("n", "side"), [(1, 3), (40, 4), (100, 8), (30, 1)])
def test_codes_of_the_prior_itself_leave_what_the_closed_form_says(n, side):
    trials = [metrics.prior_coverage(normal(n, 2, seed=seed), side) for seed in range(400)]
    dead = np.array([trial.dead for trial in trials])
    chance, deviation = trials[0].dead_by_chance, trials[0].deviation_by_chance
    assert chance == pytest.approx((1 - 1 / side**2) ** n, rel=1e-12)
    assert abs(dead.mean() - chance) <= 4 * deviation / math.sqrt(400) + 1e-12
    # The standard deviation of 400 nearly normal numbers is known to 1 in √800.
    assert dead.std(ddof=1) == pytest.approx(deviation, rel=4 / math.sqrt(800), abs=1e-7)


def test_a_prior_hole_is_seen():
    codes = normal(4000, 2)
    ring = codes[codes.norm(dim=1) > 1]
    whole, hole = metrics.prior_coverage(codes, 20), metrics.prior_coverage(ring, 20)
    assert abs(whole.dead - whole.dead_by_chance) < 4 * whole.deviation_by_chance
    assert hole.dead > hole.dead_by_chance + 10 * hole.deviation_by_chance
    assert hole.dead < 1 - math.exp(-0.5) + hole.dead_by_chance  # at most the mass of the disc


@pytest.mark.parametrize(
    ("codes", "side", "message"),
    [
        (normal(5, 3), 4, "got codes with 3 columns, expected 2: choose two dimensions"),
        (normal(5, 2), 0, "got side = 0, expected an integer of at least 1"),
        (torch.full((5, 2), torch.nan), 4, "got NaN or infinity in 5 of the 5 rows of codes"),
    ],
)
def test_codes_that_have_no_cells_are_refused(codes, side, message):
    with pytest.raises(ValueError, match=message):
        metrics.prior_coverage(codes, side)


@pytest.fixture
def decoder_and_judge():
    return (
        models.LinearAutoencoder(5, 2).double(),
        models.Classifier(input_dim=5, hidden=(8,), classes=3).double(),
    )


@pytest.mark.parametrize("steps", [3, 6])
def test_validity_is_that_of_a_loop_over_lines_and_frames(decoder_and_judge, steps):
    model, judge = decoder_and_judge
    a, b = 20 * normal(30, 2), 20 * normal(30, 2, seed=1)
    between, ends = [], []
    for start, end in zip(a, b, strict=True):
        with torch.no_grad():
            frames = [model.decode((start + (end - start) * s / (steps - 1))[None]) for s in range(steps)]
            verdicts = [judge.network(frame).softmax(dim=1).max().item() > 0.6 for frame in frames]
        between.append(np.mean(verdicts[1:-1]))
        ends.append(np.mean([verdicts[0], verdicts[-1]]))
    got = metrics.interpolation_validity(model, judge, a, b, steps=steps, sure=0.6)
    for estimate, values in ((got.between, between), (got.ends, ends)):
        assert 0 < np.mean(values) < 1
        assert estimate.mean == pytest.approx(np.mean(values), rel=1e-12)
        assert estimate.standard_error == pytest.approx(np.std(values, ddof=1) / math.sqrt(30), rel=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 2}, "got steps = 2, expected at least 3"),
        ({"sure": 1.0}, "got sure = 1.0, expected a confidence between 0 and 1"),
        ({"b": normal(3, 2)}, "expected equal shapes"),
        ({"a": torch.full((4, 2), torch.nan)}, "got NaN or infinity in 4 of the 4 rows of a"),
    ],
)
def test_lines_that_cannot_be_judged_are_refused(decoder_and_judge, changes, message):
    model, judge = decoder_and_judge
    with pytest.raises(ValueError, match=message):
        metrics.interpolation_validity(
            **{"model": model, "judge": judge, "a": normal(4, 2), "b": normal(4, 2)} | changes
        )
