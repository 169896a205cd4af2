"""Fine-tuning learns, leaves the original alone and refuses bad options."""

import numpy as np
import pytest

from holdout.lm import (
    make_prompt,
)
from holdout.lm.adapt import fine_tune


def test_fine_tuning_learns_and_leaves_the_original_alone(small):
    from holdout.lm.evaluation import EvaluationSet, Item, evaluate

    before = {name: weight.copy() for name, weight in small.weights.items()}
    items = [Item(make_prompt("a ?"), "c d", "new"), Item(make_prompt("b ?"), "d", "new")]
    for options in ({}, {"rank": 4}):
        tuned = fine_tune(small, items, np.random.default_rng(0), steps=120, learning_rate=1e-2, **options)
        assert evaluate(tuned.model, EvaluationSet("new", tuple(items))).accuracy() == 1.0
        assert tuned.losses[-1] < 0.8 * tuned.losses[0]
    for name, weight in small.weights.items():
        np.testing.assert_array_equal(weight, before[name])


def test_frozen_weights_stay(small):
    from holdout.lm.evaluation import Item

    items = [Item(make_prompt("a ?"), "c", "new")]
    tuned = fine_tune(small, items, np.random.default_rng(0), steps=3, frozen=("embedding",))
    np.testing.assert_array_equal(tuned.model.weights["embedding"], small.weights["embedding"])
    assert not np.array_equal(tuned.model.weights["0.query"], small.weights["0.query"])
    assert tuned.trained_weights == small.size - small.weights["embedding"].size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": []}, "nothing|no examples"),
        ({"learning_rate": 0}, "must be positive"),
        ({"replay_share": 1.0}, "replay_share"),
        ({"rank": 2, "frozen": ("embedding",)}, "either rank or frozen"),
    ],
)
def test_bad_fine_tuning_is_refused(small, options, message):
    from holdout.lm.evaluation import Item

    items = options.pop("items", [Item(make_prompt("a ?"), "c", "new")])
    with pytest.raises(ValueError, match=message):
        fine_tune(small, items, np.random.default_rng(0), **options)
