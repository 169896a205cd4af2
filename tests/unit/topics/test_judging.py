"""Who judges the judge: rates, kappa and corrected rates are the published ones; cases hold what they say."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from holdout.topics.judging import answers, cases
from holdout.topics.judging.experiments import (
    INTERVALS,
    JudgeRates,
    agreement,
    agreement_of_rates,
    corrected_interval,
    corrected_rate,
    coverage,
    judge_rates,
    kappa_interval,
    order_bias,
    reported_rate,
    simulated_intervals,
)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def of_table(both, only_first, only_second, neither):
    counts = [both, only_first, only_second, neither]
    return np.repeat([1, 1, 0, 0], counts), np.repeat([1, 0, 1, 0], counts)


def test_kappa_is_that_of_scikit_learn(rng):
    first, second = rng.integers(0, 2, (2, 200))
    assert agreement(first, second).kappa == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_the_same_agreement_is_another_kappa_where_one_label_is_rare():
    common, rare = agreement(*of_table(40, 9, 6, 45)), agreement(*of_table(80, 10, 5, 5))
    assert common.agreement == rare.agreement == 0.85
    assert (round(common.kappa, 2), round(rare.kappa, 2)) == (0.70, 0.32)


def test_kappa_is_not_defined_where_both_say_the_same_of_everything():
    assert math.isnan(agreement([1, 1], [1, 1]).kappa)


def test_a_judge_that_passes_everything_has_no_agreement_beyond_chance():
    assert agreement_of_rates(0.9, 1.0, 0.0).kappa == 0
    assert agreement([1, 1, 1, 0], [1, 1, 1, 1]).kappa == 0


def test_agreement_from_rates_is_that_of_a_table():
    labels, verdicts = of_table(80, 10, 5, 5)
    rates = judge_rates(labels, verdicts)
    assert agreement_of_rates(0.9, rates.tpr, rates.tnr) == pytest.approx(agreement(labels, verdicts))


def test_a_bootstrap_interval_of_kappa_holds_it_and_shrinks_with_items(rng):
    few, many = of_table(8, 2, 1, 9), of_table(80, 20, 10, 90)
    low, high = kappa_interval(*few, rng)
    narrow = kappa_interval(*many, rng)
    assert low < agreement(*few).kappa < high
    assert narrow[1] - narrow[0] < (high - low) / 2


def test_labels_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="one label for each"):
        agreement([1, 0], [1])


def test_rates_are_counted_on_right_and_on_wrong_answers_apart():
    assert judge_rates([1, 1, 1, 0, 0], [1, 1, 0, 0, 1]) == JudgeRates(3, 2, 2, 1)
    assert math.isnan(judge_rates([1, 1], [1, 0]).tnr)


def test_the_correction_undoes_what_the_judge_does():
    for rate in (0.1, 0.5, 0.95):
        assert corrected_rate(reported_rate(rate, 0.9, 0.6), 0.9, 0.6) == pytest.approx(rate)


def test_the_correction_is_that_of_the_published_example():
    # 23 of 150 cows test positive; sensitivity 96%, specificity 89%: 5.1 in 100 (documentation of epiR, epi.prev)
    assert round(100 * corrected_rate(23 / 150, 0.96, 0.89), 1) == 5.1


def test_no_correction_rescues_a_judge_that_is_no_better_than_chance():
    assert math.isnan(corrected_rate(0.5, 0.5, 0.5))
    useless = corrected_interval(50, 100, JudgeRates(20, 10, 20, 10))
    assert math.isnan(useless.rate) and useless[1:] == (0, 1)


def test_with_a_perfect_judge_and_many_labels_the_interval_is_nearly_that_of_the_share():
    found = corrected_interval(300, 1000, JudgeRates(10**6, 10**6, 10**6, 10**6))
    assert found.rate == pytest.approx(0.3)
    assert found[1:] == pytest.approx((0.2724, 0.3291), abs=2e-4)  # Wilson's, with the same added rows


def test_an_interval_without_labels_of_one_kind_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        corrected_interval(50, 100, JudgeRates(20, 18, 0, 0))


def test_only_the_interval_that_carries_both_rates_holds_the_truth_as_often_as_it_says(rng):
    studies = simulated_intervals(0.47, 0.97, 0.60, judged=282, labelled=40, rng=rng, draws=4000)
    found = {name: coverage(studies[name], 0.47) for name in INTERVALS}
    assert found["reported"] < 0.01
    assert found["corrected, rates taken as known"] < 0.7
    assert 0.93 < found["corrected, rates uncertain"] < 0.98


def test_simulated_limits_are_those_of_one_study():
    studies = simulated_intervals(
        0.5, 0.9, 0.8, judged=200, labelled=60, rng=np.random.default_rng(3), draws=1
    )
    rng = np.random.default_rng(3)
    right = int(rng.binomial(60, 0.5, 1)[0])
    passed_right, failed_wrong = int(rng.binomial([right], 0.9)[0]), int(rng.binomial([60 - right], 0.8)[0])
    passed = int(rng.binomial(200, reported_rate(0.5, 0.9, 0.8), 1)[0])
    one = corrected_interval(passed, 200, JudgeRates(right, passed_right, 60 - right, failed_wrong))
    low, high = studies["corrected, rates uncertain"]
    assert (low[0], high[0]) == pytest.approx(one[1:])


def test_place_and_preference_are_counted_apart():
    found = order_bias([1.0, 2.0, -1.0, 0.5], [-0.5, -3.0, -2.0, 0.5])
    assert (found.pairs, found.first, found.consistent, found.preferred) == (4, 6, 2, 2)


# -------------------------------------------------------------------------------------------------- recorded answers


def test_the_answers_are_the_recorded_ones_and_their_order_is_always_the_same():
    found = answers.answers()
    assert len(found) == 322 and found.index.is_unique
    assert found.index.equals(answers.answers().index)
    assert found["right"].sum() == 150
    assert found["confidence"].between(0, 1).all()


@pytest.mark.parametrize(
    ("answer", "passage", "stands"),
    [
        ("None", "cv : int, default=None", True),
        ("100", "eps : float, default=1000", False),
        ("l2", "penalty : {'l1', 'l2'}", True),
        ("none", "default=None", False),
        ("", "default=None", False),
        ("1.0", "default=1.0", True),
    ],
)
def test_an_answer_stands_in_a_passage_as_whole_words(answer, passage, stands):
    assert answers.stands_in(answer, passage) is stands


def test_judges_without_labels_give_one_verdict_an_answer():
    rows = answers.answers()
    found = answers.verdicts(rows, confidence=0.6)
    assert found.index.equals(rows.index) and found["passes everything"].all()
    assert found["confident"].sum() == (rows["confidence"] >= 0.6).sum()


@pytest.mark.parametrize(
    ("scorer", "answer", "value", "passes"),
    [
        (answers.strict_scorer, "1e-4", "0.0001", False),
        (answers.contains_scorer, "The default is not 10 but 3.", "10", True),
        (answers.number_scorer, "2", "l2", True),
        (answers.number_scorer, "1.0", "1e-06", True),
        (answers.number_scorer, "200", "200_000", True),
    ],
)
def test_each_simple_scorer_is_wrong_in_its_own_way(scorer, answer, value, passes):
    assert scorer(answer, value) is passes


def test_a_cut_takes_answers_from_sentences_and_none_from_values():
    whole, cut = answers.scored_answers(), answers.scored_answers(words=8)
    right = {
        name: table.groupby("prompt")["read as a value"].sum()
        for name, table in (("whole", whole), ("cut", cut))
    }
    assert right["cut"]["plain"] == 0 < right["whole"]["plain"]
    assert right["cut"]["examples 3"] == right["whole"]["examples 3"]


# -------------------------------------------------------------------------------------------------------------- cases


def test_a_release_case_is_possible_and_its_costs_follow_from_the_evidence(rng):
    for _ in range(200):
        evidence, costs = cases.trust_case(rng)
        assert 0 <= evidence["passed_right"] <= evidence["right"] and evidence["right"] >= 25
        assert 0 <= evidence["failed_wrong"] <= evidence["wrong"] and evidence["wrong"] >= 25
        assert 0 <= evidence["passed"] <= evidence["judged"]
        assert set(costs) == set(cases.TRUST) and min(costs.values()) >= 0
        assert costs["label"] == evidence["price_of_labels"]


def test_with_much_evidence_the_costs_are_those_of_the_corrected_rate(rng):
    evidence = {
        "right": 10**6, "passed_right": 9 * 10**5, "wrong": 10**6, "failed_wrong": 8 * 10**5,
        "passed": 55 * 10**4, "judged": 10**6, "bar": 0.7, "cost_per_point": 2.0, "price_of_labels": 1.0,
    }  # fmt: skip
    # (0.55 + 0.8 - 1) / 0.7 = 0.5, twenty points below the bar
    assert cases.posterior_costs(evidence, rng) == pytest.approx({"ship": 40, "wait": 0, "label": 1}, abs=0.3)
    assert cases.expected_costs(0.5, 0.001, evidence) == pytest.approx({"ship": 40, "wait": 0, "label": 1})


def test_a_case_of_two_models_says_which_is_better_by_its_costs(rng):
    seen = set()
    for _ in range(200):
        evidence, costs = cases.winner_case(rng)
        seen.add(min(costs, key=costs.get))
        assert (
            evidence["a_first_wins"] <= evidence["a_first"] and evidence["padded_wins"] <= evidence["padded"]
        )
        assert all(0 <= cost <= max(evidence["false_winner"], evidence["missed"]) for cost in costs.values())
    assert seen == set(cases.WINNERS)
