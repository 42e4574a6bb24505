"""The prior over code words: a distribution, causal, and one that draws what it says."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from scipy.stats import chisquare

from course_lib import models, training


@pytest.fixture
def tiny():
    """Three words on 2 × 2 cells, 81 grids in all, with probabilities that are far from equal."""
    prior = models.GridPrior(3, side=2, width=6, embedding=4, seed=1).double()
    with torch.no_grad():
        prior.head.weight.mul_(2)
    return prior


EVERY_GRID = torch.tensor(list(product(range(3), repeat=4))).reshape(81, 2, 2)


def test_the_probabilities_of_all_grids_sum_to_one(tiny):
    with torch.no_grad():
        probabilities = tiny.log_prob(EVERY_GRID).exp()
    assert float(probabilities.sum()) == pytest.approx(1, abs=1e-12)
    assert probabilities.max() > 5 * probabilities.min()


def test_it_draws_each_grid_as_often_as_it_says(tiny):
    """Chi-square over all 81 grids, 50,000 draws."""
    n = 50_000
    drawn = tiny.sample(n, generator=torch.Generator().manual_seed(0))
    assert drawn.dtype == torch.int64
    numbers = (drawn.flatten(1) * torch.tensor([27, 9, 3, 1])).sum(dim=1)
    observed = torch.bincount(numbers, minlength=81).double()
    with torch.no_grad():
        expected = n * tiny.log_prob(EVERY_GRID).exp()
    assert expected.min() > 5
    assert chisquare(observed.numpy(), expected.numpy()).pvalue > 1e-3
    assert torch.equal(drawn, tiny.sample(n, generator=torch.Generator().manual_seed(0)))


def test_a_word_is_guessed_from_the_words_before_it_alone():
    """Change one word: every guess up to its own stays the same, to the bit; the next one and those below do not."""
    prior = models.GridPrior(5, side=4, width=8, seed=2).double()
    grid = torch.randint(5, (1, 4, 4), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = prior.logits(grid).reshape(16, 5)
        for t in range(16):
            other = grid.clone()
            other.view(-1)[t] = (other.view(-1)[t] + 1) % 5
            changed = (prior.logits(other).reshape(16, 5) != before).any(dim=1)
            assert not changed[: t + 1].any()
            assert changed[t + 1 :].all()


def test_gradients_reach_a_guess_from_earlier_words_only():
    """The same by gradients, through the vectors that stand for the words."""
    prior = models.GridPrior(5, side=3, width=8, seed=2).double()
    told = prior._told(prior._neighbours(torch.randint(5, (1, 3, 3)))).detach().requires_grad_()
    guesses = prior.head(prior.memory(told)[0])[0]
    for t in range(9):
        (gradient,) = torch.autograd.grad(guesses[t].sum(), told, retain_graph=True)
        reached = gradient[0].abs().sum(dim=1) > 0
        assert reached[: t + 1].all()
        assert not reached[t + 1 :].any()


def test_what_a_cell_is_told():
    prior = models.GridPrior(9, side=3)
    told = prior._neighbours(torch.arange(9).reshape(1, 3, 3))[0]
    assert told[4].tolist() == [3, 0, 1, 2]  # the middle: read last, above left, above, above right
    assert told[0].tolist() == [9, 9, 9, 9]  # the first: nothing
    assert told[5].tolist() == [4, 1, 2, 9]  # the right edge
    assert told[6].tolist() == [5, 9, 3, 4]  # the left edge: read last is the end of the row above


def test_an_untrained_head_of_zeros_is_the_uniform_prior(tiny):
    with torch.no_grad():
        tiny.head.weight.zero_()
        tiny.head.bias.zero_()
        log_prob = tiny.log_prob(EVERY_GRID)
    torch.testing.assert_close(
        log_prob, torch.full((81,), -4.0, dtype=torch.float64) * torch.tensor(3.0).double().log()
    )


def test_training_reaches_the_entropy_of_what_it_sees():
    """Grids of two kinds, 3 : 1, whose second word says the rest: 0.562 nats, and no prior can do better."""
    kinds = torch.tensor([[[0, 1], [2, 2]], [[1, 0], [0, 1]]])
    x = kinds[torch.tensor([0, 0, 0, 1]).repeat(50)]
    prior = models.GridPrior(3, side=2, width=16, seed=0)
    history = training.fit(prior, x, epochs=40, batch_size=50, lr=1e-2, progress=False)
    entropy = -(0.75 * torch.tensor(0.75).log() + 0.25 * torch.tensor(0.25).log())
    assert entropy - 1e-3 < history.train["loss"][-1] < entropy + 0.02


@pytest.mark.parametrize(
    ("indices", "error", "words"),
    [
        (torch.zeros(2, 2, 2), TypeError, "float32, expected a torch tensor of int64"),
        (torch.zeros(2, 4, dtype=torch.int64), ValueError, r"shape \(2, 4\), expected \(n, 2, 2\)"),
        (torch.full((1, 2, 2), 3), ValueError, "from 3 to 3, expected 0 to 2"),
    ],
)
def test_what_is_no_grid_of_words_is_refused(tiny, indices, error, words):
    with pytest.raises(error, match=words):
        tiny.log_prob(indices)


@pytest.mark.parametrize("x", [torch.zeros(8, 4), torch.zeros(8, 4, dtype=torch.int64), torch.full((8, 2, 2), 3)])
def test_training_takes_grids_of_words_only(x):
    """As integers: rounded down, real numbers would be other words."""
    prior = models.GridPrior(3, side=2, width=4)
    for call in (lambda: training.fit(prior, x, epochs=1), lambda: training.evaluate(prior, x)):
        with pytest.raises((TypeError, ValueError), match="got x"):
            call()
