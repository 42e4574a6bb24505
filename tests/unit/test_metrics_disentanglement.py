"""MIG and SAP: codes of which the score is known, scikit-learn's mutual information, invariances."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mutual_info_score

from course_lib import metrics

SIZES = (3, 4, 8)
ORDERED = (False, True, True)
FACTORS = torch.cartesian_prod(*(torch.arange(size) for size in SIZES)).repeat(10, 1)  # (960, 3), a full grid
N = len(FACTORS)


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def perfect():
    """One dimension to a factor, in another order and scale, and two that know nothing."""
    return torch.stack(
        [-2.0 * FACTORS[:, 2], torch.zeros(N), 0.1 * FACTORS[:, 0], 7.0 + FACTORS[:, 1], torch.zeros(N)], 1
    )


def turned(codes, angle=math.pi / 4):
    """The two dimensions that know the second and the third factor, standardised and turned."""
    codes = codes.double().clone()
    pair = (codes[:, [0, 3]] - codes[:, [0, 3]].mean(dim=0)) / codes[:, [0, 3]].std(dim=0)
    cos, sin = math.cos(angle), math.sin(angle)
    codes[:, [0, 3]] = pair @ torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
    return codes


def test_a_perfect_code_scores_one_on_both():
    """One dimension tells all, the next best nothing: MIG 1. A factor of 3 levels is guessed right by 1/3 blindly."""
    mig = metrics.mutual_information_gap(perfect(), FACTORS)
    torch.testing.assert_close(mig.gaps, torch.ones(3, dtype=torch.float64))
    assert mig.score == pytest.approx(1)
    sap = metrics.separated_attribute_predictability(perfect(), FACTORS, ORDERED)
    np.testing.assert_allclose(sap.gaps.numpy(), [1 - 1 / 3, 1, 1], atol=1e-9)


def test_two_copies_of_a_perfect_code_score_nothing():
    """Best and second best are the same."""
    doubled = torch.cat([perfect(), perfect()], dim=1)
    assert metrics.mutual_information_gap(doubled, FACTORS).score == pytest.approx(0, abs=1e-12)
    assert metrics.separated_attribute_predictability(doubled, FACTORS, ORDERED).score == pytest.approx(0, abs=1e-12)


def test_half_of_a_factor_in_a_second_dimension_costs_its_share():
    """The parity of 8 levels is log 2 out of log 8 nats: the gap is 1 − 1/3."""
    codes = torch.cat([perfect(), (FACTORS[:, 2] % 2)[:, None].float()], dim=1)
    gaps = metrics.mutual_information_gap(codes, FACTORS).gaps
    np.testing.assert_allclose(gaps.numpy(), [1, 1, 1 - math.log(2) / math.log(8)], atol=1e-12)


def test_turning_two_dimensions_lowers_both_scores():
    """The same information, no longer one dimension to a factor; a quarter turn only exchanges them."""
    codes = perfect()
    for score in (
        metrics.mutual_information_gap,
        lambda z, v: metrics.separated_attribute_predictability(z, v, ORDERED),
    ):
        straight = score(codes, FACTORS).score
        assert score(turned(codes), FACTORS).score < straight - 0.25
        assert score(turned(codes, math.pi / 2), FACTORS).score == pytest.approx(straight, abs=1e-9)


def test_the_squared_correlation_of_a_turned_code_is_known():
    """Turned by α, independent columns of variance 1 correlate with the factor by cos α and sin α."""
    sap = metrics.separated_attribute_predictability(turned(perfect(), 0.3), FACTORS, ORDERED)
    expected = math.cos(0.3) ** 2 - math.sin(0.3) ** 2
    assert sap.gaps[1:].tolist() == pytest.approx([expected, expected], abs=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        lambda z: z[:, [4, 2, 0, 1, 3]],
        lambda z: -z,
        lambda z: 100 * z - 7,
        lambda z: torch.cat([z, 0 * z[:, :1]], dim=1),
    ],
    ids=["permuted", "mirrored", "rescaled", "with a dead dimension"],
)
def test_order_sign_scale_and_dead_dimensions_do_not_matter(change):
    """Codes that hold noise too, so that nothing is trivially 0 or 1."""
    codes = turned(perfect(), 0.4) + 0.3 * normal(N, 5)
    for score in (
        metrics.mutual_information_gap,
        lambda z, v: metrics.separated_attribute_predictability(z, v, ORDERED),
    ):
        np.testing.assert_allclose(score(change(codes), FACTORS).gaps, score(codes, FACTORS).gaps, atol=0.01)


def test_information_is_that_of_scikit_learn_after_the_same_cutting():
    """NumPy's histogram cuts, scikit-learn counts."""
    codes = turned(perfect(), 0.4) + 0.5 * normal(N, 5)
    table = metrics.factor_information(codes, FACTORS, bins=12)
    for j in range(5):
        z = codes[:, j].numpy()
        cells = np.clip(np.digitize(z, np.histogram_bin_edges(z, 12)), 1, 12)
        for k in range(3):
            assert table[j, k].item() == pytest.approx(mutual_info_score(cells, FACTORS[:, k]), abs=1e-3)


