"""Drift: scores with a null, known causes, repairs, and what watching costs."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from holdout.topics.drift.cases import CAUSES, draw_parcels, evidence, parcel_pool
from holdout.topics.drift.experiments import (
    alarm_cost,
    bin_counts,
    correct_forecast,
    cusum,
    delay_and_false_alarms,
    effective_sample_size,
    expected_psi,
    gaussian_density_ratio,
    label_shift_weights,
    operating_point,
    psi,
    psi_edges,
    psi_threshold,
)


def test_a_new_customer_moves_the_weight_and_no_distance():
    rng = np.random.default_rng(3)
    before = draw_parcels(parcel_pool(), "nothing", 0.0, 5_000, rng)
    psi = evidence(
        before, draw_parcels(parcel_pool(), "covariate", 0.3, 5_000, rng, way="weight"), labelled=10
    )["psi"]
    assert psi["weight_kg"] > 0.2 > 0.02 > psi["distance_km"]


def test_psi_reproduces_the_published_example():
    base, later = [253, 302, 204, 134, 72, 26, 8], [177, 262, 285, 158, 88, 25, 6]
    edges = np.arange(1, 7)
    value = psi(np.repeat(range(7), base), np.repeat(range(7), later), edges)
    assert value == pytest.approx(0.0677, abs=5e-5)
    assert psi_threshold(999, 1001, 7, 0.05) == pytest.approx(0.0252, abs=5e-5)
    p = stats.chi2.sf(value / (1 / 999 + 1 / 1001), 6)
    assert p == pytest.approx(7.2e-6, abs=5e-8)


def test_the_law_needs_many_rows_in_each_bin():
    """With 5 rows per bin nearly twice as many quiet windows pass the limit as it says, with 20 a few more."""
    rng, windows = np.random.default_rng(0), 20_000
    share = {}
    for rows in (50, 200):
        counts = rng.multinomial(rows, np.full(10, 0.1), size=(windows, 2))
        r, c = np.moveaxis(np.maximum(counts, 0.5) / rows, 1, 0)
        share[rows] = np.mean(np.sum((c - r) * np.log(c / r), axis=1) > psi_threshold(rows, rows, 10, 0.05))
    error = 4 * np.sqrt(0.1 * 0.9 / windows)
    assert abs(share[50] - 0.093) < error and abs(share[200] - 0.059) < error


def test_psi_is_symmetric_and_zero_for_equal_shares():
    one, other = np.arange(100.0), np.r_[np.arange(60.0), np.arange(40.0)]
    edges = psi_edges(one, 5)
    assert psi(one, other, edges) == pytest.approx(psi(other, one, edges), rel=1e-12)
    assert psi(one, np.repeat(one, 3), edges) == pytest.approx(0.0, abs=1e-15)


def test_bins_are_open_at_both_ends_and_own_their_lower_edge():
    assert bin_counts([-100, 0, 1, 2, 2.5, 100], np.array([1.0, 2.0])).tolist() == [2, 1, 3]


def test_an_empty_bin_counts_as_half_a_row():
    edges = np.array([0.5])
    expected = (0.5 / 4 - 0.5) * math.log((0.5 / 4) / 0.5) + (1 - 0.5) * math.log(1 / 0.5)
    assert psi([0, 0, 1, 1], [1, 1, 1, 1], edges) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: psi([], [1.0], np.array([0.5])), "empty"),
        (lambda: psi_edges([1.0, np.nan]), "1 missing"),
        (lambda: psi_edges([1.0, 2.0], 1), "at least 2"),
        (lambda: psi_threshold(10, 10, 5, 0.0), "between 0 and 1"),
        (lambda: draw_parcels(parcel_pool(), "ghosts", 0.5, 10, np.random.default_rng(0)), "no cause"),
        (
            lambda: draw_parcels(parcel_pool(), "covariate", 0, 10, np.random.default_rng(0), way="grams"),
            "no way 'grams' to shift",
        ),
        (
            lambda: draw_parcels(parcel_pool(), "nothing", 0, 10, np.random.default_rng(0), way="rust"),
            "no way",
        ),
        (lambda: label_shift_weights([0, 1], [0, 0], [0, 1]), "do not tell"),
    ],
)
def test_errors_name_the_thing(call, what):
    with pytest.raises(ValueError, match=what):
        call()


def test_threshold_is_exceeded_as_often_as_asked_without_drift():
    rng, windows, rows, bins = np.random.default_rng(3), 3000, 2000, 10
    counts = rng.multinomial(rows, np.full(bins, 1 / bins), size=(windows, 2))
    shares = counts / rows
    values = np.sum((shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0]), axis=1)
    rate = np.mean(values > psi_threshold(rows, rows, bins, 0.05))
    # Four standard errors of a share over 3,000 windows. The chi-square law is one for many rows: with 200 in a bin its
    # relative error is of order 1/200, far below.
    assert abs(rate - 0.05) < 4 * math.sqrt(0.05 * 0.95 / windows)


def test_threshold_shares_the_rate_among_tests():
    assert psi_threshold(500, 500, 10, 0.05, tests=20) == psi_threshold(500, 500, 10, 0.0025)


def test_expected_psi_is_the_limit_of_many_rows():
    rng, rows = np.random.default_rng(5), 400_000
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    value = psi(rng.normal(size=rows), rng.normal(0.5, 1, rows), edges)
    noise, limit = 2 / rows, expected_psi(0.5)
    # scaled non-central chi-square: mean limit + 9 noise, variance noise^2 (2 * 9 + 4 limit / noise)
    scatter = noise * math.sqrt(18 + 4 * limit / noise)
    assert abs(value - limit - 9 * noise) < 4 * scatter


def test_operating_point_without_a_shift_detects_no_more_than_chance():
    found = operating_point(0.0, 7, 0.05, 1)
    assert found["chance"] * 91 / 7 == pytest.approx(found["false_alarms"], rel=1e-9)


def test_a_higher_threshold_trades_false_alarms_for_delay():
    points = [operating_point(0.4, 7, threshold, 8) for threshold in (0.02, 0.06, 0.12, 0.3)]
    assert all(a["false_alarms"] > b["false_alarms"] for a, b in itertools.pairwise(points))
    assert all(a["delay"] <= b["delay"] for a, b in itertools.pairwise(points))


def test_cost_adds_both_and_ends_with_the_quarter():
    assert alarm_cost(3, 10, price_of_alarm=100, price_of_day=7) == 370
    assert alarm_cost(0, 1e9, price_of_alarm=100, price_of_day=7) == 91 * 7


def test_cusum_is_the_recursion_of_page():
    values = np.random.default_rng(1).random(200) < 0.3
    total, expected = 0.0, []
    for value in values:
        total = max(0.0, total + value - 0.2 - 0.1)
        expected.append(total)
    assert cusum(values, 0.2, 0.1) == pytest.approx(expected, abs=1e-12)


def test_alarms_before_the_change_are_false_and_the_day_itself_is_not():
    assert delay_and_false_alarms([50, 3, 40, 9], 40) == (2, 0)
    assert delay_and_false_alarms([3], 40) == (1, None)


def test_label_shift_is_exact_when_the_mix_is():
    # Confusion known exactly and asymmetric, so that a transposed matrix fails: recall 0.75, false calls 0.2.
    labels = np.repeat([1, 0], [40, 160])
    called = np.r_[np.repeat([1, 0], [30, 10]), np.repeat([1, 0], [32, 128])]
    now = np.repeat([1, 0], [420, 580])  # 0.4 of 1,000 late: 0.75 * 400 + 0.2 * 600 called
    weights = label_shift_weights(labels, called, now)
    assert weights * [0.8, 0.2] == pytest.approx([0.6, 0.4], abs=1e-12)
    assert correct_forecast([0.2], weights) == pytest.approx([0.4], abs=1e-12)


def test_importance_weights_average_to_one_and_cost_rows():
    x = np.random.default_rng(2).normal(0.5, 0.5, 20_000)
    weights = gaussian_density_ratio(x, (0.5, 0.5), (0.0, 0.3))
    # E w = 1; E w^2 from the product of normal densities, the inverse of the effective share 0.418
    assert abs(weights.mean() - 1) < 4 * math.sqrt((1 / 0.418 - 1) / len(x))
    assert effective_sample_size(np.ones(7)) == 7
    assert effective_sample_size([1, 0, 0]) == 1


@pytest.fixture(scope="module")
def reference():
    return draw_parcels(parcel_pool(), "nothing", 0.0, 4000, np.random.default_rng(0))


def found_in(reference, cause, rows=3000):
    window = draw_parcels(parcel_pool(), cause, 0.8, rows, np.random.default_rng(1))
    return evidence(reference, window, labelled=rows)


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_leaves_its_own_evidence(reference, cause):
    found = found_in(reference, cause)
    limit = psi_threshold(4000, found["rows"] - found["bad"], 10, 0.001, tests=6)
    surprise = (found["late"] - found["expected"]) / found["spread"]
    assert (found["bad"] > 100) == (cause == "broken data")
    assert (found["psi"]["distance_km"] > 5 * limit) == (cause == "covariate")
    assert (found["psi"]["forecast"] > limit) == (cause in ("covariate", "label"))
    if cause != "broken data":
        assert (surprise > 4) == (cause in ("label", "concept"))


def test_windows_depend_on_the_generator_only():
    one, other = (
        draw_parcels(parcel_pool(), "broken data", 0.3, 200, np.random.default_rng(9)) for _ in range(2)
    )
    assert one.equals(other)


@pytest.mark.parametrize("cause", ["nothing", "covariate"])
def test_where_the_risk_stays_outcomes_are_as_forecast_however_large_the_window(cause):
    found = [evidence_of(cause, np.random.default_rng([11, seed])) for seed in range(12)]
    z = [(one["late"] - one["expected"]) / one["spread"] for one in found]
    # the mean of twelve standard normal values; rows with a weight in grams add less than 0.1 at this size
    assert abs(np.mean(z)) < 4 / math.sqrt(12) + 0.1


def evidence_of(cause, rng):
    rows = draw_parcels(parcel_pool(), cause, 0.5, 12_000, rng)
    return evidence(draw_parcels(parcel_pool(), "nothing", 0, 1_000, rng), rows, labelled=12_000)


def test_usual_weights_in_grams_and_a_chosen_way_of_breaking_show_in_bad_rows():
    rng = np.random.default_rng(12)
    window = draw_parcels(parcel_pool(), "nothing", 0, 5_000, rng, usual_grams=0.05)
    found = evidence(
        window, draw_parcels(parcel_pool(), "broken data", 0.2, 5_000, rng, way="wind"), labelled=10
    )
    assert abs(found["bad_reference"] - 250) < 4 * math.sqrt(250)
    assert abs(found["bad"] - 5_000 * (1 - 0.8 * 0.996)) < 4 * math.sqrt(5_000 * 0.2 * 0.8)
