"""Retrieval and sample metrics against scikit-learn and brute force; ties, blocks and what is refused."""

import math

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from course_lib import metrics, models
from course_lib.metrics import _blocks


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def classes(n, seed=0, most=3):
    return torch.randint(most, (n,), generator=torch.Generator().manual_seed(seed))


PAIRS = pytest.mark.parametrize("pairs", [1, 50, 333, 10**6])


@PAIRS
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("k", [1, 5, 50])
def test_precision_is_that_of_scikit_learns_neighbours(monkeypatch, pairs, metric, k):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    codes, queries, labels, asked = 4 + normal(50, 3), 4 + normal(20, 3, seed=1), classes(50), classes(20, seed=1)
    nearest = NearestNeighbors(n_neighbors=k, metric=metric).fit(codes.numpy()).kneighbors(queries.numpy())[1]
    expected = (labels.numpy()[nearest] == asked.numpy()[:, None]).mean()
    got = metrics.precision_at_k(queries, asked, codes, labels, k, metric=metric)
    assert got == pytest.approx(expected, rel=1e-12)


@PAIRS
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_a_query_is_no_answer_to_itself(monkeypatch, pairs, metric):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    codes, labels = normal(40, 3), torch.arange(40)  # every label once: only a query itself would be right
    assert metrics.precision_at_k(codes, labels, codes, labels, 1, metric=metric) == 1
    assert metrics.precision_at_k(codes, labels, codes, labels, 39, metric=metric, exclude_self=True) == 0
    labels = classes(40)
    found = NearestNeighbors(n_neighbors=4, metric=metric).fit(codes.numpy()).kneighbors()[1]  # excludes it too
    expected = (labels.numpy()[found] == labels.numpy()[:, None]).mean()
    got = metrics.precision_at_k(codes, labels, codes, labels, 4, metric=metric, exclude_self=True)
    assert got == pytest.approx(expected, rel=1e-12)


def test_the_two_metrics_differ_where_lengths_do():
    codes = torch.tensor([[1.0, 0.1], [0.2, 10.0]])
    labels, query = torch.tensor([0, 1]), torch.tensor([[0.3, 1.5]])
    assert metrics.precision_at_k(query, labels[:1], codes, labels, 1) == 1
    assert metrics.precision_at_k(query, labels[1:], codes, labels, 1, metric="cosine") == 1
    assert metrics.precision_at_k(query, labels[:1], codes, labels, 1, metric="cosine") == 0


def test_a_code_far_from_the_origin_keeps_its_neighbours_in_float32():
    codes, labels = normal(200, 3), classes(200)
    near = metrics.precision_at_k(codes, labels, codes, labels, 3, exclude_self=True)
    far = (codes + 1000).float()
    assert metrics.precision_at_k(far, labels, far, labels, 3, exclude_self=True) == pytest.approx(near, abs=0.01)


GOOD = {"queries": normal(4, 3), "query_labels": classes(4), "codes": normal(6, 3), "labels": classes(6), "k": 2}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 7}, "got k = 7, expected at most 6"),
        ({"k": 0}, "got k = 0, expected an integer of at least 1"),
        ({"codes": normal(6, 2)}, "got codes with 2 columns, expected 3"),
        ({"labels": classes(5)}, r"got labels of shape \(5,\), expected \(6,\): one for each row of codes"),
        ({"query_labels": classes(6)}, r"got query_labels of shape \(6,\), expected \(4,\)"),
        ({"metric": "manhattan"}, "got metric = 'manhattan', expected one of 'euclidean', 'cosine'"),
        ({"exclude_self": True}, "got exclude_self with 4 queries and 6 codes"),
        ({"queries": normal(6, 3), "query_labels": classes(6), "k": 6, "exclude_self": True}, "expected at most 5"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        metrics.precision_at_k(**GOOD | changes)


@pytest.mark.parametrize("size", [3, 7, 2000])
def test_confidence_is_the_largest_probability_of_every_example(monkeypatch, size):
    monkeypatch.setattr(_blocks, "SIZE", size)
    judge, x = models.Classifier(input_dim=5, hidden=(8,), classes=4).double(), 3 * normal(20, 5)
    got = metrics.confidence(judge, x)
    with torch.no_grad():
        logits = judge.network(x).numpy()
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got.confidence.numpy(), probabilities.max(axis=1), rtol=1e-9)
    np.testing.assert_array_equal(got.classes.numpy(), probabilities.argmax(axis=1))
    assert not got.confidence.requires_grad
    sure, which = got
    assert sure is got.confidence
    assert which is got.classes


@pytest.mark.parametrize(
    ("counts", "perplexity"),
    [([7, 7, 7, 7], 4), ([9], 1), ([0, 0, 5], 1), ([4, 2, 1, 1], 2**1.75), ([1, 0, 1], 2)],
)
def test_class_perplexity_of_known_shares(counts, perplexity):
    drawn = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    assert metrics.class_perplexity(drawn) == pytest.approx(perplexity, rel=1e-12)
    assert metrics.class_perplexity(drawn.flip(0)) == pytest.approx(perplexity, rel=1e-12)


@pytest.mark.parametrize(
    "bad", [torch.zeros(3), torch.zeros(2, 2, dtype=torch.int64), torch.zeros(0, dtype=torch.int64)]
)
def test_class_perplexity_wants_classes(bad):
    with pytest.raises(ValueError, match=r"got classes as .*expected at least one integer class"):
        metrics.class_perplexity(bad)


@PAIRS
@pytest.mark.parametrize("width", [1, 30])
def test_the_nearest_distance_is_that_of_scikit_learn(monkeypatch, pairs, width):
    monkeypatch.setattr(_blocks, "PAIRS", pairs)
    x, reference = normal(20, width), normal(50, width, seed=1)
    distances = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(reference.numpy()).kneighbors(x.numpy())[0]
    np.testing.assert_allclose(metrics.nearest_squared_distance(x, reference).numpy(), distances[:, 0] ** 2, rtol=1e-9)


def test_an_image_of_the_reference_is_at_distance_zero_exactly():
    reference = torch.rand(300, 784, generator=torch.Generator().manual_seed(0))
    assert (metrics.nearest_squared_distance(reference[100:200], reference) == 0).all()
    moved = reference[5:6].clone()
    moved[0, 7] += 1e-3  # its square would drown in the rounding of ‖x‖² − 2 x·r + ‖r‖²
    exact = float((moved[0, 7].double() - reference[5, 7].double()) ** 2)
    assert metrics.nearest_squared_distance(moved, reference).item() == pytest.approx(exact, rel=1e-4)


def test_no_array_of_examples_by_reference_by_columns_is_made():
    """2000 × 2000 × 784 floats would be 12 GB; a block of pairs is 16 MB."""
    x = torch.rand(2000, 784, generator=torch.Generator().manual_seed(0))
    distances = metrics.nearest_squared_distance(x, x.flip(1))
    assert distances.shape == (2000,)
    assert math.isclose(float(distances[3]), float((x[3] - x.flip(1)).square().sum(dim=1).min()), rel_tol=1e-5)
    assert _blocks.PAIRS * 4 < 50e6


def test_a_reference_of_another_width_is_refused():
    with pytest.raises(ValueError, match="got reference with 4 columns, expected 3"):
        metrics.nearest_squared_distance(normal(5, 3), normal(5, 4))
