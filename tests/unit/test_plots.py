"""Pictures: what is drawn is what was given, in the right place and in the right order."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgba

from course_lib import notation, plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def pictures(n, height=3, width=2):
    return torch.rand(n, height * width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_images_stand_row_by_row_from_the_top_left_with_full_contrast(n):
    x, gap, columns = pictures(n), 2, 2
    ax = plots.images(x, columns=columns, shape=(3, 2))
    (shown,) = ax.images
    for i in range(n):
        top, left = gap + (i // columns) * (3 + gap), gap + (i % columns) * (2 + gap)
        tile = shown.get_array()[top : top + 3, left : left + 2]
        np.testing.assert_array_equal(tile, x[i].reshape(3, 2).numpy())
    assert shown.get_clim() == (0, 1)
    assert shown.origin == "upper"


def test_images_take_arrays_and_draw_where_they_are_told():
    _, ax = plt.subplots()
    assert plots.images(pictures(2).numpy(), shape=(3, 2), ax=ax) is ax
    np.testing.assert_array_equal(ax.images[0].get_array()[2:5, 2:4], pictures(2)[0].reshape(3, 2).numpy())


def test_image_rows_put_each_label_above_its_own_images():
    rows = {"original": pictures(4), "reconstruction": 1 - pictures(4)}
    figure = plots.image_rows(rows, shape=(3, 2))
    assert [ax.get_title(loc="left") for ax in figure.axes] == list(rows)
    for ax, x in zip(figure.axes, rows.values(), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array()[2:5, 2:4], x[0].reshape(3, 2).numpy())


def test_digits_plane_has_each_dot_in_its_place_and_its_colour_and_names_each_class_at_its_median():
    z = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 8.0], [-5.0, 6.0]])
    y = torch.tensor([7, 7, 7, 1])
    ax = plots.digits_plane(z, y)
    (dots,) = ax.collections
    np.testing.assert_array_equal(dots.get_offsets(), z.numpy())
    for colour, digit in zip(dots.get_facecolors(), y, strict=True):
        assert tuple(colour[:3]) == to_rgba(plots.DIGIT_COLORS[digit])[:3]
    assert {text.get_text(): text.get_position() for text in ax.texts} == {"7": (2, 3), "1": (-5, 6)}
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$z_1$", "$z_2$")


def test_a_grid_of_codes_is_shown_with_each_picture_at_its_own_code():
    """A picture that holds its own coordinates must be found there in the axes."""
    extent, side = (-2.0, 4.0, -1.0, 3.0), 4
    z = plots.grid_codes(extent, side)
    for coordinate in (0, 1):
        ax = plots.plane_grid(z[:, coordinate, None].expand(-1, 6), extent, shape=(3, 2))
        (shown,) = ax.images
        assert shown.get_extent() == list(extent)
        assert shown.origin == "upper"
        pixels = shown.get_array()
        height, width = pixels.shape
        assert (height, width) == (3 * side, 2 * side)
        for z1, z2 in z.tolist():
            column = int((z1 - extent[0]) / (extent[1] - extent[0]) * width)
            row = int((extent[3] - z2) / (extent[3] - extent[2]) * height)
            assert pixels[row, column] == pytest.approx((z1, z2)[coordinate])


def test_grid_codes_are_the_centres_of_equal_tiles():
    z = plots.grid_codes((-1.0, 1.0, 0.0, 4.0), 2)
    assert z.tolist() == [[-0.5, 3.0], [0.5, 3.0], [-0.5, 1.0], [0.5, 1.0]]


def test_plane_grid_keeps_each_picture_upright():
    x = pictures(4)
    shown = plots.plane_grid(x, (0, 1, 0, 1), shape=(3, 2)).images[0].get_array()
    for i in range(4):
        top, left = 3 * (i // 2), 2 * (i % 2)
        np.testing.assert_array_equal(shown[top : top + 3, left : left + 2], x[i].reshape(3, 2).numpy())


def test_history_curves_start_at_the_first_epoch_and_dash_training():
    curves = {"train": [3.0, 2.0, 1.5], "test": [3.5, 2.5, 2.2]}
    ax = plots.history_curves(curves, ylabel="loss (nats)")
    for line, (label, values) in zip(ax.lines, curves.items(), strict=True):
        assert line.get_label() == label
        assert list(line.get_xdata()) == [1, 2, 3]
        assert list(line.get_ydata()) == values
        assert line.get_linestyle() == ("--" if label == "train" else "-")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(curves)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss (nats)")


def test_style_takes_its_colours_from_the_notation_and_draws_ink_on_white():
    with plt.rc_context():
        plots.style()
        colours = [to_hex(c) for c in plt.rcParams["axes.prop_cycle"].by_key()["color"]]
        assert colours == [notation.color(key) for key in ("x", "z", "decoder", "mean")]
        assert plt.get_cmap()(0.0)[:3] == (1, 1, 1)
        assert plt.get_cmap()(1.0)[:3] == (0, 0, 0)
