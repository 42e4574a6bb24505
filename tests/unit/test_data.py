"""Data sets as the chapters use them: shapes, ranges, splits, the sentence on the page, picture grids."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib import data
from course_lib.data import Dataset, Split
from course_lib.data.verify import check

GIVEN = Path(os.environ.get("COURSE_DATA") or "no such folder").resolve() / "MNIST" / "raw"
REAL = ["mnist"] if not check(GIVEN).bad else []  # no skip: where there is no MNIST, these cases do not exist

SHAPES = {"mnist": (60000, 10000, 28), "digits": (1437, 360, 8), "digits-28": (1437, 360, 28)}


@pytest.fixture(scope="module", params=["digits", "digits-28", *REAL])
def dataset(request):
    return data.load(request.param)


def test_every_data_set_keeps_the_contract(dataset):
    n_train, n_test, side = SHAPES[dataset.name]
    assert dataset.image_shape == (side, side)
    for split, n in ((dataset.train, n_train), (dataset.test, n_test)):
        assert len(split) == n
        assert split.x.shape == (n, side * side)
        assert split.x.dtype == torch.float32
        assert split.x.is_contiguous()
        assert split.x.min() == 0
        assert split.x.max() <= 1
        assert split.x.max() > 0.99
        assert split.y.shape == (n,)
        assert split.y.dtype == torch.int64
        assert split.y.unique().tolist() == list(range(10))


def test_both_splits_hold_the_same_share_of_each_digit(dataset):
    shares = [split.y.bincount() / len(split) for split in (dataset.train, dataset.test)]
    assert torch.allclose(*shares, atol=0.01 if dataset.name == "mnist" else 1 / len(dataset.test))


if REAL:

    def test_mnist_agrees_with_an_independent_reading_of_the_bytes():
        mnist = data.load("mnist")
        for split, stem in ((mnist.train, "train"), (mnist.test, "t10k")):
            raw = (GIVEN / f"{stem}-images-idx3-ubyte").read_bytes()
            assert struct.unpack(">4i", raw[:16]) == (2051, len(split), 28, 28)
            pixels = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 784)
            labels = np.fromfile(GIVEN / f"{stem}-labels-idx1-ubyte", np.uint8, offset=8)
            assert np.array_equal(split.y.numpy(), labels)
            assert np.array_equal((split.x * 255).round().to(torch.uint8).numpy(), pixels)
            mean = pixels.mean(axis=0, dtype=np.float64) / 255
            assert np.allclose(split.x.double().mean(dim=0).numpy(), mean, atol=1e-7)
        assert mnist.train.x.mean().item() == pytest.approx(0.1307, abs=5e-5)  # the constant in every MNIST tutorial

    def test_the_checksums_are_those_of_the_real_files():
        assert check(GIVEN).bad == []
        assert sorted(data.checksums()) == sorted(path.name for path in GIVEN.glob("*-ubyte"))


def test_digits_are_scikit_learns_each_used_once():
    from sklearn.datasets import load_digits

    digits = data.load("digits")
    rows = torch.cat([digits.train.x, digits.test.x]) * 16
    labelled = torch.cat([rows, torch.cat([digits.train.y, digits.test.y])[:, None]], dim=1).numpy()
    bunch = load_digits()
    expected = np.column_stack([bunch.data, bunch.target])
    assert np.array_equal(labelled[np.lexsort(labelled.T)], expected[np.lexsort(expected.T)])


def test_digits_28_are_the_digits_resized():
    small, large = data.load("digits"), data.load("digits-28")
    assert torch.equal(small.test.y, large.test.y)
    # Bilinear by hand for one pixel: pixel i of 28 lies at (i + 1/2) · 8/28 − 1/2 on the small grid.
    at = (10 + 0.5) * 8 / 28 - 0.5
    low, share = int(at), at - int(at)
    image = small.test.x[0].reshape(8, 8)[low : low + 2, low : low + 2]
    weights = torch.tensor([1 - share, share])
    assert large.test.x[0].reshape(28, 28)[10, 10].item() == pytest.approx((weights @ image @ weights).item(), abs=1e-6)


def test_loading_twice_gives_the_same_split():
    first, second = data.load("digits"), data.load("digits")
    assert torch.equal(first.train.x, second.train.x)
    assert torch.equal(first.test.y, second.test.y)


@pytest.mark.parametrize("name", ["MNIST", "cifar10", "", None])
def test_an_unknown_name_is_told_the_known_ones(name):
    with pytest.raises(ValueError, match="expected one of 'mnist', 'digits', 'digits-28'"):
        data.load(name)


def test_an_unknown_fallback_is_refused_before_anything_is_loaded():
    with pytest.raises(ValueError, match="got fallback = 'fashion', expected one of"):
        data.load("digits", fallback="fashion")


def numbered(n: int) -> Split:
    return Split(torch.arange(n, dtype=torch.float32)[:, None] / n, torch.arange(n))


@given(n=st.integers(1, 50), seed=st.integers(0, 2**31))
def test_a_sample_draws_rows_with_their_labels_and_none_twice(n, seed):
    drawn = numbered(50).sample(n, seed)
    assert len(drawn.y.unique()) == n
    assert torch.equal(drawn.x[:, 0], drawn.y / 50)
    assert torch.equal(drawn.y, numbered(50).sample(n, seed=seed).y)


def test_a_sample_is_no_prefix_and_depends_on_the_seed_alone():
    split = numbered(1000)
    torch.manual_seed(1)
    first = split.sample(100).y
    torch.manual_seed(2)
    assert torch.equal(first, split.sample(100, seed=0).y)
    assert not torch.equal(first, split.sample(100, seed=1).y)
    assert first.max() > 900
    # Every row has the same chance: over 200 draws of 100 in 1000 a row comes 20 times, ± 6 standard deviations.
    counts = torch.cat([split.sample(100, seed=seed).y for seed in range(200)]).bincount(minlength=1000)
    assert (counts - 20).abs().max() < 6 * (200 * 0.1 * 0.9) ** 0.5


def test_a_sample_is_a_copy():
    split = numbered(10)
    split.sample(10).x.zero_()
    assert split.x.sum() > 0


def test_a_sample_larger_than_the_split_is_refused():
    with pytest.raises(ValueError, match="got n = 11, expected at most the 10 examples"):
        numbered(10).sample(11)


@pytest.mark.parametrize(("n", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("3", TypeError)])
def test_a_sample_of_no_size_is_refused(n, error):
    with pytest.raises(error, match=r"got n = .* expected an integer of at least 1"):
        numbered(10).sample(n)


def test_the_page_shows_name_counts_and_note_and_no_markup_of_the_note():
    dataset = Dataset("digits", numbered(1200), numbered(30), (8, 8), "a <b> & c")
    shown = dataset._repr_html_()
    assert shown.startswith('<div class="edition">')
    assert shown.endswith("</div>")
    assert "1,200 training and 30 test images of 8 × 8 pixels" in shown
    assert "a &lt;b&gt; &amp; c" in shown
    assert repr(dataset) == "Dataset('digits', 1,200 training and 30 test images of 8 × 8 pixels; a <b> & c)"
    assert repr(dataset.test) == "Split(x: (30, 1) float32 in [0, 1], y: (30,) int64)"


def test_checksums_are_a_copy():
    data.checksums().clear()
    assert len(data.checksums()) == 4
    assert all(len(digest) == 64 for digest in data.checksums().values())


def by_hand(images, columns, padding, value):
    """The grid by loops: an independent oracle."""
    n, height, width = images.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    grid = np.full((rows * (height + padding) + padding, columns * (width + padding) + padding), value, images.dtype)
    for i, image in enumerate(images):
        top, left = padding + i // columns * (height + padding), padding + i % columns * (width + padding)
        grid[top : top + height, left : left + width] = image
    return grid


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("n", "columns", "padding"), [(7, 3, 2), (6, 3, 0), (2, 5, 1), (1, 1, 2), (1, 4, 0)])
def test_a_grid_holds_every_image_in_its_place_unscaled(n, columns, padding, dtype):
    images = np.random.default_rng(0).normal(0, 100, (n, 4, 5)).astype(dtype)
    grid = data.image_grid(images, columns, padding=padding, padding_value=-3.0)
    assert np.array_equal(grid.numpy(), by_hand(images, columns, padding, -3.0))


def test_a_grid_takes_rows_of_square_images_and_tensors_in_training():
    images = torch.rand(5, 9, requires_grad=True)
    expected = by_hand(images.detach().reshape(5, 3, 3).numpy(), 2, 2, 0.0)
    grid = data.image_grid(images, 2)
    assert np.array_equal(grid.numpy(), expected)


@pytest.mark.parametrize(
    ("images", "columns", "error", "message"),
    [
        (torch.rand(3, 10), 2, ValueError, "got images with 10 columns, expected a square number"),
        (torch.rand(10), 2, ValueError, "got images of shape"),
        (torch.rand(3, 1, 4, 4), 2, ValueError, "got images of shape"),
        (torch.rand(0, 4), 2, ValueError, "at least one example"),
        (torch.zeros(3, 4, dtype=torch.uint8), 2, TypeError, "float32 or float64"),
        (torch.rand(3, 4), 0, ValueError, "got columns = 0"),
        ([[1.0]], 1, TypeError, "of type list"),
    ],
)
def test_a_grid_of_something_else_is_refused(images, columns, error, message):
    with pytest.raises(error, match=message):
        data.image_grid(images, columns)


def test_a_negative_padding_is_refused():
    with pytest.raises(ValueError, match="got padding = -1"):
        data.image_grid(torch.rand(3, 4), 2, padding=-1)
