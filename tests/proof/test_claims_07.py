"""The claims of lesson 07: two published formulas, and what the ladder shows on several draws of questions and batches."""

import math

import numpy as np
import pytest

from holdout.checks.judges import relative_regret
from holdout.lm import load, one_thread, open_book, read_defaults
from holdout.lm.adapt import fine_tune
from holdout.lm.retrieval import BM25Index, ndcg_at
from holdout.topics.adaptation.bill import stale_share
from holdout.topics.adaptation.cases import make_cases, make_failing_products
from holdout.topics.adaptation.experiments import (
    OPTIONS,
    AdaptationBenchmark,
    accuracy,
    answer_grid,
    climb,
    lowest_rung,
    through_releases,
    tune_on_release,
    with_old_page,
)

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module", autouse=True)
def single_thread():
    one_thread()


def _bench(seed):
    return AdaptationBenchmark(open_book(), load("M"), load("L"), np.random.default_rng([7, seed]))


def test_bm25_saturates_and_a_word_at_mean_length_adds_its_idf():
    k1 = 1.2
    once = BM25Index(["word a b", "c d e"], k1=k1).scores("word")[0]
    assert once == pytest.approx(math.log(1 + 1.5 / 1.5))
    # 10,000 repetitions, length held equal by a second text of the same length
    many = BM25Index(["word " * 10_000, "other " * 10_000], k1=k1).scores("word")[0]
    assert many == pytest.approx((k1 + 1) * math.log(2), rel=2e-4)
    # Robertson and Sparck Jones, 6 of 10 texts: ln(4.5 / 6.5) with 0.5 added; without the 1, negative
    assert math.log(4.5 / 6.5) == pytest.approx(-0.368, abs=5e-4)
    assert math.log(4 / 6) == pytest.approx(-0.405, abs=5e-4)


def test_ndcg_of_the_worked_example():
    gains = dict(enumerate([3, 2, 3, 0, 1, 2]))
    assert ndcg_at(range(6), gains, 6, exponential=False) == pytest.approx(0.961, abs=5e-4)


@pytest.mark.parametrize("seed", range(4))
def test_each_gap_has_its_rung(seed):
    bench = _bench(seed)
    table = climb(bench, np.random.default_rng([8, seed]), replay=False)
    closes = table["closes"].unstack("rung")
    # 60 questions: a share of 0.9 has a standard error of 0.04
    assert closes.loc["a known format", "prompt"] > 0.85 > 0.2 > closes.loc["a house format", "prompt"]
    assert closes.loc["a house format", "fine-tune"] > 0.7
    for gap in ("new facts", "changed facts"):
        assert closes.loc[gap, "prompt"] < 0.2 < 0.8 < closes.loc[gap, "retrieval"]
        assert lowest_rung(table, slack=0.1)[gap] == "retrieval"
    assert table.loc[("changed facts", "fine-tune"), "keeps"] < 0.75
    assert closes.loc["new facts, house format", "both"] > 0.75


@pytest.mark.parametrize("seed", range(2))
def test_tuned_weights_are_right_in_their_release_and_retrieval_in_all(seed):
    bench, releases = _bench(seed), read_defaults()
    tuned = tune_on_release(bench, releases["1.6.1"], np.random.default_rng(seed), replay=True)
    table = through_releases(bench, releases, {"as shipped": bench.small, "tuned": tuned})
    assert table["tuned"].idxmax() == "1.6.1" and table.loc["1.6.1", "tuned"] > 0.95
    # 21 of the 56 facts still change after 1.6.1, counted in the table of defaults
    assert table.loc["1.9.1", "tuned"] == pytest.approx(35 / 56, abs=0.08)
    assert table["retrieval"].min() > 0.85
    kept = bench.items(bench.others, bench.gaps["changed facts"], prompted=False, passages=False)
    assert accuracy(tuned, kept) > 0.9


def test_stale_share_agrees_with_simulated_changes():
    rng, rate, months, n = np.random.default_rng(9), 0.3, 4.0, 200_000
    stale = rng.exponential(1 / rate, n) < rng.uniform(0, months, n)
    expected = float(stale_share(rate, months))
    assert abs(stale.mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_constant_decisions_never_pass():
    for seed in range(100):
        cases = make_cases(np.random.default_rng([10, seed]), 600)
        products = make_failing_products(np.random.default_rng([11, seed]), 300)
        for scored, limit in ((cases, 0.0011), (products, 0.013)):
            costs = [case.costs for case in scored]
            assert min(relative_regret(costs, [d] * len(costs)) for d in costs[0]) > 5 * limit
    assert set(OPTIONS) == set(cases[0].costs)


@pytest.mark.parametrize("seed", range(4))
def test_over_all_facts_tuning_on_the_changed_ones_costs_more_than_it_brings(seed):
    bench = _bench(seed)
    items = bench.training_items(bench.gaps["changed facts"])
    rng = np.random.default_rng(seed)
    tuned = fine_tune(bench.small, items, rng, steps=150).model
    careful = fine_tune(bench.small, items, rng, steps=150, replay=bench.replay_items()).model
    grid = answer_grid(
        bench,
        {
            "closed-book": (bench.small, False),
            "retrieval": (bench.small, True),
            "fine-tuned": (tuned, False),
            "with replay": (careful, False),
        },
    )
    assert grid.attrs["n"] == {"changed": 56, "unchanged": 616, "says unknown": 60, "all facts": 672}
    assert grid.loc["fine-tuned", "changed"] > 0.95
    assert grid.loc["fine-tuned", "unchanged"] < 0.6
    everything = grid["all facts"]
    assert everything["fine-tuned"] < 0.65 < 0.9 < everything["closed-book"] < everything["with replay"]
    assert everything["retrieval"] > 0.98
    assert grid.loc["retrieval", "says unknown"] < grid.loc["closed-book", "says unknown"]


def test_over_all_facts_a_release_moves_little():
    bench, releases = _bench(0), read_defaults()
    tuned = tune_on_release(bench, releases["1.6.1"], np.random.default_rng(2), replay=True)
    table = through_releases(bench, releases, {"tuned": tuned}, only_changed=False)
    assert table.attrs["n"] == 672
    # 21 of 672 facts change after 1.6.1: 3.1 points
    assert 0.02 < table.loc["1.6.1", "tuned"] - table.loc["1.9.1", "tuned"] < 0.045
    assert table["retrieval"].min() > 0.98


@pytest.mark.parametrize("seed", range(4))
def test_the_tiny_model_follows_the_page_that_agrees_with_its_weights(seed):
    bench = _bench(seed)
    tuned = fine_tune(
        bench.small,
        bench.training_items(bench.gaps["changed facts"]),
        np.random.default_rng(seed),
        steps=150,
        replay=bench.replay_items(),
    ).model
    shipped, after = (
        with_old_page(bench, model, np.random.default_rng([12, seed]))["new value"] / 168
        for model in (bench.small, tuned)
    )
    assert shipped < 1 / 3 < after
