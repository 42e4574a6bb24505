"""The deep models against a forward pass by hand in NumPy; seeds, configuration, noise."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import special, stats
from torch import nn

from course_lib import losses, models

BOTH = pytest.mark.parametrize("kind", [models.Autoencoder, models.VAE])


def small(kind, **options):
    return kind(3, input_dim=10, hidden=(8, 6), **options)


def pixels(n=20, width=10):
    return torch.rand(n, width, generator=torch.Generator().manual_seed(1))


def by_hand(layers, x):
    """Affine maps with a ReLU between each two and none at the end, in NumPy."""
    affine = [layer for layer in layers if isinstance(layer, nn.Linear)]
    x = x.numpy().astype(np.float64)
    for i, layer in enumerate(affine):
        x = np.maximum(x, 0) if i else x
        x = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    return x


@BOTH
def test_widths_are_784_256_128_and_mirrored_and_the_vae_has_two_heads(kind):
    model, heads = kind(2), 2 if kind is models.VAE else 1
    for stack, widths in ((model.encoder, [784, 256, 128, 2 * heads]), (model.decoder, [2, 128, 256, 784])):
        shapes = [(layer.in_features, layer.out_features) for layer in stack if isinstance(layer, nn.Linear)]
        assert shapes == list(pairwise(widths))


def test_an_autoencoder_is_the_composition_written_on_the_blackboard():
    ae, x = small(models.Autoencoder), pixels()
    z = ae.encode(x)
    np.testing.assert_allclose(z.detach().numpy(), by_hand(ae.encoder, x), atol=1e-5)
    assert (z < 0).any()  # no activation on the code
    logits = by_hand(ae.decoder, z.detach())
    np.testing.assert_allclose(ae.decode_logits(z).detach().numpy(), logits, atol=1e-5)
    np.testing.assert_allclose(ae.reconstruct(x).detach().numpy(), special.expit(logits), atol=1e-6)


def test_a_vae_encodes_to_mean_then_logvar_and_reconstructs_through_the_mean():
    vae, x = small(models.VAE), pixels()
    q, out = vae.encode(x), by_hand(vae.encoder, x)
    np.testing.assert_allclose(q.mean.detach().numpy(), out[:, :3], atol=1e-5)
    np.testing.assert_allclose(q.logvar.detach().numpy(), out[:, 3:], atol=1e-5)
    x_hat = special.expit(by_hand(vae.decoder, q.mean.detach()))
    np.testing.assert_allclose(vae.reconstruct(x).detach().numpy(), x_hat, atol=1e-6)


@BOTH
def test_without_its_relus_the_encoder_is_affine_and_with_them_it_is_not(kind):
    encoder, a, b = small(kind).double().encoder, *pixels(2).double().split(1)
    affine = nn.Sequential(*(layer for layer in encoder if isinstance(layer, nn.Linear)))
    a, b = 5 * a, -5 * b

    def departure(f):
        return (f(a + b) - f(a) - f(b) + f(torch.zeros_like(a))).abs().max().item()

    assert departure(affine) < 1e-12
    assert departure(encoder) > 1e-2


@BOTH
def test_pixels_stay_between_zero_and_one_for_any_code(kind):
    for scale in (1, 1e4):
        z = scale * torch.randn(50, 3, generator=torch.Generator().manual_seed(0))
        x_hat = small(kind).decode(z)
        assert x_hat.min() >= 0
        assert x_hat.max() <= 1


@BOTH
def test_each_example_is_treated_alone(kind):
    model, x = small(kind), pixels()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.reconstruct(x[order]), model.reconstruct(x)[order])
    torch.testing.assert_close(model.reconstruct(x[3:4])[0], model.reconstruct(x)[3])


@BOTH
def test_first_weights_have_the_variance_of_he_and_biases_are_zero(kind):
    for layer in kind(2).modules():
        if isinstance(layer, nn.Linear):
            assert not layer.bias.any()
            n, variance = layer.weight.numel(), 2 / layer.in_features
            assert abs(layer.weight.square().mean().item() / variance - 1) < 4 * math.sqrt(2 / n)


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * stats.norm.cdf(x),
    "sigmoid": special.expit,
}


@BOTH
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_each_activation_stands_between_the_layers_and_never_at_an_end(kind, activation):
    model, x = small(kind, activation=activation).double(), 2 * pixels().double()
    for stack, start in ((model.encoder, x), (model.decoder, x[:, :3])):
        out = start.numpy()
        for i, layer in enumerate(layer for layer in stack if isinstance(layer, nn.Linear)):
            out = FUNCTIONS[activation](out) if i else out
            out = out @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        np.testing.assert_allclose(stack(start).detach().numpy(), out, rtol=1e-9, atol=1e-9)
    assert model.config["activation"] == activation
    assert kind(**model.config).config == model.config


@BOTH
def test_first_weights_suit_the_activation_and_an_unknown_one_is_refused(kind):
    for activation in ("gelu", "sigmoid"):
        for layer in kind(2, activation=activation).modules():
            if isinstance(layer, nn.Linear):
                fans = layer.in_features + (layer.out_features if activation == "sigmoid" else 0)
                n, variance = layer.weight.numel(), 2 / fans
                assert abs(layer.weight.square().mean().item() / variance - 1) < 4 * math.sqrt(2 / n)
                assert not layer.bias.any()
    with pytest.raises(ValueError, match="got activation = 'tanh', expected one of 'relu', 'gelu', 'silu', 'sigmoid'"):
        small(kind, activation="tanh")


def test_a_classifier_is_a_perceptron_with_its_own_widths():
    judge = models.Classifier()
    layers = [layer for layer in judge.network if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in layers] == [(784, 256), (256, 10)]
    judge, x = models.Classifier(input_dim=10, hidden=(8, 6), classes=4, seed=3), pixels()
    np.testing.assert_allclose(judge.logits(x).detach().numpy(), by_hand(judge.network, x), atol=1e-5)
    assert models.Classifier(**json.loads(json.dumps(judge.config))).config == judge.config
    assert judge.objective is losses.classification_terms
    with pytest.raises(ValueError, match="got x with 9 columns, expected 10"):
        judge.logits(x[:, :9])
    with pytest.raises(ValueError, match="got classes = 0"):
        models.Classifier(classes=0)


@BOTH
@pytest.mark.usefixtures("global_random_state_untouched")
def test_the_seed_alone_decides_the_first_weights(kind):
    first, again, other = small(kind), small(kind, seed=0), small(kind, seed=1)
    for a, b, c in zip(first.parameters(), again.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.ndim == 1 or not torch.equal(a, c)


@BOTH
@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_the_config_survives_json_and_rebuilds_the_model(kind, likelihood):
    model, x = small(kind, likelihood=likelihood, seed=4), pixels()
    rebuilt = kind(**json.loads(json.dumps(model.config)))
    rebuilt.load_state_dict(model.state_dict())
    assert torch.equal(rebuilt.reconstruct(x), model.reconstruct(x))
    assert rebuilt.config == model.config
    assert rebuilt.likelihood == likelihood


def test_the_noise_variance_is_kept_and_defaults_to_the_one_of_the_squared_error():
    assert models.VAE(2).noise_variance == 0.5
    model = small(models.VAE, noise_variance=0.1)
    assert models.VAE(**model.config).noise_variance == model.noise_variance == 0.1


@pytest.mark.usefixtures("global_random_state_untouched")
def test_samples_decode_standard_normal_codes_drawn_from_the_generator(monkeypatch):
    vae = small(models.VAE)
    first, again, other = (vae.sample(5, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert first.shape == (5, 10)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    np.testing.assert_allclose(first.detach().numpy(), special.expit(by_hand(vae.decoder, z)), atol=1e-6)
    monkeypatch.setattr(vae, "decode", lambda z: z)
    codes = vae.sample(20_000, generator=torch.Generator().manual_seed(3))
    for code in codes.T:
        assert stats.kstest(code.numpy(), "norm").pvalue > 1e-4
    off_diagonal = torch.corrcoef(codes.T) - torch.eye(3)
    assert off_diagonal.abs().max() < 4 / math.sqrt(len(codes))


def test_a_sampled_reconstruction_teaches_both_heads_and_the_decoder():
    vae, x = small(models.VAE), pixels()
    vae.decode(vae.encode(x).sample(torch.Generator().manual_seed(0))).square().sum().backward()
    last = vae.encoder[-1].weight.grad
    assert last[:3].abs().sum() > 0
    assert last[3:].abs().sum() > 0
    assert vae.decoder[0].weight.grad.abs().sum() > 0
    assert all(p.grad is not None for p in vae.parameters())


def test_models_state_what_training_minimises():
    assert models.Autoencoder(2).likelihood == "gaussian"
    assert models.VAE(2).likelihood == "bernoulli"
    assert models.Autoencoder.objective is models.LinearAutoencoder.objective is losses.reconstruction_terms
    assert models.VAE.objective is models.LinearVAE.objective is losses.elbo_terms
