"""The figure of the noise process: its settings, its still, and the same chains in the page as in course_lib."""

from __future__ import annotations

import pytest
import torch
from sklearn.datasets import make_moons
from traitlets import TraitError

from course_lib import models, training, widgets
from tests.in_node import ask


@pytest.fixture(scope="module")
def trained():
    """A small diffusion of two moons, trained a little, and its points."""
    data = torch.from_numpy(make_moons(200, noise=0.05, random_state=0)[0]).float()
    data = (data - data.mean(dim=0)) / data.std(dim=0)
    model = models.Diffusion(2, width=24, depth=2, schedule="cosine", steps=30)
    training.fit(model, data.repeat(10, 1), epochs=100, lr=5e-3, progress=False)
    return model, data


@pytest.fixture(scope="module")
def figure(trained):
    return widgets.NoiseProcess.from_model(*trained, name="moons")


def page_model(figure) -> dict:
    return {key: getattr(figure, key) for key in ("beta", "variance", "widths", "weights")}


MODEL = """
const { readNetwork, readSchedule, ...rest } = figure;
const model = { schedule: readSchedule(given.beta), network: readNetwork(given), variance: given.variance };
"""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"t": 31}, "got t = 31, expected a number from 0 to 30"),
        ({"t": -1}, "'t'"),
        ({"direction": "sideways"}, "direction"),
        ({"sampler": "euler"}, "sampler"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_are_checked_when_made_and_when_changed(trained, wrong, message):
    with pytest.raises(TraitError, match=message):
        widgets.NoiseProcess.from_model(*trained, **wrong)
    figure = widgets.NoiseProcess.from_model(*trained, t=7)
    [(name, value)] = wrong.items()
    with pytest.raises(TraitError, match=message):
        setattr(figure, name, value)
    assert (figure.t, figure.direction, figure.sampler, figure.seed) == (7, "forward", "ddpm", 0)


def test_models_and_points_that_a_plane_cannot_show_are_refused(trained):
    model, data = trained
    with pytest.raises(ValueError, match="the page draws a plane"):
        widgets.NoiseProcess.from_model(models.Diffusion(3, width=8, depth=1), data)
    with pytest.raises(ValueError, match="with n at most 300"):
        widgets.NoiseProcess.from_model(model, data.repeat(2, 1))
    with pytest.raises(ValueError, match=r"expected \(n, 2\)"):
        widgets.NoiseProcess.from_model(model, torch.zeros(4, 3))


def test_the_state_alone_makes_the_model(trained, figure):
    model, data = trained
    again = figure.model()
    x, t = torch.randn(9, 2, generator=torch.Generator().manual_seed(0)), torch.arange(1, 28, 3)
    with torch.no_grad():
        torch.testing.assert_close(again.predict_noise(x, t), model.predict_noise(x, t))
    torch.testing.assert_close(figure.data(), data)


@pytest.mark.parametrize("t", [1, 2, 15, 30])
def test_the_network_of_the_page_is_that_of_torch(trained, figure, t):
    model, data = trained
    x = data[:20] + 0.3
    got = ask(
        "core/denoiser.mjs",
        MODEL + "return rest.guessStart(model, given.x, given.t);",
        x=x.flatten().tolist(),
        t=t,
        **page_model(figure),
    )
    with torch.no_grad():
        expected = model.predict_start(x, torch.full((20,), t))
    torch.testing.assert_close(torch.tensor(got).reshape(-1, 2), expected, rtol=1e-4, atol=1e-5)


def test_the_page_draws_what_torch_draws_from_the_same_noise(trained, figure):
    """DDPM with the same start and the same noise, DDIM in all and in ten steps, to 1e-3 after the whole chain."""
    model, generator = trained[0], torch.Generator().manual_seed(5)
    start, eps = torch.randn(12, 2, generator=generator), torch.randn(30, 12, 2, generator=generator)
    in_order = eps[1:].flip(0).flatten().tolist()  # the page draws for t = T first, and none for t = 1
    body = """
    const seen = {};
    for (const sampler of ["ddpm", "ddim", "ddim-10"]) {
      const numbers = [...given.noise];
      const how = { sampler, normal: () => numbers.shift() };
      const path = figure.extendReverse(given.model, [Float64Array.from(given.start)], 0, how);
      seen[sampler] = [path.length, [...path[path.length - 1]]];
    }
    return seen;
    """
    network = ask(
        "core/denoiser.mjs",
        "return figure.readNetwork(given).map((one) => ({ ...one, weight: [...one.weight], bias: [...one.bias] }));",
        **page_model(figure),
    )
    schedule = ask("core/denoiser.mjs", "return figure.readSchedule(given.beta);", beta=figure.beta)
    got = ask(
        "noise-process.mjs",
        body,
        model={"network": network, "schedule": schedule, "variance": figure.variance},
        start=start.flatten().tolist(),
        noise=in_order,
    )
    expected = {
        "ddpm": models.ddpm(model, 12, start=start, eps=eps),
        "ddim": models.ddim(model, 12, start=start, steps=30),
        "ddim-10": models.ddim(model, 12, start=start, steps=10),
    }
    for name, points in expected.items():
        length, last = got[name]
        assert length == 31
        torch.testing.assert_close(torch.tensor(last).reshape(-1, 2), points, rtol=1e-3, atol=1e-3)


def test_the_still_shows_both_directions_at_five_times(figure):
    axes = figure.still().axes
    assert len(axes) == 10
    assert [ax.get_title() for ax in axes[:5]] == ["t = 0", "t = 3", "t = 9", "t = 18", "t = 30"]
    first, last = (axes[i].collections[0].get_offsets() for i in (0, 4))
    assert len(first) == len(last) == 200
    chains = figure.chains()
    assert chains["ddim"].keys() == chains["ddpm"].keys() == chains["forward"].keys()
    assert len(chains["ddim-10"]) == 11


def test_the_sentence_holds_what_was_measured(figure):
    said, chains = figure.describe(), figure.chains()
    for name in ("ddpm", "ddim", "ddim-10"):
        assert f"{round(100 * figure.share_near(chains[name][0]))} %" in said
    assert figure.share_near(figure.data()) == 1
    assert figure.share_near(figure.data() + 50) == 0


def test_training_finds_the_figure(figure):
    """More of the drawn points lie near the figure than of the noise that they were made of."""
    chains = figure.chains()
    for name in ("ddpm", "ddim"):
        assert figure.share_near(chains[name][0]) > figure.share_near(chains[name][30]) + 0.2


def test_a_notebook_gets_the_view_and_the_still(figure):
    bundle, _ = figure._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html"} <= bundle.keys()
