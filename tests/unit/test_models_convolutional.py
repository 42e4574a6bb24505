"""The convolutional VAE: against convolutions by loops, at both sizes, and where a code's influence ends."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import checkpoints, losses, models, training


def pictures(n=4, side=8):
    return torch.rand(n, side * side, generator=torch.Generator().manual_seed(1))


def convolved(image, layer):
    """Stride 2, padding 1, kernel 4: by loops, (c, h, w) -> (c', h/2, w/2)."""
    weight, bias = layer.weight.detach().numpy().astype(np.float64), layer.bias.detach().numpy()
    padded = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    half = image.shape[1] // 2
    out = np.empty((len(weight), half, half))
    for i in range(half):
        for j in range(half):
            out[:, i, j] = (weight * padded[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4]).sum(axis=(1, 2, 3)) + bias
    return out


def spread(image, layer):
    """The transpose: every number of (c, h, w) adds its kernel to a place of (c', 2h, 2w)."""
    weight = layer.weight.detach().numpy().astype(np.float64)  # (c, c', 4, 4)
    side = image.shape[1]
    out = np.zeros((weight.shape[1], 2 * side + 2, 2 * side + 2))
    for i in range(side):
        for j in range(side):
            out[:, 2 * i : 2 * i + 4, 2 * j : 2 * j + 4] += np.tensordot(image[:, i, j], weight, axes=1)
    return out[:, 1:-1, 1:-1] + layer.bias.detach().numpy()[:, None, None]


def affine(values, layer):
    return layer.weight.detach().numpy().astype(np.float64) @ values + layer.bias.detach().numpy()


@pytest.fixture
def vae():
    """Small enough for loops, with biases that are not 0."""
    model = models.ConvVAE(3, side=8, channels=(4, 5), seed=2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.uniform_(-0.5, 0.5, generator=torch.Generator().manual_seed(len(name)))
    return model


def test_the_encoder_is_the_composition_by_loops(vae):
    """Two convolutions with a ReLU each, one matrix, mean then logvar."""
    x, q = pictures(), vae.encode(pictures())
    first, second = (layer for layer in vae.encoder if isinstance(layer, nn.Conv2d))
    for i, picture in enumerate(x.double().numpy()):
        hidden = np.maximum(convolved(np.maximum(convolved(picture.reshape(1, 8, 8), first), 0), second), 0)
        out = affine(hidden.ravel(), vae.encoder[-1])
        np.testing.assert_allclose(torch.cat([q.mean, q.logvar], 1)[i].detach().numpy(), out, atol=1e-5)


def test_the_decoder_is_the_composition_by_loops(vae):
    """One matrix, two transposed convolutions, ReLUs before each; a sigmoid at the very end."""
    z = torch.randn(3, 3, generator=torch.Generator().manual_seed(4))
    first, second = (layer for layer in vae.decoder if isinstance(layer, nn.ConvTranspose2d))
    for i, code in enumerate(z.double().numpy()):
        hidden = np.maximum(affine(code, vae.decoder[0]).reshape(5, 2, 2), 0)
        logits = spread(np.maximum(spread(hidden, first), 0), second).ravel()
        np.testing.assert_allclose(vae.decode_logits(z)[i].detach().numpy(), logits, atol=1e-5)
        np.testing.assert_allclose(vae.decode(z)[i].detach().numpy(), 1 / (1 + np.exp(-logits)), atol=1e-5)


@pytest.mark.parametrize(("side", "channels"), [(28, (16, 32)), (32, (16, 32)), (32, (16, 32, 32))])
def test_it_stands_where_a_vae_stands(side, channels, tmp_path):
    """Training, the bound, sampling, a checkpoint: the same calls, and the loss falls."""
    x = (pictures(64, side) > 0.5).float()
    vae = models.ConvVAE(2, side=side, channels=channels)
    history = training.fit(vae, x, epochs=3, batch_size=16, lr=3e-3)
    assert history.train["loss"][-1] < history.train["loss"][0]
    assert losses.elbo(vae, x, generator=torch.Generator().manual_seed(0)).elbo.shape == (64,)
    new = vae.sample(5, generator=torch.Generator().manual_seed(0))
    assert new.shape == (5, side * side)
    assert 0 <= new.min() <= new.max() <= 1
    torch.testing.assert_close(vae.reconstruct(x), vae.decode(vae.encode(x).mean))
    path = checkpoints.save(vae, tmp_path / "conv", dataset="made up", command="-", metrics={})
    again = checkpoints.load(path)
    assert json.loads(json.dumps(vae.config)) == again.config
    torch.testing.assert_close(again.decode(torch.ones(1, 2)), vae.decode(torch.ones(1, 2)), rtol=0, atol=0)


def test_first_weights_keep_the_scale_of_the_signal():
    """Neither fades nor grows through the stack: He's variance, for a transposed convolution too."""
    vae = models.ConvVAE(10, side=32, channels=(16, 32, 32))
    z = torch.randn(500, 10, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert 0.4 < vae.decode_logits(z).std() < 4
        assert 0.2 < vae.encode(torch.randn(200, 1024, generator=torch.Generator().manual_seed(1))).mean.std() < 3


@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_decides_the_first_weights():
    one, same, other = (models.ConvVAE(2, side=8, channels=(4,), seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one.decoder[0].weight, same.decoder[0].weight)
    assert not torch.equal(one.decoder[0].weight, other.decoder[0].weight)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"side": 30}, "got side = 30 and 2 channels"),
        ({"channels": ()}, "got side = 28 and 0 channels"),
        ({"channels": (0, 3)}, "got channels = 0"),
        ({"likelihood": "poisson"}, "got likelihood = 'poisson'"),
        ({"noise_variance": 0}, "got noise_variance = 0"),
    ],
)
def test_what_cannot_be_built_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        models.ConvVAE(2, **options)


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match="got x with 100 columns, expected 64"):
        models.ConvVAE(2, side=8, channels=(4,)).encode(torch.rand(2, 100))
