"""The claims of lesson 08 on many seeds."""

import numpy as np
import pytest

from holdout.lm import load, open_book
from holdout.lm.adapt import fine_tune
from holdout.topics.fine_tuning.experiments import LEARNT, TrainingItems, descend, rest_share, scores

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("rank", [1, 2, 4, 8])
def test_gradient_descent_reaches_the_minimum_of_eckart_and_young_and_never_goes_below(rank):
    for seed in range(100):
        rng = np.random.default_rng(seed)
        target = (rng.standard_normal((40, 40)) * 0.85 ** np.arange(40)) @ rng.standard_normal((40, 40)) / 6
        minimum = rest_share(target)[rank] * np.sum(target**2)
        error = descend(target, rank, rng)[-1]
        # below only by rounding; 3 % above is the tolerance of the published check
        assert minimum * (1 - 1e-9) <= error < 1.03 * minimum


def test_tuning_on_changed_facts_forgets_facts_and_abstention_on_every_seed():
    model, book = load("M"), open_book()
    for seed in range(5):
        training_items = TrainingItems(book, np.random.default_rng(seed))
        before = scores(model, training_items.questions)
        after = scores(
            fine_tune(model, training_items.changed_facts(), np.random.default_rng(seed)).model,
            training_items.questions,
        )
        assert after[LEARNT] > 0.9
        for name in ("kept", "not documented"):
            # four standard errors of a difference of two shares of 60 questions, at most 4 sqrt(2 * 0.25 / 60) = 0.37,
            # and much less for a paired one
            assert before[name] - after[name] > 0.37
