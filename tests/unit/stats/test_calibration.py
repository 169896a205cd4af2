"""Calibration: what ECE counts, what it counts wrongly, and the Brier identity."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss

from holdout.stats.calibration import (
    brier_decomposition,
    brier_score,
    ece_of_a_perfect_model,
    expected_calibration_error,
    reliability_table,
)

# Five forecasts in three of four bins, unequal counts, over- and under-confident bins: nothing cancels.
FORECAST = np.array([0.0, 0.2, 0.2, 0.9, 1.0])
OUTCOME = np.array([1, 0, 0, 1, 0])
# By hand, bins of width 0.25: bin 0 forecasts 0.4/3, observes 1/3; bin 3 forecasts 0.95, observes 0.5.
ECE_BY_HAND = 3 / 5 * abs(0.4 / 3 - 1 / 3) + 2 / 5 * abs(0.95 - 0.5)


# -- ECE
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


# -- Brier
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
