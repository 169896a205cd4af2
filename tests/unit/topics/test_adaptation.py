"""What lesson 07 measures and prices: questions are not trained on, prices add up, policies can be told apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from holdout.checks.judges import relative_regret
from holdout.lm import load, open_book, read_defaults
from holdout.lm.adapt import fine_tune
from holdout.topics.adaptation.bill import (
    BREACHES,
    INTERVALS,
    PRICES,
    RULES,
    monthly_bill,
    monthly_costs,
    stale_share,
    token_costs,
)
from holdout.topics.adaptation.cases import FIXES, after_fix, make_cases, make_failing_products
from holdout.topics.adaptation.experiments import (
    OPTIONS,
    AdaptationBenchmark,
    accuracy,
    answer_grid,
    climb,
    lowest_rung,
    shorten_names,
    through_releases,
    with_old_page,
)
from holdout.topics.adaptation.judges import memo_follows_numbers

CASE = {
    "accuracies": dict.fromkeys(OPTIONS, 0.9),
    "tokens": dict.fromkeys(OPTIONS, 1.0),
    "facts": True,
    "examples": 300,
    "price_of_wrong": 0.1,
}


@pytest.fixture(scope="module")
def bench():
    return AdaptationBenchmark(open_book(), load("M"), load("L"), np.random.default_rng(0), n=12)


def test_a_question_that_judges_a_form_is_not_trained_on(bench):
    for name in ("a known format", "a house format"):
        gap = bench.gaps[name]
        judged = {situation.key for situation in gap.situations}
        for item in bench.training_items(gap):
            assert not any(set(key) <= set(item.prompt.split()) for key in judged)


def test_an_example_of_reading_holds_its_answer(bench):
    gap = bench.gaps["new facts, house format"]
    items = [item for item in bench.training_items(gap, with_passages=True) if "unknown" not in item.answer]
    assert all(item.answer.split()[3] in item.prompt.split() for item in items)


def test_every_gap_is_asked_with_and_without_passages(bench):
    for gap in bench.gaps.values():
        closed = bench.items(gap.situations, gap, prompted=False, passages=False)
        opened = bench.items(gap.situations, gap, prompted=False, passages=True)
        assert [item.answer for item in closed] == [item.answer for item in opened]
        assert all("<documents>" not in item.prompt for item in closed)
        assert all(len(o.prompt) > len(c.prompt) for o, c in zip(opened, closed, strict=True))


def test_a_ladder_has_six_rungs(bench):
    table = climb(bench, np.random.default_rng(0), replay=False, gaps=("changed facts",))
    assert len(table) == 6
    shares = table[["closes", "keeps", "says unknown"]]
    assert ((shares >= 0) & (shares <= 1)).all(axis=None)
    # each rung trains or does not, and the table says so
    assert (table["cpu seconds"] > 0).sum() == 2


def test_weights_stay_where_they_are_while_releases_move(bench):
    releases = read_defaults()
    table = through_releases(
        bench, {name: releases[name] for name in ("0.24.2", "1.9.1")}, {"as shipped": bench.small}
    )
    assert table.loc["0.24.2", "as shipped"] > 0.9
    assert table.loc["1.9.1", "as shipped"] == 0.0
    assert table["retrieval"].min() > 0.85


def test_a_grid_counts_every_fact_once(bench):
    grid = answer_grid(bench, {"closed-book": (bench.small, False)})
    row, n = grid.loc["closed-book"], grid.attrs["n"]
    assert (n["changed"], n["unchanged"], n["all facts"]) == (56, 616, 672)
    assert row["changed"] == 0.0 and row["unchanged"] > 0.99
    assert row["all facts"] == pytest.approx((56 * row["changed"] + 616 * row["unchanged"]) / 672)


def test_two_pages_are_asked_about_as_often_as_was_said(bench):
    counts = with_old_page(bench, bench.small, np.random.default_rng(0), repeats=2)
    assert counts.sum() == 2 * 56
    assert counts["old value"] > counts["new value"]  # the weights hold the old values


def test_all_facts_move_less_than_those_that_were_chosen_because_they_change(bench):
    releases = read_defaults()
    two = {name: releases[name] for name in ("0.24.2", "1.9.1")}
    few, everything = (
        through_releases(bench, two, {"as shipped": bench.small}, only_changed=only) for only in (True, False)
    )
    assert (few.attrs["n"], everything.attrs["n"]) == (56, 672)
    assert few.loc["1.9.1", "as shipped"] == 0.0
    assert everything.loc["1.9.1", "as shipped"] == pytest.approx(616 / 672, abs=0.01)


PRICE_LIST = {"small": (0.15, 0.60), "small, fine-tuned": (0.30, 1.20), "stronger": (2.50, 10.00)}


def test_the_rate_of_change_counts_all_defaults_and_not_those_that_were_chosen_to_train_on():
    """The model was trained on every default that changed and on a part of the others: 8 of 100, where 4 of 100 changed."""
    old, new, book = read_defaults()["0.24.2"], read_defaults()["1.9.1"], open_book("0.24.2", "1.9.1")
    shared = [fact for fact in old if fact in new]
    moved = {fact for fact in shared if old[fact] != new[fact]}
    assert moved == set(book.changed) and (len(moved), len(shared)) == (56, 1512)
    assert round(len(moved) / len(shared) / 60, 4) == 0.0006
    assert len(moved) / (len(book.changed) + len(book.stable)) > 2 * len(moved) / len(shared)


def test_replay_keeps_what_is_replayed_better_than_the_rest():
    """What lesson 07 says of replay: the facts that are kept are those that were mixed in."""
    model, book = load("M"), open_book("0.24.2", "1.9.1")
    bench = AdaptationBenchmark(book, model, model, np.random.default_rng(70))
    half = [*book.stable[::2]]
    tuned = fine_tune(
        model,
        bench.training_items(bench.gaps["changed facts"]),
        np.random.default_rng(1),
        steps=150,
        replay=[*bench.make.closed("replay", half, book.old)],
    ).model
    replayed, others = (
        accuracy(tuned, [*bench.make.closed("kept", keys, book.old)]) for keys in (half, book.stable[1::2])
    )
    assert replayed > 0.95 and others < replayed - 0.04


def test_an_answer_costs_what_the_price_list_says():
    costs = token_costs(PRICE_LIST, dict.fromkeys(OPTIONS, 1000), 100)
    assert costs["retrieval"] == pytest.approx((0.15 * 1000 + 0.60 * 100) / 1e6)
    assert costs["both"] == costs["fine-tune"] == pytest.approx(2 * costs["prompt"])
    assert costs["stronger model"] == pytest.approx((2.5 * 1000 + 10 * 100) / 1e6)
    with pytest.raises(ValueError, match="stronger"):
        token_costs({"small": (1, 1), "small, fine-tuned": (1, 1)}, dict.fromkeys(OPTIONS, 1), 1)
    with pytest.raises(ValueError, match="negative"):
        token_costs(PRICE_LIST | {"small": (-1, 1)}, dict.fromkeys(OPTIONS, 1), 1)


def test_a_price_list_takes_the_place_of_lengths():
    prices = replace(PRICES, question=1.0, stronger=1.0)
    costs = token_costs(PRICE_LIST, dict.fromkeys(OPTIONS, 1000), 100)
    bill = monthly_bill(1000, 0.0, **(CASE | {"tokens": costs, "prices": prices}))
    for option, parts in bill.items():
        assert float(parts["answering"]) == pytest.approx(1000 * costs[option])


def _table(values):
    index = pd.MultiIndex.from_tuples([("gap", rung) for rung in values], names=["gap", "rung"])
    return pd.DataFrame(list(values.values()), index=index, columns=["closes", "keeps", "says unknown"])


def test_the_lowest_rung_is_the_first_that_is_good_enough():
    table = _table(
        {
            "ask plainly": (0.2, 1, 0.7),
            "prompt": (0.9, 0.9, 0.6),
            "retrieval": (0.93, 1, 0.5),
            "fine-tune": (1, 0.4, 0),
        }
    )
    assert lowest_rung(table) == {"gap": "prompt"}
    assert lowest_rung(table, slack=0.0) == {"gap": "retrieval"}
    assert lowest_rung(table, slack=0.0, unknown=0.55) == {"gap": "prompt"}
    assert lowest_rung(table, unknown=0.9) == {"gap": None}
    assert lowest_rung(table, unknown=0.7) == {"gap": None}  # asking plainly closes too little to count
    assert lowest_rung(table, unknown=0.7, closes=0.1) == {"gap": "ask plainly"}


def test_breaking_the_rest_does_not_count_as_closing():
    assert lowest_rung(_table({"retrieval": (0.8, 1, 0.5), "fine-tune": (1, 0.4, 0.5)})) == {
        "gap": "retrieval"
    }


def test_a_rung_whose_facts_age_does_not_count_where_facts_change():
    table = _table({"retrieval": (0.6, 1, 0.5), "fine-tune": (1, 1, 0.5), "both": (0.9, 0.9, 0.5)})
    assert lowest_rung(table) == {"gap": "fine-tune"}
    assert lowest_rung(table, ageing={("gap", "fine-tune")}) == {"gap": "both"}
    assert lowest_rung(table, ageing={("another gap", "fine-tune")}) == {"gap": "fine-tune"}


def test_stale_share_is_the_mean_of_the_exponential():
    t = np.linspace(0, 3, 300_001)
    assert stale_share(0.4, 3.0) == pytest.approx(np.mean(1 - np.exp(-0.4 * t)), abs=1e-5)
    assert stale_share(0.0, 6.0) == 0.0
    assert stale_share(1e-8, 1.0) == pytest.approx(5e-9)
    # both branches meet
    assert stale_share(0.99e-6, 1.0) == pytest.approx(stale_share(1.01e-6, 1.0), rel=0.03)
    with pytest.raises(ValueError, match="months"):
        stale_share(0.1, 0.0)


def test_the_bill_of_a_plain_case_by_hand():
    bill = monthly_bill(1000, 0.0, **(CASE | {"facts": False, "examples": 100}))
    assert bill["retrieval"] == {
        "answering": pytest.approx(0.5),
        "wrong answers": pytest.approx(10.0),
        "building and upkeep": 650.0,
        "examples and tuning": 0.0,
        "fines": 0.0,
    }
    assert bill["fine-tune"]["examples and tuning"] == pytest.approx(200 * 15 / 12)
    assert bill["stronger model"]["answering"] == pytest.approx(3.0)


def test_tuning_again_at_the_cheapest_interval():
    questions, rate = 200_000, 0.1
    bill = monthly_bill(questions, rate, **CASE)["fine-tune"]
    got = bill["wrong answers"] + bill["examples and tuning"]
    by_hand = min(
        800 / months + questions * 0.1 * (1 - 0.9 * (1 - float(stale_share(rate, months))))
        for months in INTERVALS
    )
    assert got == pytest.approx(by_hand)


def test_only_weights_go_stale():
    still, moving = monthly_costs(1e5, 0.0, **CASE), monthly_costs(1e5, 0.5, **CASE)
    assert moving["fine-tune"] > still["fine-tune"]
    assert all(moving[option] == still[option] for option in OPTIONS if option != "fine-tune")
    form = CASE | {"facts": False}
    assert monthly_costs(1e5, 0.5, **form)["fine-tune"] == monthly_costs(1e5, 0.0, **form)["fine-tune"]


@pytest.mark.parametrize("rule", RULES)
def test_a_breach_is_fined_and_nothing_else(rule):
    free, bound = monthly_costs(1e4, 0.1, **CASE), monthly_costs(1e4, 0.1, **CASE, rule=rule)
    for option in OPTIONS:
        assert bound[option] == (np.inf if option in BREACHES[rule] else free[option])


def test_a_form_holds_nothing_to_delete_and_a_reader_may():
    form = CASE | {"facts": False, "rule": "delete on request"}
    assert monthly_costs(1e4, 0.1, **form)["fine-tune"] < np.inf
    knows = CASE | {"reader_knows": True, "rule": "delete on request"}
    assert monthly_costs(1e4, 0.1, **knows)["both"] == np.inf


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="'gdpr'"):
        monthly_costs(1e4, 0.1, **CASE, rule="gdpr")


def test_costs_over_a_map_are_those_of_its_points():
    grid = monthly_costs(np.array([[1e3, 1e3], [1e6, 1e6]]), np.array([[0.01, 0.5]] * 2), **CASE)
    for option in OPTIONS:
        assert grid[option][1, 1] == pytest.approx(float(monthly_costs(1e6, 0.5, **CASE)[option]))


def test_every_option_is_best_somewhere_among_the_cases():
    cases = make_cases(np.random.default_rng(0), 300)
    best = [min(case.costs, key=case.costs.get) for case in cases]
    assert set(best) == set(OPTIONS)
    assert max(best.count(option) for option in OPTIONS) < 0.6 * len(best)


def test_tuning_on_facts_wins_mostly_where_facts_hardly_change():
    cases = make_cases(np.random.default_rng(1), 600)
    won = [
        case.evidence["change_rate"]
        for case in cases
        if case.evidence["gap"] != "form" and min(case.costs, key=case.costs.get) == "fine-tune"
    ]
    slow = [rate for rate in won if rate <= 0.01]
    assert len(slow) > 60
    # 40 of 109 measured, four standard errors of that share are 0.19; by the rates alone 53% would be fast
    assert len(won) - len(slow) < 0.56 * len(won)


def test_a_missing_example_costs_what_the_case_says():
    cases = [case for case in make_cases(np.random.default_rng(2), 200) if case.evidence["examples"] < 300]
    assert {case.evidence["label"] for case in cases} == {5, 40, 200}
    dear = [case.costs["both"] for case in cases if case.evidence["label"] == 200]
    cheap = [case.costs["both"] for case in cases if case.evidence["label"] == 5]
    assert np.mean(dear) > np.mean(cheap)


def test_every_fix_is_best_somewhere_among_the_patients():
    products = make_failing_products(np.random.default_rng(0), 300)
    best = [min(case.costs, key=case.costs.get) for case in products]
    assert set(best) == set(FIXES)
    costs = [case.costs for case in products]
    assert relative_regret(costs, best) == 0.0


def test_what_a_fix_changes():
    rate = {
        "memory": 0.2,
        "found": 0.5,
        "reading": 0.9,
        "form": 0.8,
        "reading, stronger": 0.95,
        "form, stronger": 0.9,
    }
    assert after_fix(rate, True, "leave") == pytest.approx((0.5 * 0.9 + 0.5 * 0.2) * 0.8)
    assert after_fix(rate, False, "leave") == pytest.approx(0.2 * 0.8)
    assert after_fix(rate, False, "add retrieval") == after_fix(rate, True, "leave")
    assert after_fix(rate, True, "fix the search") == pytest.approx((0.97 * 0.9 + 0.03 * 0.2) * 0.8)
    assert after_fix(rate, True, "fine-tune") == pytest.approx((0.5 * 0.9 + 0.5 * 0.2) * 0.96)
    assert after_fix(rate, False, "fix the search") == after_fix(rate, False, "leave")


def test_a_shortened_query_keeps_a_word():
    query = "max_depth of RandomForestClassifier ?"
    assert shorten_names(query, 0, np.random.default_rng(0)) == "max depth of random forest classifier"
    assert len(shorten_names(query, 4, np.random.default_rng(0)).split()) == 2
    assert len(shorten_names(query, 99, np.random.default_rng(0)).split()) == 1


MEASURED = {"retrieval": 0.983, "fine-tune": 1.0, "kept after tuning": 0.474}


@pytest.mark.parametrize(
    ("memo", "label"),
    [
        ("I advise against fine-tuning: retrieval 98 %, it keeps 47.4 % only.", ""),
        ("Do not fine-tune. Retrieval reaches 98.3 %; after tuning 47 % are kept.", ""),
        ("I advise against fine-tuning: retrieval 98 percent, it keeps 47 per cent.", ""),
        ("I advise against fine-tuning: retrieval 95 %, it keeps 47 %.", "typed number"),
        ("I advise against fine-tuning: retrieval 95 percent, it keeps 47 %.", "typed number"),
        ("I advise against fine-tuning: retrieval 98 %.", "missing"),
        ("I advise against fine-tuning.", "no numbers"),
        ("Retrieval 98 %, kept 47 %.", "no decision"),
        (None, "not a text"),
    ],
)
def test_a_memo_states_what_was_measured(memo, label):
    verdict = memo_follows_numbers(
        {"inputs": {"measured": MEASURED}}, memo, {"state": ["retrieval", "kept after tuning"]}
    )
    assert (verdict.label, verdict.score) == (label, float(not label))


FOUR = {"retrieval": 0.96, "fine-tuned": 1.0, "kept": 0.47, "next release": 0.62}
STATED = "Retrieval reaches 96 %, tuning 100 %. Of the other facts 47 % are kept, in the next release 62 % are right."


@pytest.mark.parametrize(
    ("advice", "label"),
    [
        ("There is no reason not to fine-tune, and I recommend it.", "advises for it"),
        ("Nothing speaks against fine-tuning.", "advises for it"),
        ("I would not advise against fine-tuning.", "advises for it"),
        ("I recommend fine-tuning, retrieval is not enough.", "advises for it"),
        ("So why not fine-tune?", "advises for it"),
        ("No, we should not fine-tune.", ""),
        ("I recommend retrieval and not fine-tuning.", ""),
        ("I do not recommend fine-tuning.", ""),
        ("I can't recommend to fine-tune.", ""),
        ("We recommend not to fine-tune, because it does not keep the other facts.", ""),
        ("There are reasons against fine-tuning, and no reason for it.", ""),
        ("I advise against fine-tuning here, and would recommend fine-tuning for a style.", ""),
        ("Fine-tuning is not worth it.", ""),
    ],
)
def test_an_advice_is_not_its_own_opposite(advice, label):
    verdict = memo_follows_numbers({"inputs": {"measured": FOUR}}, f"{advice} {STATED}", {"state": [*FOUR]})
    assert verdict.label == label


@pytest.mark.parametrize(
    ("numbers", "label"),
    [
        (
            "Of the other facts 62 % are right after tuning, and of the next release 47 %; retrieval 96 %, tuned 100 %.",
            "exchanged",
        ),
        ("With retrieval 100 % are right, with tuning 96 %. Kept 47 %, next release 62 %.", "exchanged"),
        ("Other facts: 62 %; next release: 47 %; retrieval 96 % against 100 %.", "exchanged"),
        (
            "With retrieval 96 % are right, with tuning 100 %. Of the other facts, 62 % are still right. In the next release, 47 %.",
            "exchanged",
        ),
        ("Other facts: 47 %; next release: 62 %; retrieval 96 % against 100 %.", ""),
        ("Kept and next release: 47 % and 62 %; retrieval and tuning: 96 % and 100 %.", ""),
        (
            "Tuned for the next release, 47 % of what it knew is left. A model tuned earlier gets 62 %; retrieval 96 %, tuning 100 %.",
            "",
        ),
        (
            "It would reach 100 %, and retrieval has 96 % without training. 47 % remain, 62 % one release later.",
            "",
        ),
    ],
)
def test_numbers_stand_beside_their_own_names(numbers, label):
    memo = f"I advise against fine-tuning. {numbers}"
    verdict = memo_follows_numbers({"inputs": {"measured": FOUR}}, memo, {"state": [*FOUR]})
    assert verdict.label == label
