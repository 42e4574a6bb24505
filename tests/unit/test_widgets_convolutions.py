"""The convolutional decoder of the page is torch's, with two bytes a weight or one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from course_lib import models, widgets
from tests.in_node import ask

RUN = """
const network = figure.readConvolutions(given.packed);
return given.inputs.map((one) => [...figure.runConvolutions(network, Float32Array.from(one))]);
"""


def run_in_node(packed: dict, inputs: torch.Tensor) -> torch.Tensor:
    """What the page makes of inputs (n, c, h, w) or (n, d), pixel by pixel: shape (n, numbers)."""
    flat = inputs if inputs.ndim == 2 else inputs.movedim(1, -1).flatten(1)
    return torch.tensor(ask("core/convolution.mjs", RUN, packed=packed, inputs=flat.tolist()))


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


DECODERS = {
    "that of a VQ-VAE": (lambda: models.VQVAE(hidden=(12, 20)).decoder, (5, 8, 7, 7)),
    "every kernel, stride and padding": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, (3, 5), stride=2, padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(6, 5, 5, stride=3, padding=1),
            nn.Sigmoid(),
            nn.ConvTranspose2d(5, 2, (2, 3), bias=False),
        ),
        (4, 3, 6, 9),
    ),
    "upsampling": (
        lambda: nn.Sequential(
            nn.Conv2d(4, 7, 3, padding=1), nn.ReLU(), nn.Upsample(scale_factor=2), nn.Conv2d(7, 3, 3, padding=1)
        ),
        (4, 4, 5, 4),
    ),
    "from a vector": (
        lambda: nn.Sequential(
            nn.Linear(4, 9),
            nn.ReLU(),
            nn.Linear(9, 30),
            nn.ReLU(),
            nn.Unflatten(1, (5, 2, 3)),
            nn.ConvTranspose2d(5, 2, 4, 2),
        ),
        (6, 4),
    ),
}


@pytest.mark.parametrize("number", ["float16", "int8"])
@pytest.mark.parametrize("name", DECODERS)
def test_page_runs_what_torch_runs(name, number):
    """Equal to torch with the rounded weights to 1e-5 of the largest output; pixel by pixel, channels innermost."""
    make, shape = DECODERS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        decoder, inputs = make(), noise(*shape)
    packed = widgets.pack_convolutions(decoder, inputs, number=number, sigmoid=False)
    with torch.no_grad():
        rounded = widgets.rounded_convolutions(decoder, number=number)(inputs)
        exact = decoder(inputs)
    expected = rounded.movedim(1, -1).flatten(1)
    torch.testing.assert_close(run_in_node(packed, inputs), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    difference = (rounded - exact).abs()
    assert packed["error"] == pytest.approx([difference.max().item(), difference.mean().item()])
    assert 0 < difference.max() < {"float16": 2e-3, "int8": 0.1}[number] * exact.abs().max()


def test_a_decoder_of_logits_gives_pixels():
    """The sigmoid that the model applies outside its decoder is part of what is packed."""
    model = models.VQVAE(hidden=(4, 6))
    indices = torch.randint(32, (3, 7, 7), generator=torch.Generator().manual_seed(0))
    grids = model.quantiser.embed(indices).movedim(-1, 1)
    packed = widgets.pack_convolutions(model.decoder, grids)
    with torch.no_grad():
        torch.testing.assert_close(run_in_node(packed, grids), model.decode(indices), rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, groups=2),
        nn.Conv2d(4, 4, 3, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, stride=(1, 2)),
        nn.ConvTranspose2d(4, 4, 3, stride=2, output_padding=1),
        nn.Upsample(scale_factor=2, mode="bilinear"),
    ],
    ids=str,
)
def test_what_the_page_cannot_run_is_refused(layer):
    """Rather than drawn wrongly."""
    with pytest.raises(TypeError, match=f"got a decoder with {type(layer).__name__}"):
        widgets.pack_convolutions(nn.Sequential(layer), noise(1, 4, 8, 8))