def test_noise_knows_nothing_beyond_the_bias_of_counting():
    """(bins − 1)(levels − 1)/2n on average, over many draws of codes that fill all bins alike."""
    draws = [torch.rand(N, 4, generator=torch.Generator().manual_seed(seed)) for seed in range(60)]
    found = torch.stack([metrics.factor_information(codes, FACTORS, bins=10) for codes in draws])
    for k, size in enumerate(SIZES):
        assert found[:, :, k].mean().item() == pytest.approx(9 * (size - 1) / (2 * N), rel=0.1)


def test_the_gap_of_thresholds_is_found_by_hand():
    """Three levels at 0, 1, 2 of one dimension; the other confuses the last two and gets (1 + 1 + 0)/3."""
    levels = torch.tensor([[0], [1], [2]]).repeat(20, 1)
    codes = torch.cat([levels, levels.clamp(max=1)], dim=1).double()
    sap = metrics.separated_attribute_predictability(codes, levels, (False,))
    assert sap.table[:, 0].tolist() == pytest.approx([1, 2 / 3])
    assert sap.score == pytest.approx(1 / 3)


def test_thresholds_are_as_many_as_levels_and_every_level_weighs_the_same():
    """60 of one level and 10 of the other: (40/60 + 1)/2 by one threshold. Four turns in one dimension need three."""
    levels = torch.tensor([0] * 60 + [1] * 10)[:, None]
    overlap = torch.tensor([0.0] * 40 + [1.0] * 30)
    sap = metrics.separated_attribute_predictability(torch.stack([overlap, torch.zeros(70)], 1), levels, (False,))
    assert sap.table[:, 0].tolist() == pytest.approx([5 / 6, 1 / 2])
    turns = torch.arange(4.0).repeat(10)
    codes = torch.stack([turns, torch.zeros(40)], dim=1)
    sap = metrics.separated_attribute_predictability(codes, (turns % 2).long()[:, None], (False,))
    assert sap.table[:, 0].tolist() == pytest.approx([3 / 4, 1 / 2])


def test_squared_correlations_are_those_of_a_regression():
    codes = turned(perfect(), 0.4) + 0.5 * normal(N, 5)
    table = metrics.separated_attribute_predictability(codes, FACTORS, ORDERED).table
    for j in range(5):
        z = codes[:, [j]].numpy()
        for k in (1, 2):
            assert table[j, k].item() == pytest.approx(LinearRegression().fit(z, FACTORS[:, k]).score(z, FACTORS[:, k]))


@pytest.mark.parametrize(
    ("codes", "factors", "error", "message"),
    [
        (torch.rand(5, 1), torch.arange(5)[:, None], ValueError, "got codes with 1 dimension"),
        (torch.rand(5, 2), torch.arange(4)[:, None], ValueError, "got 5 rows of codes and 4 of factors"),
        (torch.rand(5, 2), torch.arange(5)[:, None].float(), TypeError, "no int64 tensor"),
        (torch.rand(5, 2), torch.arange(5), TypeError, "no int64 tensor"),
        (torch.rand(5, 2), torch.arange(5)[:, None] - 1, ValueError, "got a negative level"),
        (torch.rand(5, 2), torch.zeros(5, 1, dtype=torch.int64), ValueError, "single level"),
    ],
)
def test_what_cannot_be_scored_is_refused(codes, factors, error, message):
    """By either score."""
    with pytest.raises(error, match=message):
        metrics.mutual_information_gap(codes, factors)
    with pytest.raises(error, match=message):
        metrics.separated_attribute_predictability(codes, factors, (True,))


def test_bins_and_orders_are_checked():
    with pytest.raises(ValueError, match="got bins = 1, expected at least 2"):
        metrics.factor_information(perfect(), FACTORS, bins=1)
    with pytest.raises(ValueError, match="got ordered for 2 factors, expected it for 3"):
        metrics.separated_attribute_predictability(perfect(), FACTORS, (True, True))
