"""Shapes with known factors: what the labels say can be measured on the pictures."""

from __future__ import annotations

import itertools

import pytest
import torch

from course_lib import data

LEVEL = {"shape": 0, "scale": 1, "rotation": 2, "x": 3, "y": 4}


@pytest.fixture(scope="module")
def shapes():
    """The whole data set."""
    return data.load("shapes")


@pytest.fixture(scope="module")
def grid(shapes):
    """All pictures, (n, 32, 32), rows from the top, with their levels, (n, 5)."""
    images = torch.cat([shapes.train.x, shapes.test.x]).reshape(-1, *shapes.image_shape)
    return images.double(), torch.cat([shapes.train.factors, shapes.test.factors])


def values(shapes, levels, name):
    """The values of a numeric factor, (n,)."""
    factor = shapes.factors[LEVEL[name]]
    assert factor.name == name
    return torch.tensor(factor.levels, dtype=torch.float64)[levels[:, LEVEL[name]]]


def central_moments(images):
    """Area, centre of mass (right, up) and covariance of the ink, (n,), (n, 2), (n, 2, 2)."""
    place = torch.arange(32, dtype=torch.float64) - 15.5
    area = images.sum(dim=(1, 2))
    right, up = (images.sum(dim=1) @ place) / area, -(images.sum(dim=2) @ place) / area
    across, above = place - right[:, None], -place - up[:, None]
    cov = torch.stack(
        [
            (images * across[:, None, :] ** 2).sum(dim=(1, 2)),
            (images * across[:, None, :] * above[:, :, None]).sum(dim=(1, 2)),
            (images * above[:, :, None] ** 2).sum(dim=(1, 2)),
        ],
        dim=1,
    )
    return area, torch.stack([right, up], dim=1), cov / area[:, None]


def test_every_combination_of_levels_is_there_once(shapes, grid):
    """A full factorial grid, split at random, all pictures different."""
    _, levels = grid
    sizes = [factor.size for factor in shapes.factors]
    combinations = set(itertools.product(*map(range, sizes)))
    assert sorted(map(tuple, levels.tolist())) == sorted(combinations)
    x = torch.cat([shapes.train.x, shapes.test.x])
    assert len(torch.unique(x, dim=0)) == len(combinations)
    assert len(shapes.test) == round(0.2 * len(combinations))
    # Each level is about as frequent in either split.
    for k, size in enumerate(sizes):
        share = shapes.test.factors[:, k].bincount(minlength=size) / len(shapes.test)
        assert (share * size - 1).abs().max() < 6 * (size / len(shapes.test)) ** 0.5


def test_the_contract_of_a_data_set(shapes):
    """As every other one; the class is the shape."""
    for split in (shapes.train, shapes.test):
        assert split.x.dtype == torch.float32
        assert split.x.is_contiguous()
        assert (split.x.min(), split.x.max()) == (0, 1)
        assert torch.equal(split.y, split.factors[:, 0])
    some = shapes.train.sample(50, seed=3)
    rows = torch.cdist(some.x, shapes.train.x).argmin(dim=1)
    assert torch.equal(some.factors, shapes.train.factors[rows])
    assert shapes.image_shape == (32, 32)


def test_the_centre_of_mass_is_x_and_y_and_the_area_is_the_scale_squared(shapes, grid):
    """Whatever the other factors are: none of them shows in these three."""
    images, levels = grid
    area, centre, _ = central_moments(images)
    torch.testing.assert_close(centre[:, 0], values(shapes, levels, "x"), rtol=0, atol=0.03)
    torch.testing.assert_close(centre[:, 1], values(shapes, levels, "y"), rtol=0, atol=0.03)
    torch.testing.assert_close(area, values(shapes, levels, "scale") ** 2, rtol=0.01, atol=0)


def test_the_long_axis_of_an_ellipse_turns_with_the_rotation(shapes, grid):
    """Its direction from the vertical, anticlockwise, from the second moments; and 140 degrees are less than 180."""
    images, levels = grid
    ellipses = levels[:, 0] == 0
    _, _, moments = central_moments(images[ellipses])
    angle = 0.5 * torch.atan2(-2 * moments[:, 1], moments[:, 2] - moments[:, 0])
    torch.testing.assert_close(angle, values(shapes, levels[ellipses], "rotation"), rtol=0, atol=0.03)


@pytest.mark.parametrize(("shape", "up"), [(1, 1), (2, -1)], ids=["the tip of a triangle", "the point of a heart"])
def test_what_points_points_where_the_rotation_says(shapes, grid, shape, up):
    """Up at 0, or down: the third moment of the ink along the axis has that sign, so no half turn is confused."""
    images, levels = grid
    some = levels[:, 0] == shape
    angle = values(shapes, levels[some], "rotation")
    _, centre, _ = central_moments(images[some])
    place = torch.arange(32, dtype=torch.float64) - 15.5
    along = (
        -torch.sin(angle)[:, None, None] * (place - centre[:, :1])[:, None, :]
        + torch.cos(angle)[:, None, None] * (-place - centre[:, 1:])[:, :, None]
    )
    assert bool((up * (images[some] * along**3).sum(dim=(1, 2)) > 0).all())


@pytest.mark.parametrize("k", range(5))
def test_each_factor_alone_changes_the_picture(shapes, grid, k):
    """Neighbouring levels, all others equal, differ by more than a pixel's worth of ink."""
    images, levels = grid
    sizes = [factor.size for factor in shapes.factors]
    number = torch.zeros(len(levels), dtype=torch.int64)
    for column, size in zip(levels.T, sizes, strict=True):
        number = number * size + column
    ordered = images[number.argsort()].reshape(*sizes, -1)
    assert float(ordered.diff(dim=k).square().sum(dim=-1).min()) > 1


def test_no_ink_leaves_the_picture_and_edges_are_soft(grid):
    """A shape cut off at the border would have another area; grey pixels are the anti-aliasing."""
    images, _ = grid
    border = torch.cat([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], dim=1)
    assert border.max() <= 0.25
    grey = ((images > 0) & (images < 1)).double().mean()
    assert 0.01 < grey < 0.1


def test_it_is_the_same_every_time(shapes):
    """No seed to forget."""
    torch.manual_seed(123)
    again = data.load("shapes")
    assert torch.equal(shapes.train.x, again.train.x)
    assert torch.equal(shapes.test.factors, again.test.factors)
