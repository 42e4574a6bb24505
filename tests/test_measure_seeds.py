"""The measurements over seeds: the grid counts what it says."""

import pytest
import torch

from course_lib import latent
from tools import measure_seeds


def test_mass_without_codes_counts_cells_of_equal_probability():
    grid = latent.prior_grid(measure_seeds.CELLS)
    assert measure_seeds.mass_without_codes(grid) == 0
    assert measure_seeds.mass_without_codes(grid[:400]) == pytest.approx(0.75)
    far = torch.tensor([[50.0, -50.0], [50.0, -50.0]])
    assert measure_seeds.mass_without_codes(far) == pytest.approx(1 - 1 / 1600)
