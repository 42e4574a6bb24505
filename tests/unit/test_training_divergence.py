"""A number that stops being finite stops the training, with its place and its name, and ruins no weights."""

import pytest
import torch

from course_lib import losses, models, training
from course_lib.training import Diverged

X = torch.rand(40, 12, generator=torch.Generator().manual_seed(0))


def small():
    return models.VAE(latent_dim=2, input_dim=12, hidden=(8,))


def poisoning(term, value, at):
    """An objective with one bad example in one term at its `at`-th training batch, counted from 0."""
    calls = []

    def objective(model, x, *, generator):
        terms = losses.elbo_terms(model, x, generator=generator)
        if torch.is_grad_enabled():
            if len(calls) == at:
                terms[term] = terms[term].clone()
                terms[term][-1] = value
            calls.append(len(x))
        return terms

    return objective


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("term", ["loss", "kl", "elbo"])
@pytest.mark.parametrize(("at", "place"), [(0, "epoch 1, batch 1"), (6, "epoch 2, batch 3")])
def test_the_message_names_term_epoch_and_batch(value, term, at, place):
    model, steps = small(), small()
    with pytest.raises(Diverged, match=f"the term '{term}' became NaN or infinite in {place}"):
        training.fit(model, X, epochs=3, batch_size=10, objective=poisoning(term, value, at))
    # The weights are those of the last whole epoch, and the model can be used.
    if at // 4:
        training.fit(steps, X, epochs=at // 4, batch_size=10)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, steps.state_dict()[name])
    assert not model.training


def test_the_cause_is_named_before_the_loss_that_contains_it():
    def objective(model, x, *, generator):
        terms = losses.elbo_terms(model, x, generator=generator)
        kl = terms["kl"] * float("nan")
        return {"loss": kl - terms["reconstruction"], "kl": kl}

    with pytest.raises(Diverged, match="the term 'kl' became NaN"):
        training.fit(small(), X, epochs=1, objective=objective)


@pytest.mark.parametrize("batch_size", [10, 40])
@pytest.mark.parametrize("kind", [models.VAE, models.Autoencoder])
def test_a_learning_rate_that_destroys_the_weights_is_divergence_not_bad_data(kind, batch_size):
    model = kind(latent_dim=2, input_dim=12, hidden=(8,))
    with pytest.raises(Diverged, match=r"became NaN or infinite in epoch 1, .*lower the learning rate"):
        training.fit(model, X, epochs=1, batch_size=batch_size, lr=1e38 * 10)


def test_weights_destroyed_by_the_very_last_step_are_noticed_and_not_kept(tmp_path):
    calls = []

    def objective(model, x, *, generator):
        calls.append(len(x))
        if len(calls) < 4:
            return {"loss": model.encode(x).kl()}
        # Finite where it is, with an infinite slope: √0.
        return {"loss": (model.decoder[0].weight.sum() * 0).sqrt().expand(len(x))}

    with pytest.raises(Diverged, match="the model's weights became NaN or infinite in epoch 1, batch 4"):
        training.fit(small(), X, epochs=1, batch_size=10, objective=objective, resume_from=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_validation_loss_that_is_no_number_stops_too_and_is_not_kept(tmp_path):
    def objective(model, x, *, generator):
        terms = losses.elbo_terms(model, x, generator=generator)
        if not torch.is_grad_enabled():
            terms["loss"] = terms["loss"] / 0
        return terms

    with pytest.raises(Diverged, match="the term 'loss' on the validation data"):
        training.fit(small(), X, epochs=2, validation=X, objective=objective, resume_from=tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_objectives_own_value_error_is_passed_on():
    def objective(model, x, *, generator):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        training.fit(small(), X, epochs=1, objective=objective)


def synthetic(n=2000, width=64):
    """Covariance eigenvalues about 1.1 and 0.5, far below width / 2 = 32."""
    generator = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(width, 2, generator=generator))[0]
    factors = torch.randn(n, 2, generator=generator) * torch.tensor([1.0, 0.7])
    return (0.5 + factors @ axes.T + 0.05 * torch.randn(n, width, generator=generator)).clamp(0, 1)


@pytest.mark.parametrize("mean_over_pixels", [True, False])
def test_a_mean_over_pixels_collapses_the_posterior_and_the_sum_does_not(mean_over_pixels):
    x = synthetic()
    largest = torch.linalg.eigvalsh(x.T.cov())[-1]
    assert 0.4 < largest < 2  # below D / 2 the collapsed posterior is the optimum of the mean, not of the sum

    def objective(model, x, *, generator):
        q = model.encode(x)
        errors = (x - model.decode(q.sample(generator))).square()
        # Per-pixel noise of variance 0.1 in the right case: λ₁ is well above it.
        fit = errors.mean(dim=1) if mean_over_pixels else errors.sum(dim=1) / (2 * 0.1)
        return {"loss": fit + q.kl(), "kl": q.kl()}

    vae = models.VAE(2, input_dim=64, hidden=(32,), likelihood="gaussian")
    training.fit(vae, x, epochs=25, lr=training.Cosine(5e-3, 25), objective=objective)
    kl = training.evaluate(vae, x, objective)["kl"]
    assert kl < 0.001 if mean_over_pixels else kl > 0.5
