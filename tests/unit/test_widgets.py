"""What every interactive figure promises, whatever it shows; and the join that makes its module."""

from __future__ import annotations

import base64
import json
import re

import pytest
import torch
from matplotlib.figure import Figure
from traitlets import TraitError

from course_lib import data, models, widgets
from course_lib.widgets import _join

FIGURES = [value for value in vars(widgets).values() if isinstance(value, type) and value is not widgets.CourseWidget]
MODULES = widgets.figure_modules()


@pytest.fixture(scope="module")
def explorer():
    """A small explorer: two models that were never trained, on the bundled digits."""
    digits = data.load("digits-28").test
    return widgets.LatentExplorer.from_models(
        ae=models.Autoencoder(2, hidden=(16,)), vae=models.VAE(2, hidden=(16,)), points=digits, name="small"
    )


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.__name__)
def test_the_head_of_the_module_lists_the_traits(figure):
    """The keys that the module's first comment explains are the traits of the class, no more and no less."""
    head = (_join.JS / f"{figure.module}.mjs").read_text(encoding="utf-8").split("\nimport ")[0]
    assert "Question:" in head
    keys = re.findall(r"^//   (\w+)  +\S", head, re.MULTILINE)
    assert sorted(keys) == figure.figure_traits()
    assert set(figure.shared) <= set(keys)


def test_every_module_has_its_class():
    """A module without a class, or a class without a module, is forgotten work."""
    assert sorted(figure.module for figure in FIGURES) == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_module_stands_alone(name):
    """No import, no request, no chance that differs from reader to reader, no id that two instances would share."""
    source = MODULES[name]
    assert not re.search(
        r"^import |\bimport\(|\bfetch\(|XMLHttpRequest|Math\.random|innerHTML|\.id = |eval\(", source, re.M
    )
    assert re.findall(r"^export default", source, re.MULTILINE) == ["export default"]
    assert len((_join.JS / f"{name}.mjs").read_text(encoding="utf-8").splitlines()) <= 300


def test_join_writes_each_part_once_and_parts_first(tmp_path):
    """Two parts that share a third."""
    (tmp_path / "base.mjs").write_text("export const one = 1;\n")
    (tmp_path / "a.mjs").write_text('import { one } from "./base.mjs";\nexport const two = one + one;\n')
    (tmp_path / "main.mjs").write_text(
        'import { two } from "./a.mjs";\nimport { one } from "./base.mjs";\nexport default { three: one + two };\n'
    )
    joined = _join.join(tmp_path / "main.mjs")
    assert " ".join(joined.split()) == "const one = 1; const two = one + one; export default { three: one + two };"


@pytest.mark.parametrize(
    ("main", "message"),
    [
        ('import { a } from "./a.mjs";\nconst a = 2;\n', r"got `a` in a\.mjs and in main\.mjs, expected one"),
        ('import * as a from "./a.mjs";\n', r"got 'import \* as a"),
    ],
)
def test_join_refuses_what_it_cannot_join(tmp_path, main, message):
    """The same name twice, and imports of another form."""
    (tmp_path / "a.mjs").write_text("export const a = 1;\n")
    (tmp_path / "main.mjs").write_text(main)
    with pytest.raises(ValueError, match=message):
        _join.join(tmp_path / "main.mjs")


def test_unknown_keyword_is_an_error(explorer):
    """And the message names what there is."""
    with pytest.raises(TypeError, match=r"got zed, expected only colors, labels, name, plane, planes, z for LatentExp"):
        widgets.LatentExplorer(zed=[0, 0])


def test_too_much_state_is_an_error():
    """A page must stay light."""
    with pytest.raises(ValueError, match=r"got a state of 1,000,001 bytes, expected at most 1,000,000"):
        widgets.LatentExplorer(labels=bytes(1_000_001))


def test_notebook_gets_the_figure_and_the_still(explorer, monkeypatch):
    """Jupyter takes the view; what shows HTML alone takes the still with its sentence."""
    monkeypatch.delenv("COURSE_BOOK", raising=False)
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id
    assert bundle["text/html"].startswith('<img class="cw-still" alt="The code plane of the autoencoder and of the VAE')
    assert "<script" not in bundle["text/html"]
    assert bundle["text/plain"] == explorer.describe()


def test_page_gets_the_whole_state(explorer, monkeypatch):
    """State and bytes of the page's figure equal the traits; the same bytes are there once."""
    monkeypatch.setenv("COURSE_BOOK", "1")
    html = explorer._repr_mimebundle_()[0]["text/html"]
    content = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html)[1])
    pieces = dict(re.findall(r'data-key="(\w+)">([^<]*)</script>', html))
    for buffer in content["buffers"]:
        node = content["state"]
        for key in buffer["path"][:-1]:
            node = node[key]
        node[buffer["path"][-1]] = base64.b64decode(pieces[buffer["data"]])
    assert content["state"] == {key: getattr(explorer, key) for key in explorer.figure_traits()}
    assert content["shared"] == ["plane", "z"]
    assert [
        html.count(f'<img class="cw-still {kind}" alt=') for kind in ("on-light-page", "on-dark-page dark-light")
    ] == [1, 1]

    twins = models.Autoencoder(2, hidden=(16,))
    points = data.load("digits-28").test
    html = widgets.LatentExplorer.from_models({"one": twins, "two": twins}, points=points).page_html()
    assert len(re.findall("data-key=", html)) == 3  # one decoder, one set of codes, the labels


def test_explorer_wants_planes():
    """No model, or one with another code than two numbers."""
    points = data.load("digits-28").test
    with pytest.raises(ValueError, match="got no model, expected at least one"):
        widgets.LatentExplorer.from_models(points=points)
    with pytest.raises(ValueError, match=r"got latent_dim 3 for 'VAE', expected 2"):
        widgets.LatentExplorer.from_models(vae=models.VAE(3), points=points)


def test_explorer_takes_two_numbers(explorer):
    """A code is two numbers, from Python too."""
    explorer.z = [1, 2]
    assert explorer.z == [1.0, 2.0]
    with pytest.raises(TraitError, match="'z'"):
        explorer.z = [1.0]


def test_codes_travel_within_half_a_step(explorer):
    """What the page draws is where `metrics.encode_dataset` says, cut at the box."""
    digits = data.load("digits-28").test
    shown = digits.sample(len(digits))
    model = models.Autoencoder(2, hidden=(16,))
    with torch.no_grad():
        codes = model.encode(shown.x)
    plane = explorer.planes[0]
    low, high = torch.tensor(plane["box"]).reshape(2, 2).T.double()
    fractions = torch.frombuffer(bytearray(plane["codes"]), dtype=torch.uint16).double().reshape(-1, 2) / 65535
    sent = low + fractions * (high - low)
    half_a_step, rounding = (high - low).max() / 131070, 1e-6 * codes.abs().max()  # of float32, in batches of any size
    assert (sent - codes.double().clamp(low, high)).abs().max() <= half_a_step + rounding
    assert list(explorer.labels) == shown.y.tolist()


def test_still_of_the_explorer():
    """A picture of every model, from the decoders that the page runs."""
    model = models.VAE(2, hidden=(16,))
    points = data.load("digits-28").test
    still = widgets.LatentExplorer.from_models(vae=model, points=points).still()
    assert isinstance(still, Figure)
    assert [ax.get_title() for ax in still.axes] == ["VAE"]
