"""Runs on shapes: stored and verified, and what the shipped ones say is possible."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from course_build.recipes import checkpoints as train_checkpoints
from course_build.recipes import shapes as train_shapes
from course_lib import data, metrics, models, training
from course_lib.results import _files, shape_runs

ABOUT = {"command": "make it", "settings": {"epochs": 3}, "note": "made up"}


def made_up(m: int = 3) -> shape_runs.ShapeRuns:
    """Three runs of random numbers."""
    g = torch.Generator().manual_seed(0)
    numbers = [torch.rand(m, generator=g, dtype=torch.float64) for _ in range(5)]
    gaps = [torch.rand(m, 5, generator=g, dtype=torch.float64) for _ in range(2)]
    beta = torch.tensor([1.0, 4.0, 4.0], dtype=torch.float64)
    objective, seed, units = torch.tensor([0, 0, 1]), torch.arange(3), torch.tensor([10, 4, 3])
    return shape_runs.ShapeRuns(objective, beta, seed, *numbers, units, *gaps, torch.rand(m, 10, 5, generator=g))


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """The made-up runs among what the course ships."""
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    return shape_runs.save(made_up(), **ABOUT)


def test_runs_come_back_as_they_were(saved):
    for field in dataclasses.fields(shape_runs.ShapeRuns):
        got, expected = (getattr(runs, field.name) for runs in (shape_runs.load(), made_up()))
        torch.testing.assert_close(got, expected, rtol=0, atol=0)
    assert shape_runs.manifest().items() >= ({"dataset": "shapes"} | ABOUT).items()


def test_a_selection_keeps_rows_together():
    runs = made_up()
    some = runs.select("beta-vae", 4.0)
    assert some.seed.tolist() == [1]
    assert torch.equal(some.table[0], runs.table[1])
    assert len(runs.select("beta-tcvae")) == 1
    assert len(runs.select("beta-tcvae", 1.0)) == 0
    torch.testing.assert_close(runs.elbo, -runs.rate - runs.distortion)
    with pytest.raises(ValueError, match="got objective = 'factor-vae', expected one of 'beta-vae', 'beta-tcvae'"):
        runs.select("factor-vae")


def test_unfinished_numbers_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "SHIPPED", tmp_path)
    holed = dataclasses.replace(made_up(), rate=torch.tensor([1.0, math.nan, 2.0]))
    short = dataclasses.replace(made_up(), seed=torch.arange(2))
    for runs, name in ((holed, "rate"), (short, "seed")):
        with pytest.raises(ValueError, match=f"got {name} of shape .* expected 3 finite rows"):
            shape_runs.save(runs, **ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_runs_are_all_there_and_their_numbers_are_possible():
    """Every objective, β and seed once; the parts within their bounds; a dearer code is shorter."""
    runs, n = shape_runs.load(), 3072
    rows = zip(runs.objective.tolist(), runs.beta.tolist(), runs.seed.tolist(), strict=True)
    assert sorted((shape_runs.OBJECTIVES[o], b, s) for o, b, s in rows) == sorted(train_shapes.specs())
    assert 0 < runs.information.min() < runs.information.max() <= math.log(n) + 0.5
    assert runs.total_correlation.min() > -0.1
    assert runs.dimension_wise.min() > -0.1
    for score in (runs.mig, runs.sap):
        assert 0 <= score.min() <= score.max() <= 1
    entropies = torch.tensor([3.0, 4, 8, 8, 4]).log()
    assert bool((runs.table <= entropies + 1e-4).all())
    shares = (runs.table / entropies).double()
    top = shares.topk(2, dim=1).values
    torch.testing.assert_close(runs.mig, top[:, 0] - top[:, 1], rtol=0, atol=1e-4)  # MIG is read off the table
    betas = train_shapes.BETAS["beta-vae"]
    rates = torch.stack([runs.select("beta-vae", beta).rate.mean() for beta in betas])
    assert bool((rates.diff() < 0).all())


@pytest.mark.slow
def test_the_tool_measures_the_model_that_it_trains(tmp_path, monkeypatch):
    """One short run of two, with the state between them; the numbers are those of a model trained here."""
    monkeypatch.setattr(_files, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(train_shapes.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(train_shapes, "BETAS", {"beta-vae": (2.0,), "beta-tcvae": (4.0,)})
    monkeypatch.setattr(train_shapes, "SEEDS", 1)
    monkeypatch.setattr(train_shapes, "EPOCHS", 1)
    train_checkpoints.train("runs-shapes")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]  # finished runs leave no state behind
    runs, shapes = shape_runs.load(), data.load("shapes")
    assert runs.beta.tolist() == [2.0, 4.0]
    model = models.VAE(10, input_dim=1024, hidden=train_shapes.HIDDEN)
    lr = training.Cosine(train_shapes.LEARNING_RATE, 1, warmup=1 / 50)
    training.fit(model, shapes.train.x, epochs=1, batch_size=train_shapes.BATCH, seed=0, beta=2.0, lr=lr)
    assert float(runs.rate[0]) == pytest.approx(metrics.elbo(model, shapes.test.x).kl, rel=1e-3)
    assert runs.mig.mean(dim=1)[0] < 0.5
    assert shape_runs.manifest()["settings"]["hidden"] == list(train_shapes.HIDDEN)
