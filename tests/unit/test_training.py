"""The loop against plain PyTorch written by hand; what its history means; what seeds fix; what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from course_lib import losses, models, training
from course_lib.training import loop

ROOT = Path(__file__).parents[2]


def pixels(n=70, width=12, seed=0, dtype=torch.float32):
    """Two hidden causes and a little noise, in [0, 1]: something that a narrow code can learn."""
    generator = torch.Generator().manual_seed(seed)
    causes = torch.rand(n, 2, generator=generator) @ torch.rand(2, width, generator=generator)
    return (0.45 * causes + 0.1 * torch.rand(n, width, generator=generator)).to(dtype)


def small(kind=models.VAE, **arguments):
    return kind(latent_dim=2, input_dim=12, hidden=(8,), **arguments)


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def by_hand(model, x, epochs, lr, beta, batch_size, weight_decay=0.0):
    """The VAE's training as in a tutorial, on the shuffles and the noise that `fit` draws for seed 0."""
    generator = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    curves = {"loss": [], "elbo": [], "reconstruction": [], "kl": []}
    for _ in range(epochs):
        order, sums = torch.randperm(len(x), generator=generator), dict.fromkeys(curves, 0.0)
        for start in range(0, len(x), batch_size):
            drawn = x[order[start : start + batch_size]]
            mu, logvar = model.encoder(drawn).chunk(2, dim=1)
            z = mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator, dtype=x.dtype)
            x_hat = torch.sigmoid(model.decoder(z))
            cross_entropy = F.binary_cross_entropy(x_hat, drawn, reduction="sum")
            kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
            loss = cross_entropy + beta * kl
            adam.zero_grad()
            (loss / len(drawn)).backward()
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter *= 1 - lr * weight_decay
            adam.step()
            for name, value in zip(curves, (loss, -cross_entropy - kl, -cross_entropy, kl), strict=True):
                sums[name] += value.item()
        for name, total in sums.items():
            curves[name].append(total / len(x))
    return curves


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_weights_and_history_are_those_of_a_plain_loop_also_with_a_smaller_last_batch(dtype, tolerance):
    x, ours, theirs = pixels(dtype=dtype), small().to(dtype), small().to(dtype)
    history = training.fit(ours, x, epochs=3, batch_size=16, lr=2e-3, beta=0.7)  # 70 = 4 · 16 + 6
    curves = by_hand(theirs, x, epochs=3, lr=2e-3, beta=0.7, batch_size=16)
    for name, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[name], value, rtol=0, atol=tolerance), name
    assert history.train.keys() == curves.keys()
    for name, values in curves.items():
        assert history.train[name] == pytest.approx(values, rel=max(tolerance, 1e-12) * 10), name


def test_weight_decay_shrinks_the_weights_beside_the_step_of_adam():
    x, ours, theirs = pixels(), small(), small()
    training.fit(ours, x, epochs=2, batch_size=16, lr=2e-3, weight_decay=3.0, beta=0.7)
    by_hand(theirs, x, epochs=2, lr=2e-3, beta=0.7, batch_size=16, weight_decay=3.0)
    for name, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[name], value, rtol=0, atol=1e-6), name


def trained(seed=0, disturb=False, **arguments):
    """A model and its history; with `disturb` something else draws from torch's global generator all the time."""

    def disturbing(model, x, **options):
        if disturb:
            torch.rand(7)
        return losses.elbo_terms(model, x, **options)

    model = small()
    history = training.fit(
        model, pixels(), epochs=2, batch_size=16, seed=seed, objective=disturbing, validation=pixels(20, seed=1)
    )
    return model, history


def test_the_same_seed_gives_the_same_history_whatever_the_global_generator_does():
    torch.manual_seed(1)
    first, history = trained()
    torch.manual_seed(2)
    again, history_again = trained(disturb=True)
    assert history == history_again
    assert same(weights(first), weights(again))


@pytest.mark.usefixtures("global_random_state_untouched")
def test_training_leaves_the_global_generator_alone():
    trained()


def test_another_seed_gives_another_history():
    assert trained(seed=0)[1].train["loss"] != trained(seed=1)[1].train["loss"]


