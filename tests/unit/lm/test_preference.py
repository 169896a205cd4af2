"""Preference tuning: the loss of DPO, its gradient, and what it does to a small model."""

import numpy as np
import pytest

from holdout.lm import load
from holdout.lm.adapt import as_example
from holdout.lm.evaluation import Item
from holdout.lm.examples import collate
from holdout.lm.language_model import make_prompt
from holdout.lm.model import loss_and_gradients
from holdout.lm.preference import Pair, answer_logprobs, prefer

PROMPT = make_prompt("what is the default of C for SVC ?")


@pytest.fixture(scope="module")
def model():
    return load("M")


def test_log_probabilities_are_those_of_the_loss(model):
    examples = [as_example(model, Item(PROMPT, answer, "")) for answer in ("1.0", "unknown")]
    for example in examples:
        loss, _ = loss_and_gradients(model.weights, model.config, *collate([example]))
        words = sum(example[1])
        assert answer_logprobs(model.weights, model.config, [example])[0] == pytest.approx(
            -words * loss, rel=1e-4
        )


def test_importance_scales_the_gradient_of_each_row(model):
    examples = [as_example(model, Item(PROMPT, answer, "")) for answer in ("1.0", "unknown")]
    tokens, counts = collate(examples)
    both = loss_and_gradients(model.weights, model.config, tokens, counts, importance=[2.0, -1.0])[1]
    parts = [loss_and_gradients(model.weights, model.config, *collate([example]))[1] for example in examples]
    # each answer has the same number of words, so the mean over both is half of either
    assert np.allclose(
        both["embedding"], 0.5 * (2 * parts[0]["embedding"] - parts[1]["embedding"]), atol=1e-5
    )


def test_the_loss_starts_at_log_2_and_the_wanted_answer_wins(model):
    pair = Pair(PROMPT, "unknown", "1.0")
    tuned, losses = prefer(model, [pair], np.random.default_rng(0), steps=20, batch=2)
    assert losses[0] == pytest.approx(np.log(2)) and losses[-1] < 0.5
    assert tuned.complete([PROMPT]) == ["unknown"]


@pytest.mark.parametrize(
    ("pairs", "options", "said"),
    [([], {}, "no pairs"), ([Pair(PROMPT, "unknown", "1.0")], {"beta": 0}, "must be positive")],
)
def test_what_makes_no_sense_is_refused(model, pairs, options, said):
    with pytest.raises(ValueError, match=said):
        prefer(model, pairs, np.random.default_rng(0), **options)
