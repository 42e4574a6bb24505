"""Lines, arcs and grids: norms, angles, ends, rotations, and shares of probability counted with SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib import latent, plots


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def angles(path):
    """Angles between successive codes, in radians."""
    unit = path / path.norm(dim=1, keepdim=True)
    return torch.asin(((unit[1:] - unit[:-1]).norm(dim=1) / 2).clamp(max=1)) * 2


BOTH = pytest.mark.parametrize("walk", [latent.lerp, latent.slerp])


@BOTH
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("d", [2, 3, 20])
def test_a_walk_begins_and_ends_where_it_should(walk, dtype, d):
    a, b = normal(d).to(dtype), normal(d, seed=1).to(dtype)
    path = walk(a, b, 7)
    assert path.shape == (7, d)
    assert path.dtype == dtype
    torch.testing.assert_close(path[0], a)
    torch.testing.assert_close(path[-1], b)
    torch.testing.assert_close(walk(b, a, 7).flip(0), path)
    torch.testing.assert_close(walk(a, b, 2), torch.stack([a, b]))


def test_a_line_is_straight_and_its_steps_are_equal():
    a, b = normal(5), normal(5, seed=1)
    path = latent.lerp(a, b, 11)
    torch.testing.assert_close(path.diff(dim=0), ((b - a) / 10).expand(10, 5))


@pytest.mark.parametrize("d", [2, 3, 50])
def test_an_arc_turns_at_constant_speed_and_its_norm_changes_linearly(d):
    a, b = normal(d), 3 * normal(d, seed=1)
    path = latent.slerp(a, b, 9)
    whole = math.acos(float(a @ b / (a.norm() * b.norm())))
    torch.testing.assert_close(angles(path), torch.full((8,), whole / 8, dtype=torch.float64))
    torch.testing.assert_close(path.norm(dim=1), torch.linspace(a.norm(), b.norm(), 9, dtype=torch.float64))
    # In the plane of a and b all along.
    basis = torch.linalg.qr(torch.stack([a, b]).T)[0]
    torch.testing.assert_close(path @ basis @ basis.T, path)


def test_a_quarter_circle_is_a_quarter_circle():
    path = latent.slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 4)
    turn = torch.linspace(0, math.pi / 2, 4)
    torch.testing.assert_close(path, 2 * torch.stack([turn.cos(), turn.sin()], dim=1))


@BOTH
def test_a_walk_turns_with_the_space(walk):
    a, b = normal(6), normal(6, seed=1)
    rotation = torch.linalg.qr(normal(6, 6, seed=2))[0]
    torch.testing.assert_close(walk(a @ rotation, b @ rotation, 8), walk(a, b, 8) @ rotation)
    torch.testing.assert_close(walk(3 * a, 3 * b, 8), 3 * walk(a, b, 8))


@BOTH
def test_pairs_walk_as_each_alone(walk):
    a, b = normal(4, 3), normal(4, 3, seed=1)
    b[2] = 2 * a[2]  # a parallel pair among others
    paths = walk(a, b, 5)
    assert paths.shape == (4, 5, 3)
    for i in range(4):
        torch.testing.assert_close(paths[i], walk(a[i], b[i], 5), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("b", [torch.ones(3), 2.5 * torch.ones(3), torch.zeros(3), torch.ones(3) + 1e-7])
def test_parallel_codes_and_the_origin_are_joined_by_a_line(b):
    a = torch.ones(3)
    for pair in ((a, b), (b, a)):
        torch.testing.assert_close(latent.slerp(*pair, 5), latent.lerp(*pair, 5))


@pytest.mark.parametrize("angle", [1e-9, 1e-7, 1e-5, 1e-3])
def test_nearly_parallel_codes_turn_without_a_jump(angle):
    a = torch.tensor([1.0, 0.0], dtype=torch.float64)
    b = torch.tensor([math.cos(angle), math.sin(angle)], dtype=torch.float64)
    turn = torch.atan2(*latent.slerp(a, b, 5).T.flip(0))
    torch.testing.assert_close(turn, torch.linspace(0, angle, 5, dtype=torch.float64), rtol=1e-6, atol=1e-18)


@pytest.mark.parametrize("scale", [1.0, 0.3, 7.0])
def test_opposite_codes_have_no_arc_but_nearly_opposite_ones_do(scale):
    a = normal(4).float()
    with pytest.raises(ValueError, match=r"got 1 pair of opposite codes, expected .*; go through a third code, or use"):
        latent.slerp(a, -scale * a, 5)
    path = latent.slerp(a, -scale * a + 1e-3 * normal(4, seed=1).float(), 5)
    assert path.isfinite().all()
    assert angles(path.double()).std() < 1e-3


def test_in_many_dimensions_the_arc_keeps_the_norm_of_the_prior_and_the_line_does_not():
    a, b = normal(500, 100), normal(500, 100, seed=1)
    arc, line = (walk(a, b, 3)[:, 1].norm(dim=1).mean().item() for walk in (latent.slerp, latent.lerp))
    assert arc == pytest.approx(10, rel=0.01)
    assert line == pytest.approx(10 / math.sqrt(2), rel=0.01)


@BOTH
@pytest.mark.parametrize(
    ("a", "b", "steps", "message"),
    [
        (normal(3), normal(4), 5, r"got a of shape \(3,\) and b of shape \(4,\), expected equal shapes"),
        (normal(3), normal(2, 3), 5, "expected equal shapes"),
        (normal(2, 2, 3), normal(2, 2, 3), 5, "one row an example"),
        (normal(3), normal(3), 1, "got steps = 1, expected at least 2"),
    ],
)
def test_what_is_no_pair_of_codes_is_refused(walk, a, b, steps, message):
    with pytest.raises(ValueError, match=message):
        walk(a, b, steps)


@pytest.mark.parametrize("side", [1, 2, 5, 20])
def test_a_prior_grid_has_equal_steps_of_probability_in_the_order_of_the_plane(side):
    z = latent.prior_grid(side)
    assert z.shape == (side**2, 2)
    assert z.dtype == torch.float32
    rows = z.reshape(side, side, 2)
    shares = (np.arange(side) + 0.5) / side
    np.testing.assert_allclose(stats.norm.cdf(rows[..., 0].numpy()), np.tile(shares, (side, 1)), atol=1e-6)
    np.testing.assert_allclose(stats.norm.cdf(rows[..., 1].numpy()), np.tile(shares[::-1, None], (1, side)), atol=1e-6)
    assert torch.equal(rows.flip(0, 1), -rows) or torch.allclose(rows.flip(0, 1), -rows, atol=1e-6)
    flat = latent.grid_codes((-1, 1, -1, 1), side).reshape(side, side, 2)
    assert torch.equal(rows.sign(), flat.sign())  # same corner first


def test_every_point_of_a_prior_grid_stands_for_as_many_prior_samples():
    """The cell of a point: between the midpoints in probability to its neighbours."""
    side, n = 4, 40_000
    samples = stats.norm.cdf(normal(n, 2).numpy())
    columns, rows = (samples[:, 0] * side).astype(int), side - 1 - (samples[:, 1] * side).astype(int)
    counts = np.bincount(rows * side + columns, minlength=side**2)
    assert stats.chisquare(counts).pvalue > 1e-4
    z = stats.norm.cdf(latent.prior_grid(side).numpy())
    assert ((z[:, 0] * side).astype(int) == np.arange(side**2) % side).all()
    assert ((side - 1 - (z[:, 1] * side).astype(int)) == np.arange(side**2) // side).all()


def test_the_grid_of_the_plane_is_still_found_where_it_was():
    assert plots.grid_codes is latent.grid_codes


def test_a_traversal_moves_one_dimension_and_leaves_the_code_alone():
    z = normal(5)
    before = z.clone()
    path = latent.traverse(z, 3, torch.linspace(-2, 2, 9))
    assert path.shape == (9, 5)
    assert path.dtype == z.dtype
    torch.testing.assert_close(path[:, 3], torch.linspace(-2, 2, 9, dtype=torch.float64), check_dtype=False)
    others = [0, 1, 2, 4]
    assert torch.equal(path[:, others], z[others].expand(9, 4))
    assert torch.equal(z, before)
    assert latent.traverse(z, 0, [1.0, 2.0])[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(("z", "dimension"), [(normal(1, 5), 0), (normal(5), 5), (normal(5), -1)])
def test_a_traversal_without_a_code_or_a_dimension_is_refused(z, dimension):
    with pytest.raises(ValueError, match=r"got (z of shape \(1, 5\)|dimension = (5|-1)), expected"):
        latent.traverse(z, dimension, [0.0])