def test_a_fresh_process_repeats_the_history_to_the_last_digit():
    code = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("fresh", {str(Path(__file__))!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.torch.set_num_threads({torch.get_num_threads()})
history = module.trained()[1]
print(history.train, history.validation)
"""
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    history = trained()[1]
    assert answer.stdout.strip() == f"{history.train} {history.validation}"


MODELS = {
    "autoencoder": lambda: small(models.Autoencoder),
    "bernoulli autoencoder": lambda: small(models.Autoencoder, likelihood="bernoulli"),
    "vae": small,
    "gaussian vae": lambda: small(likelihood="gaussian", noise_variance=0.05),
    "linear autoencoder": lambda: models.LinearAutoencoder(12, 2),
    "linear vae": lambda: models.LinearVAE(12, 2),
    "linear vae, fixed noise": lambda: models.LinearVAE(12, 2, noise_variance=0.1, learn_noise=False),
}


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_training_lowers_the_loss_of_every_model_and_leaves_it_ready_for_use(make):
    model, x = make(), pixels()
    before = training.evaluate(model, x)
    history = training.fit(model, x, epochs=30, batch_size=16, lr=5e-3)
    after = training.evaluate(model, x)
    assert after["loss"] < before["loss"]
    assert history.train["loss"][-1] < history.train["loss"][0]
    assert history.train.keys() == after.keys()
    assert not model.training
    assert {parameter.device.type for parameter in model.parameters()} == {"cpu"}


def test_the_matrix_products_may_be_fast_only_while_training_and_stay_exact():
    seen = []

    def watching(model, x, generator):
        seen.append(torch.backends.mkldnn.matmul.fp32_precision)
        factor = torch.full((256, 784), 1 + 2**-10)  # 1 if it were rounded to bf16
        product = factor @ factor.T
        assert torch.allclose(product / 784, torch.tensor((1 + 2**-10) ** 2), rtol=1e-5, atol=0)
        return losses.reconstruction_terms(model, x)

    before = torch.backends.mkldnn.matmul.fp32_precision
    training.fit(small(models.Autoencoder), pixels(), epochs=1, objective=watching)
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    with pytest.raises(TypeError):
        training.fit(small(models.Autoencoder), pixels(), epochs=1, gamma=1.0)
    assert torch.backends.mkldnn.matmul.fp32_precision == before
    assert len(seen) == 1


def test_a_custom_objective_trains_a_denoising_autoencoder():
    def denoising(model, x, *, generator, sigma):
        noise = sigma * torch.randn(x.shape, generator=generator)
        z = model.encode(x + noise)
        return {"loss": losses.squared_error(x, model.decode(z)), "noise": noise.square().sum(dim=1)}

    history = training.fit(small(models.Autoencoder), pixels(500), epochs=10, lr=1e-2, objective=denoising, sigma=0.2)
    assert history.train["loss"][-1] < 0.7 * history.train["loss"][0]
    # 500 examples of 12 pixels: E = 12 · 0.2² = 0.48, standard error 0.48 · √(2 / 6000).
    assert history.train["noise"] == pytest.approx([0.48] * 10, abs=5 * 0.48 * (2 / 6000) ** 0.5)


def test_validation_uses_the_final_weights_of_the_terms_and_the_same_noise_every_time():
    seen = []

    def recording(model, x, *, generator, beta):
        seen.append((torch.is_grad_enabled(), beta, torch.randn(1, generator=generator).item()))
        return losses.elbo_terms(model, x, generator=generator, beta=beta)

    training.fit(
        small(),
        pixels(),
        epochs=3,
        batch_size=35,
        validation=pixels(20, seed=1),
        objective=recording,
        beta=training.LinearWarmup(6),
    )
    steps = [entry for entry in seen if entry[0]]
    held_out = [entry for entry in seen if not entry[0]]
    # Two batches an epoch: β rises within the epoch, by time in epochs over 6.
    assert [beta for _, beta, _ in steps] == pytest.approx([0, 0.5 / 6, 1 / 6, 1.5 / 6, 2 / 6, 2.5 / 6])
    assert len({noise for _, _, noise in steps}) == 6
    assert [beta for _, beta, _ in held_out] == [0.5] * 3  # what the schedule says at the end of the three epochs
    assert len({noise for _, _, noise in held_out}) == 1


def test_validation_history_is_what_evaluate_says_afterwards():
    model, held_out = small(), pixels(20, seed=1)
    history = training.fit(model, pixels(), epochs=2, validation=held_out, seed=3, beta=2.0)
    after = training.evaluate(model, held_out, seed=3, beta=2.0)
    assert {name: curve[-1] for name, curve in history.validation.items()} == after
    assert after["loss"] == pytest.approx(2 * after["kl"] - after["reconstruction"], rel=1e-6)
    assert after["elbo"] == pytest.approx(after["reconstruction"] - after["kl"], rel=1e-6)
    assert history.epochs == len(history.seconds) == len(history.train["kl"]) == 2


@pytest.mark.parametrize("n", [1, 6, 7, 8, 20])
def test_evaluate_is_the_mean_over_all_examples_across_blocks(monkeypatch, n):
    monkeypatch.setattr(loop, "_BLOCK", 7)
    model, x = small(models.Autoencoder).double(), pixels(n, dtype=torch.float64)
    direct = (x - model.decode(model.encode(x))).square().sum(dim=1).mean().item()
    assert training.evaluate(model, x) == {"loss": pytest.approx(direct, rel=1e-12)}


def test_evaluate_keeps_no_gradients_and_changes_nothing():
    model = small()
    before = weights(model)
    training.evaluate(model, pixels())
    assert same(before, weights(model))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_learning_rate_follows_its_schedule():
    frozen = small()
    before = weights(frozen)
    training.fit(frozen, pixels(), epochs=1, lr=lambda epoch: 0.0)
    assert same(before, weights(frozen))
    constant, scheduled = small(), small()
    training.fit(constant, pixels(), epochs=2, lr=2e-3)
    training.fit(scheduled, pixels(), epochs=2, lr=training.Constant(2e-3))
    assert same(weights(constant), weights(scheduled))
