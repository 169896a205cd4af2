"""The adaptation table: what it measures about a change, what it trains on, and how it is written."""

import numpy as np
import pandas as pd
import pytest

from holdout.lm import LowRankAdapter, course_set, load, open_book
from holdout.lm.facts import HOUSE_FORMAT
from holdout.lm.tools.table import (
    CHANGED_METHODS,
    WATCHED,
    AdaptationItems,
    as_markdown,
    change_of_weights,
    costs,
    ranges,
)


@pytest.fixture(scope="module")
def model():
    return load("M")


@pytest.fixture(scope="module")
def book():
    return open_book()


@pytest.fixture(scope="module")
def questions(book):
    return course_set(book, "test", n=40)


@pytest.fixture(scope="module")
def training_items(book, questions):
    return AdaptationItems(book, questions, np.random.default_rng(0))


def test_an_unchanged_model_has_not_moved(model):
    assert change_of_weights(model, model) == {"moved": 0.0, "top_share": 0.0, "embedding_moved": 0.0}


def test_a_change_of_rank_one_has_one_direction(model):
    rng = np.random.default_rng(0)
    adapter = LowRankAdapter(model.weights, 1, rng)
    for weight in adapter.weights.values():
        weight += 0.1 * rng.standard_normal(weight.shape).astype(np.float32)
    change = change_of_weights(model, model.with_weights(adapter.merged()))
    assert change["top_share"] == pytest.approx(1.0, abs=1e-4)
    assert change["embedding_moved"] == 0.0
    assert change["moved"] > 0


def test_the_distance_moved_is_relative(model):
    doubled = {name: 2 * weight if weight.ndim == 2 else weight for name, weight in model.weights.items()}
    change = change_of_weights(model, model.with_weights(doubled))
    assert change["moved"] == pytest.approx(1.0, rel=1e-4)
    assert change["embedding_moved"] == pytest.approx(1.0, rel=1e-4)


def test_training_asks_every_wording_of_a_new_fact_with_its_new_value(book, training_items):
    items = training_items.facts(book.changed)
    assert len(items) == 4 * len(book.changed)
    assert {item.answer for item in items} == {book.new[key] for key in book.changed}


def test_the_format_is_trained_on_other_facts_than_it_is_judged_on(book, questions, training_items):
    judged = {tuple(item.answer.split()) for item in questions.only("house format").items}
    asked = [set(item.prompt.split()) for item in questions.only("house format").items]
    for item in training_items.formatted(200):
        words = set(item.prompt.split())
        (estimator,) = words & set(book.all_estimators)
        (parameter,) = words & set(book.parameters)
        assert not any({estimator, parameter} <= other for other in asked)
        assert item.answer.split()[0] == HOUSE_FORMAT.split()[0]
    assert judged


def test_replay_of_everything_holds_passages_and_styles(training_items):
    facts, everything = training_items.replay("facts"), training_items.replay("everything")
    assert not any("[doc]" in item.prompt for item in facts)
    assert any("[doc]" in item.prompt for item in everything)
    assert any("as call" in item.prompt for item in everything)
    assert "unknown" in {item.answer for item in facts}


def test_all_watched_slices_exist_and_every_method_has_its_own_name(questions):
    assert set(WATCHED) <= set(questions.slices)
    names = [method.name for method in CHANGED_METHODS]
    assert len(names) == len(set(names))


def test_more_passages_cost_more_tokens(model, book, questions):
    tokens = costs(model, book, questions)["tokens read"].tolist()
    assert tokens == sorted(tokens)
    assert tokens[-1] > 2 * tokens[0]


def test_ranges_show_the_mean_and_the_extremes():
    table = pd.DataFrame(
        {
            "seed": [0, 1],
            "gap": ["g", "g"],
            "method": ["m", "m"],
            "kept": [0.5, 1.0],
            "trained weights": [7, 7],
        }
    )
    row = ranges(table).iloc[0]
    assert row["kept"] == "0.75 (0.50-1.00)"
    assert row["trained weights"] == 7
    assert as_markdown(ranges(table)).splitlines()[-1].startswith("| g | m | 7 |")
