"""The vector quantiser and the VQ-VAE: gradients where there are none, and a codebook that follows."""

from __future__ import annotations

import pytest
import torch

from course_lib import losses, models, training


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def quantiser():
    """Five entries of length three, learned by gradients; float64."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return models.VectorQuantiser(5, 3, learning="gradient").double()


@pytest.fixture
def pictures():
    """Sixty grey pictures of 8 × 8 pixels."""
    return torch.rand(60, 64, generator=torch.Generator().manual_seed(0))


def small(**settings) -> models.VQVAE:
    return models.VQVAE(6, **{"code_dim": 3, "input_dim": 64, "hidden": (4, 5), **settings})


def test_the_nearest_entry_is_that_of_brute_force(quantiser):
    z_e = noise(40, 7, 3)
    distances = torch.cdist(z_e.flatten(0, 1), quantiser.codebook)
    assert torch.equal(quantiser.nearest(z_e), distances.argmin(dim=1).reshape(40, 7))
    chosen = quantiser(z_e)
    assert torch.equal(chosen.quantized, quantiser.codebook[chosen.indices])
    torch.testing.assert_close(chosen.straight_through, chosen.quantized, rtol=0, atol=1e-15)


def test_the_gradient_goes_straight_through(quantiser):
    """What arrives at z_e is the gradient at z_q to the last bit, and the reconstruction leaves the codebook alone."""
    z_e, direction = noise(10, 3).requires_grad_(), noise(3, seed=1)
    loss = lambda z: (z @ direction).sin().sum() + z.pow(3).sum()  # noqa: E731
    through = quantiser(z_e).straight_through
    loss(through).backward()
    at_z_q = through.detach().requires_grad_()
    loss(at_z_q).backward()
    assert float((z_e.grad - at_z_q.grad).abs().max()) < 2e-16 * float(at_z_q.grad.abs().max())
    assert quantiser.codebook.grad is None


def test_the_two_distances_pull_one_end_each(quantiser):
    """‖sg[z_e] − e‖² gives the codebook 2 Σ (e − z_e) over those who chose e; β ‖z_e − sg[e]‖² gives 2β (z_e − e)."""
    z_e, beta = noise(30, 3).requires_grad_(), 0.25
    chosen = quantiser(z_e)
    pull = (z_e.detach() - chosen.quantized).square().sum() + beta * (z_e - chosen.quantized.detach()).square().sum()
    pull.backward()
    expected = torch.zeros(5, 3, dtype=torch.float64)
    for vector, k in zip(z_e.detach(), chosen.indices.tolist(), strict=True):
        expected[k] += 2 * (quantiser.codebook.detach()[k] - vector)
    torch.testing.assert_close(quantiser.codebook.grad, expected, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(z_e.grad, 2 * beta * (z_e - chosen.quantized).detach(), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("learning", ["gradient", "average"])
def test_the_objective_is_the_sum_that_the_paper_states(learning, pictures):
    """Value and gradients of the loss, with each part written out anew."""
    model, beta = small(learning=learning).double().eval(), 0.4
    x = pictures.double()
    terms = losses.vector_quantisation_terms(model, x, beta=beta)
    z_e = model.encoder(x.reshape(60, 1, 8, 8)).permute(0, 2, 3, 1)
    z_q = model.quantiser.codebook[torch.cdist(z_e.reshape(-1, 3), model.quantiser.codebook).argmin(1)].reshape(
        z_e.shape
    )
    logits = model.decoder((z_e + (z_q - z_e).detach()).permute(0, 3, 1, 2)).reshape(60, 64)
    cross_entropy = torch.nn.functional.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").sum(1)
    commitment = (z_e - z_q.detach()).square().sum((1, 2, 3))
    codebook = (z_e.detach() - z_q).square().sum((1, 2, 3)) if learning == "gradient" else 0 * commitment
    torch.testing.assert_close(terms["loss"], cross_entropy + codebook + beta * commitment)
    torch.testing.assert_close(terms["reconstruction"], -cross_entropy)
    torch.testing.assert_close(terms["distance"], commitment)
    parameters = list(model.parameters())
    got, expected = (
        torch.autograd.grad(loss.sum(), parameters, retain_graph=True)
        for loss in (terms["loss"], cross_entropy + codebook + beta * commitment)
    )
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_moving_averages_end_at_the_means_of_those_who_chose_them():
    """With the choice held fixed, the codebook converges to the clusters' means; where it started is forgotten."""
    vectors = noise(90, 2)
    indices = torch.arange(90) % 3
    with torch.random.fork_rng(devices=[]):
        quantiser = models.VectorQuantiser(3, 2, restart=False).double()
    for _ in range(3000):
        quantiser.update_ema(vectors, indices)
    means = torch.stack([vectors[indices == k].mean(dim=0) for k in range(3)])
    torch.testing.assert_close(quantiser.codebook, means, rtol=0, atol=1e-10)
    torch.testing.assert_close(quantiser.usage, torch.ones(3, dtype=torch.float64))


