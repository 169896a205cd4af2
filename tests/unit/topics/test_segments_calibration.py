"""Calibration in lesson 03: one temperature, and thresholds by cost."""

import math

import numpy as np
import pytest
from sklearn.metrics import log_loss

from holdout.stats.calibration import (
    expected_calibration_error,
)
from holdout.topics.segments.calibration import (
    confidence_and_hits,
    cost_by_threshold,
    cost_threshold,
    cross_entropy,
    decision_cost,
    ece_limit_of_a_perfect_model,
    fit_temperature,
    overconfident_logits,
    temperature_softmax,
    temperature_standard_error,
)

# Forecasts of 0, of 1 and between, right and wrong.
FORECAST = np.array([0.0, 0.2, 0.2, 0.9, 1.0])
OUTCOME = np.array([1, 0, 0, 1, 0])


# -- Temperature
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


# -- Thresholds by cost
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


# -- What a perfect model may show
@pytest.mark.parametrize("options", [{"bins": 15}, {"bins": 10, "strategy": "equal_mass"}])
def test_a_perfect_model_exceeds_its_limit_in_five_percent_of_data_sets(options):
    forecast = np.random.default_rng(1).beta(1, 4, size=400)
    limit = ece_limit_of_a_perfect_model(forecast, np.random.default_rng(2), n_draws=4000, **options)
    rng = np.random.default_rng(3)
    draws = [
        expected_calibration_error((rng.random(400) < forecast).astype(int), forecast, **options)
        for _ in range(1000)
    ]
    # a share of 5% over 1,000 data sets, and a quantile from 4,000: four standard errors
    tolerance = 4 * math.sqrt(0.05 * 0.95 * (1 / 1000 + 1 / 4000))
    assert np.mean(np.array(draws) > limit) == pytest.approx(0.05, abs=tolerance)


def test_an_overconfident_model_lies_beyond_the_limit():
    rng = np.random.default_rng(4)
    truth = rng.beta(2, 2, size=2000)
    claimed = np.clip(1.4 * (truth - 0.5) + 0.5, 0, 1)
    outcomes = (rng.random(2000) < truth).astype(int)
    assert expected_calibration_error(outcomes, claimed) > ece_limit_of_a_perfect_model(claimed, rng)
    assert expected_calibration_error(outcomes, truth) < ece_limit_of_a_perfect_model(truth, rng)


def test_costs_of_many_thresholds_are_those_of_each_alone_with_ties():
    rng = np.random.default_rng(6)
    forecast, outcome = rng.integers(0, 11, 300) / 10, rng.integers(0, 2, 300)
    thresholds = np.r_[np.arange(0, 1.2, 0.1), 0.25]
    expected = [np.where(forecast >= t, 3, 10 * outcome).mean() for t in thresholds]
    assert cost_by_threshold(outcome, forecast, thresholds, action_cost=3, loss=10) == pytest.approx(expected)
