"""What torch does to functions goes through the models: derivatives, vmap, compile; and no step waits for a number."""

import pytest
import torch
from torch.func import functional_call, jacrev, vmap

from course_lib import losses, models
from course_lib.training import train_epoch

X = torch.rand(7, 6, generator=torch.Generator().manual_seed(0))
MODELS = {
    "Autoencoder": models.Autoencoder(2, input_dim=6, hidden=(5,)),
    "LinearAutoencoder": models.LinearAutoencoder(6, 2),
    "VAE": models.VAE(2, input_dim=6, hidden=(5,)),
    "VAE, Gaussian": models.VAE(2, input_dim=6, hidden=(5,), likelihood="gaussian"),
    "LinearVAE": models.LinearVAE(6, 2),
}


def mean_code(model, x):
    """The code, or the mean of its Gaussian."""
    q = model.encode(x)
    return getattr(q, "mean", q) if not isinstance(q, torch.Tensor) else q


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_jacobian_of_every_example_is_that_of_one_at_a_time(model):
    z = mean_code(model, X).detach()
    for f, points in ((model.decode, z), (lambda x: mean_code(model, x), X)):
        together = vmap(jacrev(f))(points)
        alone = torch.stack([torch.autograd.functional.jacobian(f, point) for point in points])
        torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_call_is_the_reconstruction_also_with_other_weights(model):
    torch.testing.assert_close(model(X), model.reconstruct(X), rtol=0, atol=0)
    torch.testing.assert_close(model(X), model.decode(mean_code(model, X)), rtol=0, atol=0)
    halved = {name: weight / 2 for name, weight in model.named_parameters()}
    assert not torch.equal(functional_call(model, halved, (X,)), model(X))


@pytest.mark.filterwarnings("ignore:Guards may run slower on Python 3.13.0")
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_encode_and_decode_are_one_graph(model):
    code = torch.compile(lambda x: mean_code(model, x), backend="eager", fullgraph=True)(X).detach()
    torch.testing.assert_close(code, mean_code(model, X))
    decode = torch.compile(model.decode, backend="eager", fullgraph=True)
    torch.testing.assert_close(decode(code), model.decode(code))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_log_likelihood_of_every_model_with_a_decoder(model):
    """Of an autoencoder with a squared error it is minus that, up to a constant: its variance is ½."""
    z = mean_code(model, X)
    found = losses.log_likelihood(model, X, z)
    if model.likelihood == "bernoulli":
        expected = torch.distributions.Bernoulli(logits=model.decode_logits(z), validate_args=False).log_prob(X)
    else:
        scale = torch.as_tensor(model.noise_variance).sqrt()
        expected = torch.distributions.Normal(model.decode(z), scale).log_prob(X)
    torch.testing.assert_close(found, expected.sum(dim=1))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_no_step_waits_for_a_number(model, monkeypatch):
    """On a GPU every number that Python asks for is a wait; the loss of pixels is looked at on the CPU alone."""
    monkeypatch.setattr(losses.evidence._validate, "pixels", lambda x: None)

    def waits(*_):
        raise AssertionError("a step asked for a number")

    for name in ("__float__", "__bool__", "__int__", "item", "tolist", "numpy"):
        monkeypatch.setattr(torch.Tensor, name, waits)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    sums = train_epoch(model, [(X, {}), (X, {})], model.objective, optimizer)
    monkeypatch.undo()
    assert sums["loss"].shape == (2,)
    assert sums["loss"].isfinite().all()


def test_calling_a_loss_changes_nothing_and_a_training_step_moves_the_codebook():
    """In training mode too, and whatever is called with or without gradients."""
    x = torch.rand(5, 256, generator=torch.Generator().manual_seed(0))
    for learning in ("average", "gradient"):
        model = models.VQVAE(4, input_dim=256, hidden=(4, 4), learning=learning).train()
        before = {name: value.clone() for name, value in model.state_dict().items()}
        first = losses.vector_quantisation_terms(model, x)
        with torch.no_grad():
            again = losses.vector_quantisation_terms(model.eval(), x)
        for name, value in first.items():
            torch.testing.assert_close(again[name], value, rtol=1e-5, atol=1e-4)  # the loss of validation is the same
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
        train_epoch(model.train(), [(x, {})], model.objective, torch.optim.SGD(model.parameters(), lr=1e-3))
        assert not torch.equal(model.quantiser.codebook, before["quantiser.codebook"])
