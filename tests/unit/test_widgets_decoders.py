"""The decoder of the page is the decoder of the notebook: the same numbers, up to one byte a weight."""

from __future__ import annotations

import base64
import json
import subprocess
from copy import deepcopy

import numpy as np
import pytest
import torch

from course_build.sphinx import katex_math
from course_lib import checkpoints, models, widgets
from course_lib.widgets._join import JS

# Runs core/decoder.mjs in node on what Python packed; prints the pixels of each code as base64 float32.
SCRIPT = """
import { decode, readDecoder } from "%s";
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { decoder, codes } = JSON.parse(Buffer.concat(chunks));
const bytes = Buffer.from(decoder.weights, "base64");
const ready = readDecoder({ ...decoder, weights: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
for (const z of codes) console.log(Buffer.from(Float32Array.from(decode(ready, z)).buffer).toString("base64"));
"""


def decode_in_node(model, z: torch.Tensor, codes: torch.Tensor | None = None) -> torch.Tensor:
    """Pixels of each code as the page computes them, shape (n, D)."""
    packed = widgets.pack_decoder(model, codes)
    packed["weights"] = base64.b64encode(packed["weights"]).decode()
    result = subprocess.run(
        [katex_math.node(), "--input-type=module", "--eval", SCRIPT % (JS / "core" / "decoder.mjs").as_uri()],
        input=json.dumps({"decoder": packed, "codes": z.tolist()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return torch.stack(
        [torch.from_numpy(np.frombuffer(base64.b64decode(line), "<f4").copy()) for line in result.stdout.split()]
    )


@pytest.mark.parametrize("name", ["ae-2d-mnist", "vae-2d-mnist", "vae-10d-digits-28"])
def test_page_decodes_as_torch_does(name):
    """A thousand codes: equal to the quantised model to rounding, to the model within the error that is stated."""
    model = checkpoints.load(name)
    codes, z = 3 * torch.randn(2, 1000, model.latent_dim, generator=torch.Generator().manual_seed(0))
    pixels = decode_in_node(model, z, codes)
    with torch.no_grad():
        torch.testing.assert_close(pixels, widgets.quantised(model, codes).decode(z), rtol=0, atol=2e-5)
        difference = (pixels - model.decode(z)).abs()
    assert difference.max().item() == pytest.approx(widgets.worst_pixel_error(model, z, codes), abs=2e-5)
    assert 0 < difference.mean() < 1e-3
    with torch.no_grad():
        difference = (widgets.quantised(model, codes).decode(codes) - model.decode(codes)).abs()
    assert widgets.pack_decoder(model, codes)["error"] == pytest.approx(
        [difference.max().item(), difference.mean().item()]
    )


def test_rounding_suits_the_codes():
    """On the codes it was made for, the rounding is at least twice as exact as the nearest integers."""
    model = checkpoints.load("ae-2d-mnist")
    codes = 3 * torch.randn(2000, 2, generator=torch.Generator().manual_seed(0))
    plain = deepcopy(model)
    with torch.no_grad():
        for layer in plain.decoder[2::2]:
            scale = layer.weight.abs().amax(1, keepdim=True) / 127
            layer.weight.copy_((layer.weight / scale).round() * scale)
        errors = [
            (one.decode(codes) - model.decode(codes)).abs().mean() for one in (widgets.quantised(model, codes), plain)
        ]
    assert errors[0] < errors[1] / 2


def test_blank_pixels_weigh_nothing():
    """A pixel that no code darkens has no weights, and stays blank; all others are drawn as before."""
    model = checkpoints.load("vae-2d-mnist")
    codes = torch.randn(2000, 2, generator=torch.Generator().manual_seed(0))
    rounded = widgets.quantised(model, codes)
    with torch.no_grad():
        blank = model.decode(codes).amax(dim=0) < 0.01
        assert 100 < blank.sum() < 250
        weights = rounded.decoder[-1].weight
        assert not weights[blank].any()
        assert weights[~blank].any(dim=1).all()
        assert rounded.decode(codes)[:, blank].max() < 0.01
        assert torch.equal(rounded.decoder[-1].bias[~blank], model.decoder[-1].bias[~blank])


@pytest.mark.parametrize("activation", ["relu", "gelu", "sigmoid"])
def test_every_activation(activation):
    """What a model may have between its layers, the page has too; and an input of exactly zero is no special case."""
    model = models.Autoencoder(3, input_dim=5, hidden=(7, 6), activation=activation)
    z = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, -2.0], [0.3, 0.2, 5.0]])
    with torch.no_grad():
        torch.testing.assert_close(decode_in_node(model, z), widgets.quantised(model).decode(z), rtol=0, atol=1e-6)


def test_what_stays_as_it_is():
    """The first layer, the biases, a row of zeros; and all other weights are whole multiples of their row's scale."""
    model = models.Autoencoder(2, input_dim=4, hidden=(5, 3))
    with torch.no_grad():
        model.decoder[2].weight[1] = 0
    rounded = widgets.quantised(model)
    for layer, other in zip(model.decoder[::2], rounded.decoder[::2], strict=True):
        assert torch.equal(layer.bias, other.bias)
    assert torch.equal(model.decoder[0].weight, rounded.decoder[0].weight)
    assert not rounded.decoder[2].weight[1].any()
    scale = model.decoder[4].weight.abs().amax(1, keepdim=True) / 127
    multiples = rounded.decoder[4].weight / scale
    torch.testing.assert_close(multiples, multiples.round(), rtol=0, atol=1e-4)


def test_only_decoders_of_layers_are_packed():
    """PCA has another kind of decoder."""
    with pytest.raises(TypeError, match="got PCA, expected an Autoencoder or a VAE"):
        widgets.pack_decoder(models.PCA(n_components=2))
