"""Claims of lesson e1: kappa and corrected rates as published, intervals that hold what they say on 100 seeds, recorded judges."""

import math

import numpy as np
import pytest

from holdout.topics.judging.answers import (
    LABELLED,
    answers,
    asked_verdicts,
    failures_of,
    pair_margins,
    scored_answers,
    verdicts,
)
from holdout.topics.judging.experiments import (
    INTERVALS,
    agreement,
    corrected_interval,
    corrected_rate,
    coverage,
    judge_rates,
    order_bias,
    reported_rate,
    simulated_intervals,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)


@pytest.mark.parametrize(("table", "kappa"), [((40, 9, 6, 45), 0.70), ((80, 10, 5, 5), 0.32)])
def test_feinstein_and_cicchetti_s_tables_have_their_kappas(table, kappa):
    found = agreement(np.repeat([1, 1, 0, 0], table), np.repeat([1, 0, 1, 0], table))
    assert found.agreement == 0.85
    assert abs(found.kappa - kappa) <= 0.005  # half a unit of the last printed digit


def test_the_corrected_prevalence_is_that_of_the_manual_of_epir():
    assert abs(100 * corrected_rate(23 / 150, 0.96, 0.89) - 5.1) <= 0.05


@pytest.mark.parametrize(
    ("rate", "tpr", "tnr", "judged", "labelled"),
    [
        (0.47, 0.97, 0.60, 282, 40),
        (0.47, 0.97, 0.60, 282, 400),
        (0.70, 0.70, 0.95, 1000, 120),
        (0.85, 0.9, 0.7, 500, 200),
    ],
)
def test_the_careful_interval_holds_the_truth_in_about_95_percent_of_studies(
    rate, tpr, tnr, judged, labelled
):
    draws = 2000
    found = []
    for seed in SEEDS:
        studies = simulated_intervals(
            rate, tpr, tnr, judged=judged, labelled=labelled, rng=np.random.default_rng(seed), draws=draws
        )
        found.append(coverage(studies[INTERVALS[2]], rate))
    # the method's own deviation is within 2.5 points (Lang and Reiczigel, 2014); four standard errors of 2,000 studies are 1.9 points
    assert 0.925 <= np.mean(found) <= 0.98
    assert min(found) > 0.925 - 4 * math.sqrt(0.95 * 0.05 / draws)


def test_an_interval_that_takes_the_rates_as_known_holds_it_in_six_of_ten_studies():
    draws = 2000
    for seed in SEEDS:
        studies = simulated_intervals(
            0.47, 0.97, 0.60, judged=282, labelled=40, rng=np.random.default_rng(seed), draws=draws
        )
        assert 0.5 < coverage(studies[INTERVALS[1]], 0.47) < 0.7, seed
        assert coverage(studies[INTERVALS[0]], 0.47) < 0.01, seed


def test_the_correction_is_right_on_average_where_labels_are_many():
    labelled = judged = 4000
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        right = rng.random(labelled) < 0.6
        says = np.where(right, rng.random(labelled) < 0.9, rng.random(labelled) < 0.3)
        rates = judge_rates(right, says)
        passed = rng.binomial(judged, reported_rate(0.6, 0.9, 0.7))
        found = corrected_interval(int(passed), judged, rates)
        # four standard errors: of the reported share, TPR and TNR, stretched by 1 / 0.6
        error = math.sqrt(0.66 * 0.34 / judged + 0.36 * 0.09 / 2400 + 0.16 * 0.21 / 1600) / 0.6
        assert abs(found.rate - 0.6) < 4.5 * error, seed


# ------------------------------------------------------------- the recorded model: one model, one run, n as stated


def test_the_judge_on_the_dashboard_reports_66_percent_where_47_are_right():
    rows = answers()
    says = verdicts(rows)["in the passage"]
    assert len(rows) == 322
    assert (round(says.mean(), 2), round(rows["right"].mean(), 2)) == (0.66, 0.47)
    rates = judge_rates(rows["right"], says)
    assert (round(rates.tpr, 2), round(rates.tnr, 2)) == (0.97, 0.60)


def test_the_correction_with_forty_labels_holds_the_true_rate_and_the_report_does_not():
    rows = answers()
    says, rest = verdicts(rows)["in the passage"], slice(LABELLED, None)
    found = corrected_interval(
        int(says[rest].sum()), len(rows) - LABELLED, judge_rates(rows["right"][:LABELLED], says[:LABELLED])
    )
    assert [round(one, 2) for one in found] == [0.45, 0.23, 0.68]
    assert found.low < rows["right"].mean() < found.high


def test_most_wrong_answers_say_none_and_the_judge_lets_types_through():
    rows = answers()
    kinds, says = failures_of(rows), verdicts(rows)["in the passage"]
    passed = says[kinds.index].groupby(kinds).agg(["sum", "size"])
    assert len(kinds) == 172
    assert tuple(passed.loc["says None where another value is documented"]) == (23, 104)
    assert tuple(passed.loc["names a type instead of a value"]) == (21, 22)


def test_the_first_place_decides_and_both_orders_show_a_preference():
    found = {
        kind: order_bias(rows["when_first"], rows["when_second"])
        for kind, rows in pair_margins().groupby("kind")
    }
    assert {one.pairs for one in found.values()} == {172}
    assert found["right and wrong"].first == 303
    assert (found["right and wrong"].preferred, found["short and long"].preferred) == (138, 127)
    assert min(one.low for one in found.values()) > 0.5


def test_asked_for_a_yes_the_model_hardly_ever_gives_one():
    single = asked_verdicts()
    assert single["says_yes"].mean() < 0.05


def test_three_examples_win_under_a_scorer_of_texts_and_not_under_one_of_values():
    scored = scored_answers().groupby("prompt").mean(numeric_only=True)
    assert scored.loc["plain", "equal text"] == 0 and scored.loc["examples 3", "equal text"] > 0.08
    assert abs(scored.loc["examples 3", "read as a value"] - scored.loc["plain", "read as a value"]) < 0.01