def test_an_entry_that_nobody_chooses_stays_where_it_is():
    quantiser = models.VectorQuantiser(3, 2, restart=False).double()
    before = quantiser.codebook[2].clone()
    for _ in range(500):
        quantiser.update_ema(noise(40, 2), torch.arange(40) % 2)
    torch.testing.assert_close(quantiser.codebook[2], before)
    assert float(quantiser.usage[2]) == pytest.approx(0.99**500)


def test_dead_entries_start_again_on_vectors_of_the_batch():
    """Far-away entries are revived, each on a vector that is there; the same seed draws the same ones."""
    vectors = noise(50, 4)

    def revived(seed: int) -> torch.Tensor:
        quantiser = models.VectorQuantiser(6, 4).double()
        quantiser.codebook[0] = quantiser.sums[0] = 0
        quantiser.codebook[1:] = quantiser.sums[1:] = 1e3
        generator = torch.Generator().manual_seed(seed)
        for _ in range(400):
            quantiser.update_ema(vectors, quantiser.nearest(vectors), generator=generator)
        return quantiser.codebook, quantiser.nearest(vectors)

    codebook, chosen = revived(0)
    assert len(chosen.unique()) == 6
    assert float(codebook.abs().max()) < 10
    assert torch.equal(codebook, revived(0)[0])
    assert not torch.equal(codebook, revived(1)[0])


def test_only_entries_below_three_percent_of_a_fair_share_start_again():
    """After a batch that chooses none of them, usages of 0.1, 0.031 and 0.029 have lost a hundredth."""
    quantiser, vectors = models.VectorQuantiser(4, 2).double(), noise(20, 2)
    quantiser.usage.copy_(torch.tensor([1, 0.1, 0.031, 0.029]))
    quantiser.sums.copy_(quantiser.codebook * quantiser.usage[:, None])
    before = quantiser.codebook.clone()
    quantiser.update_ema(vectors, torch.zeros(20, dtype=torch.int64))
    torch.testing.assert_close(quantiser.codebook[1:3], before[1:3])
    assert (quantiser.codebook[3] == vectors).all(dim=1).any()
    assert quantiser.usage[3] == 1


@pytest.mark.parametrize("learning", ["gradient", "average"])
def test_a_training_step_hands_its_generator_to_the_restarts(learning, pictures):
    def restarted(seed: int) -> torch.Tensor:
        model = small(learning=learning)
        model.quantiser.usage.zero_()
        losses.vector_quantisation_terms(model, pictures)
        model.after_step(torch.Generator().manual_seed(seed))
        return model.quantiser.codebook.detach().clone()

    assert torch.equal(restarted(0), restarted(0))
    assert not torch.equal(restarted(0), restarted(1))


def test_without_restarts_the_dead_stay_dead():
    vectors = noise(50, 4)
    quantiser = models.VectorQuantiser(6, 4, restart=False).double()
    quantiser.codebook[1:] = quantiser.sums[1:] = 1e3
    for _ in range(400):
        quantiser.update_ema(vectors, quantiser.nearest(vectors))
    assert quantiser.nearest(vectors).unique().tolist() == [0]


