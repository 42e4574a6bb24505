"""Targets: each row keeps its own through shuffle, blocks and resume; a classifier is trained as by hand."""

import pytest
import torch
import torch.nn.functional as F

from course_lib import losses, models, training
from course_lib.training import loop

X = torch.rand(70, 12, generator=torch.Generator().manual_seed(0))
Y = torch.arange(70)
HELD_OUT = torch.rand(20, 12, generator=torch.Generator().manual_seed(1))


def small(seed=0):
    return models.Autoencoder(latent_dim=2, input_dim=12, hidden=(8,), seed=seed)


def recording(seen):
    def objective(model, x, *, target, generator):
        seen.append((torch.is_grad_enabled(), x, target))
        return losses.reconstruction_terms(model, x)

    return objective


def test_every_row_meets_its_own_target_once_an_epoch_whatever_the_shuffle(monkeypatch):
    monkeypatch.setattr(loop, "_BLOCK", 7)
    seen, held_out = [], 100 + torch.arange(20)
    training.fit(
        small(),
        X,
        epochs=2,
        batch_size=16,
        targets=Y,
        validation=HELD_OUT,
        validation_targets=held_out,
        objective=recording(seen),
    )
    steps = [(x, target) for training_step, x, target in seen if training_step]
    after = [(x, target) for training_step, x, target in seen if not training_step]
    assert [len(x) for x, _ in steps] == [16, 16, 16, 16, 6] * 2
    for epoch in (steps[:5], steps[5:]):
        targets = torch.cat([target for _, target in epoch])
        assert torch.equal(targets.sort().values, Y)
        assert not torch.equal(targets, Y)
        assert torch.equal(torch.cat([x for x, _ in epoch]), X[targets])
    assert [len(x) for x, _ in after] == [7, 7, 6] * 2
    assert torch.equal(torch.cat([target for _, target in after]), held_out.repeat(2))
    assert torch.equal(torch.cat([x for x, _ in after]), HELD_OUT.repeat(2, 1))


def test_targets_may_be_images_and_without_them_nothing_is_handed_over():
    seen = []
    clean = X.flip(1)
    training.fit(small(), X, epochs=1, targets=clean, objective=recording(seen))
    _, x, target = seen[0]
    assert torch.equal(target, x.flip(1))
    with pytest.raises(TypeError, match="target"):
        training.fit(small(), X, epochs=1, objective=recording(seen))


def test_targets_change_neither_the_shuffle_nor_the_noise():
    with_targets, without = small(), small()
    training.fit(with_targets, X, epochs=2, batch_size=16, targets=Y, objective=recording([]))
    training.fit(without, X, epochs=2, batch_size=16)
    for name, value in without.state_dict().items():
        assert torch.equal(with_targets.state_dict()[name], value), name


def test_a_classifier_is_trained_as_in_a_plain_loop():
    y = (X[:, :3].argmax(dim=1)).long()
    ours, theirs = (models.Classifier(input_dim=12, hidden=(8,), classes=3, seed=1) for _ in range(2))
    history = training.fit(ours, X, epochs=3, batch_size=16, lr=5e-3, targets=y)
    generator = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(theirs.parameters(), lr=5e-3)
    for epoch in range(3):
        total = right = 0.0
        for rows in torch.randperm(len(X), generator=generator).split(16):
            logits = theirs.network(X[rows])
            loss = F.cross_entropy(logits, y[rows])
            adam.zero_grad()
            loss.backward()
            adam.step()
            total += loss.item() * len(rows)
            right += (logits.argmax(dim=1) == y[rows]).sum().item()
        assert history.train["loss"][epoch] == pytest.approx(total / len(X), rel=1e-5)
        assert history.train["accuracy"][epoch] == pytest.approx(right / len(X), rel=1e-12)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=0, atol=1e-6)


def test_evaluate_hands_targets_over_too_and_refuses_a_wrong_number_of_them():
    model = models.Classifier(input_dim=12, hidden=(8,), classes=3)
    y = torch.arange(20) % 3
    terms = training.evaluate(model, HELD_OUT, targets=y)
    logits = model.network(HELD_OUT)
    assert terms["loss"] == pytest.approx(F.cross_entropy(logits, y).item(), rel=1e-6)
    assert terms["accuracy"] == pytest.approx((logits.argmax(dim=1) == y).double().mean().item())
    with pytest.raises(ValueError, match=r"got targets of shape \(19,\), expected 20 rows"):
        training.evaluate(model, HELD_OUT, targets=y[:19])
    with pytest.raises(ValueError, match=r"got no target, expected the classes"):
        training.evaluate(model, HELD_OUT)


@pytest.mark.parametrize(("changed", "name"), [({"targets": Y + 1}, "targets"), ({"targets": None}, "targets")])
def test_other_targets_are_another_run(tmp_path, changed, name):
    def objective(model, x, *, generator, target=None):
        return losses.reconstruction_terms(model, x)

    arguments = {"objective": objective, "resume_from": tmp_path / "run"}
    training.fit(small(), X, epochs=1, targets=Y, **arguments)
    training.fit(small(), X, epochs=2, targets=Y.clone(), **arguments)
    with pytest.raises(ValueError, match=rf"belongs to another run, it differs in {name} "):
        training.fit(small(), X, epochs=3, **arguments | changed)


def test_other_validation_targets_are_another_run(tmp_path):
    y = torch.zeros(20, dtype=torch.int64)
    arguments = {"targets": Y % 3, "validation": HELD_OUT, "resume_from": tmp_path / "run"}
    judge = models.Classifier(input_dim=12, hidden=(8,), classes=3)
    training.fit(judge, X, epochs=1, validation_targets=y, **arguments)
    with pytest.raises(ValueError, match="it differs in validation_targets "):
        training.fit(judge, X, epochs=2, validation_targets=y + 1, **arguments)
