"""What several test modules share: real data, a toy with known eigenvalues, and a guard for the global random state."""

import os
import random

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from course_lib import data

matplotlib.use("Agg")
# The same examples in every run, however long a busy machine takes for one.
patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("course", derandomize=True, database=None, **patient)
settings.load_profile("course")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """What a test or its fixtures draw without a generator of their own does not depend on the tests before it."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 — scikit-learn and umap-learn draw from it
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def mnist():
    """Real MNIST; skips where there is none, except in CI that was given it."""
    try:
        return data.load("mnist")
    except data.DataUnavailable as error:
        if os.environ.get("CI") == "true" and os.environ.get("COURSE_DATA"):
            raise
        pytest.skip(f"needs MNIST: {error.reason}")


@pytest.fixture(scope="session")
def toy():
    """300 examples, float64 (300, 6): correlated, off the origin, covariance eigenvalues exactly `toy_spectrum`."""
    generator = torch.Generator().manual_seed(12)
    noise = torch.randn(300, 6, generator=generator, dtype=torch.float64)
    white = torch.linalg.svd(noise - noise.mean(dim=0), full_matrices=False)[0] * 300**0.5
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=generator, dtype=torch.float64))[0]
    return (white * torch.tensor(SPECTRUM, dtype=torch.float64).sqrt()) @ rotation.T + torch.linspace(-3, 4, 6).double()


SPECTRUM = (9.0, 5.0, 3.0, 0.6, 0.5, 0.4)


@pytest.fixture(scope="session")
def toy_spectrum():
    return torch.tensor(SPECTRUM, dtype=torch.float64)


@pytest.fixture
def global_random_state_untouched():
    """Fails a test that draws from torch's global generator."""
    before = torch.random.get_rng_state()
    yield
    assert torch.equal(torch.random.get_rng_state(), before)


def pytest_collection_modifyitems(items):
    """Mark what opens a browser."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