def test_codes_decode_and_reconstruct(pictures):
    model = small()
    with torch.no_grad():
        indices = model.encode(pictures)
        assert indices.shape == (60, 2, 2)
        assert indices.dtype == torch.int64
        assert torch.equal(model.reconstruct(pictures), model.decode(indices))
        assert torch.equal(model.decode(indices), torch.sigmoid(model.decode_logits(indices)))
        assert model.decode(indices).shape == (60, 64)
        # One row of pixels is one row of the picture: a picture turned on its side is another one.
        turned = pictures.unflatten(1, (8, 8)).transpose(1, 2).flatten(1)
        model.encoder[0].weight.copy_(model.encoder[0].weight + model.encoder[0].weight.transpose(2, 3))
        for layer in (model.encoder[2], model.encoder[4]):
            layer.weight.copy_(layer.weight + layer.weight.transpose(2, 3))
        torch.testing.assert_close(model.features(turned), model.features(pictures).transpose(1, 2))


def test_training_follows_the_codebook_and_validation_does_not(pictures):
    """The averages move in `fit`; held-out pictures, however different, leave no trace."""
    before = small().quantiser.codebook.clone()
    runs = []
    for held_out in (None, pictures[:20], 1 - pictures[:20]):
        model = small()
        training.fit(model, pictures, epochs=3, batch_size=20, validation=held_out, progress=False)
        runs.append(model.quantiser.codebook.clone())
    assert not torch.equal(runs[0], before)
    assert torch.equal(runs[0], runs[1])
    assert torch.equal(runs[0], runs[2])


@pytest.mark.parametrize("learning", ["gradient", "average"])
def test_an_interrupted_run_is_continued_with_codebook_and_averages(learning, pictures, tmp_path):
    whole, parts = small(learning=learning), small(learning=learning)
    arguments = {"batch_size": 20, "seed": 3, "progress": False}
    training.fit(whole, pictures, epochs=4, **arguments)
    for epochs in (2, 4):
        training.fit(parts, pictures, epochs=epochs, resume_from=tmp_path / "run.safetensors", **arguments)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name


def test_the_twin_has_the_same_networks_and_a_gaussian_in_each_cell(pictures):
    """Equal parameters but for the log-variances; d · s · s dimensions, and the ELBO's gradient reaches all."""
    twin, model = models.GridVAE(3, input_dim=64, hidden=(4, 5)), small()
    assert twin.latent_dim == 3 * 2 * 2
    assert [w.shape for w in twin.decoder.parameters()] == [w.shape for w in model.decoder.parameters()]
    heads, vectors = ([w.shape for w in one.encoder.parameters()] for one in (twin, model))
    assert heads[:-2] == vectors[:-2]
    assert [shape[0] for shape in heads[-2:]] == [2 * shape[0] for shape in vectors[-2:]]
    bound = losses.elbo(twin, pictures, generator=torch.Generator().manual_seed(0))
    bound.elbo.sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in twin.parameters())
    with torch.no_grad():
        # The networks on the grid itself, means before log-variances in each cell.
        out, q = twin.encoder[1:-1](pictures.reshape(60, 1, 8, 8)), twin.encode(pictures)
        torch.testing.assert_close(q.mean, out[:, :3].reshape(60, 12))
        torch.testing.assert_close(q.logvar, out[:, 3:].reshape(60, 12))
        logits = twin.decoder[1:-1](q.mean.reshape(60, 3, 2, 2))
        torch.testing.assert_close(twin.reconstruct(pictures), torch.sigmoid(logits).reshape(60, 64))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"input_dim": 50}, "expected the pixels of a square whose side divides by 4"),
        ({"input_dim": 36}, "expected the pixels of a square whose side divides by 4"),
        ({"hidden": (4,)}, "expected two numbers of channels"),
        ({"learning": "guess"}, "expected one of 'average', 'gradient'"),
    ],
)
def test_what_makes_no_model_is_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        small(**settings)


def test_a_negative_commitment_is_refused(pictures):
    with pytest.raises(ValueError, match="got beta = -1"):
        losses.vector_quantisation_terms(small(), pictures, beta=-1)


def test_first_activations_keep_their_size():
    """He's variance: a unit-variance picture has features and logits of order one, whatever the channels."""
    x = torch.randn(200, 784, generator=torch.Generator().manual_seed(0))
    for hidden in ((8, 16), (32, 64)):
        model = models.VQVAE(16, code_dim=8, hidden=hidden)
        with torch.no_grad():
            assert 0.6 < float(model.features(x).square().mean()) < 4
            z = torch.randn(200, 7, 7, 8, generator=torch.Generator().manual_seed(1))
            assert 0.3 < float(model.logits_of(z).square().mean()) < 4
