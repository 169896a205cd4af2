"""Calibration: what ECE counts, what it counts wrongly, the Brier identity, one temperature, thresholds by
cost."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss

from holdout.stats.calibration import (
    brier_decomposition,
    brier_score,
    ece_of_a_perfect_model,
    expected_calibration_error,
    reliability_table,
)
from holdout.topics.segments.calibration import (
    confidence_and_hits,
    cost_threshold,
    cross_entropy,
    decision_cost,
    fit_temperature,
    overconfident_logits,
    temperature_softmax,
    temperature_standard_error,
)

# Five forecasts in three of four bins, unequal counts, over- and under-confident bins: nothing cancels.
FORECAST = np.array([0.0, 0.2, 0.2, 0.9, 1.0])
OUTCOME = np.array([1, 0, 0, 1, 0])
# By hand, bins of width 0.25: bin 0 forecasts 0.4/3, observes 1/3; bin 3 forecasts 0.95, observes 0.5.
ECE_BY_HAND = 3 / 5 * abs(0.4 / 3 - 1 / 3) + 2 / 5 * abs(0.95 - 0.5)


# --- ECE
# -----------------------------------------------------------------------------------------------------


def test_ece_by_hand():
    assert expected_calibration_error(OUTCOME, FORECAST, bins=4) == pytest.approx(ECE_BY_HAND, abs=1e-15)


def _unweighted(y, p):
    return np.abs(reliability_table(y, p, bins=4)["gap"]).mean()


def _signed(y, p):
    table = reliability_table(y, p, bins=4)
    return (table["rows"] * table["gap"]).sum() / len(y)


def _certain_forecast_in_a_bin_of_its_own(y, p):
    where = np.floor(p * 4).astype(int)  # 1.0 lands in a fifth bin
    return sum(abs((p - y)[where == b].sum()) for b in np.unique(where)) / len(y)


def _midpoints(y, p):
    table = reliability_table(y, p, bins=4)
    middle = (table["lower"] + table["upper"]) / 2
    return (table["rows"] * (middle - table["observed"]).abs()).sum() / len(y)


@pytest.mark.parametrize("wrong", [_unweighted, _signed, _certain_forecast_in_a_bin_of_its_own, _midpoints])
def test_tempting_versions_of_ece_are_told_apart_by_the_fixture(wrong):
    assert abs(wrong(OUTCOME, FORECAST) - ECE_BY_HAND) > 0.01


def test_equal_mass_bins_hold_equally_many_rows_and_never_split_a_tie():
    p = np.concatenate([np.full(50, 0.3), np.linspace(0.4, 0.9, 50)])
    table = reliability_table(np.zeros(100), p, bins=4, strategy="equal_mass")
    assert table["rows"].tolist() == [50, 25, 25]


def test_forecasts_that_are_all_equal_make_one_bin():
    table = reliability_table([1, 0, 0, 0], [0.4] * 4, bins=10, strategy="equal_mass")
    assert table[["rows", "forecast", "observed"]].to_numpy().tolist() == [[4, 0.4, 0.25]]


def test_reliability_table_counts_every_row_once():
    rng = np.random.default_rng(1)
    p = rng.beta(0.3, 0.3, size=400)  # many near 0 and 1, where an edge would be lost
    p[:3] = [0, 1, 0.5]
    for strategy in ("equal_width", "equal_mass"):
        assert reliability_table(np.zeros(400), p, bins=7, strategy=strategy)["rows"].sum() == 400


@pytest.mark.parametrize("count", [20, 33, 100])
def test_bias_formula_agrees_with_the_exact_mean_gap_of_a_binomial(count):
    # One bin in which every forecast is p: E|K/n - p| exactly. The half-normal replaces the binomial; by
    # Berry-Esseen the relative error is of order 1/(n p (1-p)), at most 1/(20 * 0.09 * ...) here; we allow
    # exactly that.
    for p in (0.1, 0.37, 0.5):
        k = np.arange(count + 1)
        exact = (np.abs(k / count - p) * stats.binom.pmf(k, count, p)).sum()
        formula = ece_of_a_perfect_model(np.full(count, p), bins=15)
        assert formula == pytest.approx(exact, rel=1 / (count * p * (1 - p)))


def test_bias_formula_by_hand():
    # Two bins, 3 and 2 rows: sum of (n_b/n) sqrt(2 v_b/(pi n_b)) with v_b the mean of p(1-p).
    low, high = (0.0 + 0.16 + 0.16) / 3, (0.09 + 0.0) / 2
    expected = 3 / 5 * math.sqrt(2 * low / (math.pi * 3)) + 2 / 5 * math.sqrt(2 * high / (math.pi * 2))
    assert ece_of_a_perfect_model(FORECAST, bins=2) == pytest.approx(expected, abs=1e-15)


def test_bias_grows_with_bins_and_falls_with_rows():
    rng = np.random.default_rng(2)
    p = rng.random(500)
    assert ece_of_a_perfect_model(p, bins=100) > 2 * ece_of_a_perfect_model(p, bins=15)
    more = ece_of_a_perfect_model(np.tile(p, 10), bins=15)
    assert more == pytest.approx(ece_of_a_perfect_model(p, bins=15) / math.sqrt(10), rel=1e-12)


@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        ([0, 1], [0.2, 1.2], "logits or percentages"),
        ([0, 2], [0.2, 0.3], "0 or 1"),
        ([0, 1], [0.2], "equally long"),
        ([], [], "not empty"),
        ([0, 1], [0.2, np.nan], "between 0 and 1"),
    ],
)
def test_bad_input_is_refused_with_its_reason(y, p, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(y, p)


def test_unknown_strategy_names_the_known_ones():
    with pytest.raises(ValueError, match="equal_mass"):
        reliability_table(OUTCOME, FORECAST, strategy="quantile")


# --- Brier
# ---------------------------------------------------------------------------------------------------


def _forecasts(rng, rows=300):
    p = rng.integers(0, 11, size=rows) / 10
    return (rng.random(rows) < 0.1 + 0.6 * p).astype(int), p


@pytest.mark.parametrize("seed", range(5))
def test_brier_identity_is_exact_for_distinct_forecasts(seed):
    y, p = _forecasts(np.random.default_rng(seed))
    assert brier_decomposition(y, p).score == pytest.approx(brier_score(y, p), abs=1e-12)


def test_brier_score_is_that_of_scikit_learn():
    y, p = _forecasts(np.random.default_rng(7))
    assert brier_score(y, p) == pytest.approx(brier_score_loss(y, p), abs=1e-15)


def test_wrong_brier_sums_miss_by_more_than_the_tolerance():
    y, p = _forecasts(np.random.default_rng(3))
    parts, score = brier_decomposition(y, p), brier_score(y, p)
    assert abs(parts.reliability + parts.resolution + parts.uncertainty - score) > 0.05
    values, group = np.unique(p, return_inverse=True)
    observed = np.bincount(group, weights=y) / np.bincount(group)
    unweighted = ((values - observed) ** 2).mean() - ((observed - y.mean()) ** 2).mean() + parts.uncertainty
    assert abs(unweighted - score) > 1e-9


def test_binning_continuous_forecasts_leaves_a_remainder():
    rng = np.random.default_rng(4)
    p = rng.random(2000)
    y = (rng.random(2000) < p).astype(int)
    table = reliability_table(y, p, bins=10)
    weight = table["rows"] / 2000
    binned = (
        (weight * table["gap"] ** 2).sum()
        - (weight * (table["observed"] - y.mean()) ** 2).sum()
        + y.mean() * (1 - y.mean())
    )
    assert abs(binned - brier_score(y, p)) > 1e-5


def test_base_rate_forecast_is_reliable_and_resolves_nothing():
    parts = brier_decomposition([1, 0, 0, 0, 1], [0.4] * 5)
    assert parts == pytest.approx((0, 0, 0.24), abs=1e-15)


# --- Temperature
# ---------------------------------------------------------------------------------------------


def test_temperature_is_recovered_within_four_standard_errors():
    logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(5))
    tolerance = 4 * temperature_standard_error(logits, 2.5)  # Fisher information, see its docstring
    assert fit_temperature(logits, labels) == pytest.approx(2.5, abs=tolerance)
    # ... and that tells 2.5 from "multiplied instead of divided" (0.4) and from "never fitted" (1).
    assert tolerance < 0.35


def test_standard_error_of_two_classes_is_that_of_logistic_regression():
    # Two classes with logits (d, 0): the variance of the logit is d^2 p (1-p), as in logistic regression on
    # d.
    d = np.array([0.5, -1.0, 3.0])
    p = 1 / (1 + np.exp(-d / 2))
    expected = 4 / math.sqrt((d**2 * p * (1 - p)).sum())
    assert temperature_standard_error(np.column_stack([d, 0 * d]), 2.0) == pytest.approx(expected, rel=1e-12)


def test_temperature_changes_no_predicted_class_at_all():
    logits, labels = overconfident_logits(3000, 7, 3.0, np.random.default_rng(6))
    before, after = temperature_softmax(logits), temperature_softmax(logits, fit_temperature(logits, labels))
    assert (before.argmax(axis=1) == after.argmax(axis=1)).all()
    assert (confidence_and_hits(before, labels)[1] == confidence_and_hits(after, labels)[1]).all()


def test_dividing_by_the_temperature_repairs_and_multiplying_makes_it_worse():
    logits, labels = overconfident_logits(4000, 5, 2.5, np.random.default_rng(8))

    def ece(temperature):
        confidence, hits = confidence_and_hits(temperature_softmax(logits, temperature), labels)
        return expected_calibration_error(hits, confidence)

    fitted = fit_temperature(logits, labels)
    assert ece(fitted) < 0.03 < 0.15 < ece(1.0) < ece(1 / fitted)


def test_tuning_accuracy_cannot_find_a_temperature():
    logits, labels = overconfident_logits(500, 4, 2.5, np.random.default_rng(9))
    scores = {
        t: (temperature_softmax(logits, t).argmax(axis=1) == labels).mean() for t in (0.5, 1.0, 2.5, 9.0)
    }
    assert len(set(scores.values())) == 1


def test_softmax_survives_huge_logits_at_a_small_temperature():
    p = temperature_softmax([[900.0, 10.0, -900.0]], 0.2)
    assert p.tolist() == [[1.0, 0.0, 0.0]]


def test_cross_entropy_is_log_loss():
    logits, labels = overconfident_logits(200, 3, 1.5, np.random.default_rng(10))
    assert cross_entropy(logits, labels, 1.7) == pytest.approx(
        log_loss(labels, temperature_softmax(logits, 1.7)), abs=1e-12
    )


def test_confidence_belongs_to_the_predicted_class_not_to_the_true_one():
    confidence, hits = confidence_and_hits([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], [1, 2])
    assert confidence.tolist() == [0.7, 0.6]
    assert hits.tolist() == [False, True]


def test_temperature_must_be_positive_and_shapes_must_fit():
    with pytest.raises(ValueError, match="positive"):
        temperature_softmax([[1.0, 2.0]], 0)
    with pytest.raises(ValueError, match="labels"):
        fit_temperature([[1.0, 2.0]], [0, 1])


# --- Thresholds by cost
# --------------------------------------------------------------------------------------


def test_threshold_is_where_both_decisions_cost_the_same():
    t = cost_threshold(3, 17)
    assert t == pytest.approx(0.15, abs=1e-15)
    assert (1 - t) * 3 == pytest.approx(t * 17, abs=1e-12)


@pytest.mark.parametrize(("name", "wrong"), [("inverted", 17 / 20), ("half", 0.5), ("ratio", 3 / 17)])
def test_tempting_thresholds_are_not_it(name, wrong):
    assert abs(cost_threshold(3, 17) - wrong) > 0.01, name


def test_decision_cost_by_hand():
    # act on 0.9 and 1.0: one false alarm (the 1.0), one miss (the 0.0): (3 + 17) / 5.
    assert decision_cost(OUTCOME, FORECAST, 0.5, false_alarm_cost=3, miss_cost=17) == 4.0


def test_a_forecast_on_the_threshold_is_acted_upon():
    assert decision_cost([0], [0.5], 0.5, false_alarm_cost=3, miss_cost=17) == 3.0


def test_on_calibrated_forecasts_the_cost_threshold_is_the_cheapest_in_expectation():
    # Exact expectation over outcomes: every forecast is its own probability.
    p = np.linspace(0.0025, 0.9975, 200)

    def expected(threshold):
        act = p >= threshold
        return np.where(act, 3 * (1 - p), 17 * p).mean()

    grid = np.linspace(0, 1, 101)
    assert expected(cost_threshold(3, 17)) <= min(expected(t) for t in grid) + 1e-12


def test_a_free_mistake_is_refused():
    with pytest.raises(ValueError, match="miss_cost"):
        cost_threshold(1, 0)
