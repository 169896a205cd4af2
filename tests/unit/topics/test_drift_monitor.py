"""Whole weeks against a reference: sums per day, the null from shuffled days, bills, and the level of forecasts."""

import numpy as np
import pandas as pd
import pytest

from holdout.data.flights import PLANNED, WEATHER, as_numbers
from holdout.data.loader import flights
from holdout.stats.clusters import mean_by_days
from holdout.topics.drift.experiments import psi, psi_edges, psi_threshold
from holdout.topics.drift.monitor import (
    Scores,
    bill,
    counts_of_days,
    difference_of_means,
    largest_ratio,
    psi_of_counts,
    score_weeks,
    shift_to_share,
    shifted,
    shuffled_weeks,
    sums_of_days,
    whole_weeks,
)


def test_sums_and_counts_belong_to_their_day():
    assert sums_of_days([0, 2, 2], [[1, 1], [2, 1], [4, 1]], 3).tolist() == [[1, 1], [0, 0], [6, 2]]
    counts = counts_of_days([0, 0, 1, 1], np.array([0.0, 5.0, 5.0, np.nan]), np.array([5.0]), 2)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 1]]  # below, from the edge on, missing


def test_psi_of_counts_is_that_of_the_rows():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=300), rng.normal(0.3, 1, 200)
    edges = psi_edges(one)
    counts = [counts_of_days(np.zeros(len(rows), int), rows, edges, 1)[0] for rows in (other, one)]
    assert psi_of_counts(*counts) == pytest.approx(psi(one, other, edges), rel=1e-12)


def test_a_shuffled_week_has_each_weekday_once():
    # the sum of a day is a one at its weekday and its week number
    days = np.c_[np.tile(np.eye(7), (10, 1)), np.repeat(np.arange(10.0), 7)]
    window, rest = shuffled_weeks(days, 2, 50, np.random.default_rng(1))
    assert (window[:, :7] == 2).all() and (rest[:, :7] == 8).all()
    assert len(set(window[:, 7])) > 10  # and not whole weeks


def test_whole_windows_leave_out_a_rest():
    sums = np.ones((35, 1))
    assert whole_weeks(sums, 2).ravel().tolist() == [14, 14]


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: sums_of_days([5], [[1.0]], 3), "between 0 and 2"),
        (lambda: whole_weeks(np.ones((8, 1)), 1), "whole weeks, got 8"),
        (lambda: shuffled_weeks(np.ones((28, 1)), 3, 5, np.random.default_rng(0)), "half of the 4 weeks"),
        (lambda: mean_by_days([1.0, 2.0], [3, 3], [0, 0]), "single day"),
        (lambda: shift_to_share([0.2, 0.4], 1.0), "between 0 and 1"),
        (lambda: shift_to_share([0.0, 0.4], 0.5), "between 0 and 1"),
    ],
)
def test_errors_name_the_thing(call, what):
    with pytest.raises(ValueError, match=what):
        call()


def test_independent_rows_pass_the_limit_of_shuffled_days_as_often_as_asked():
    rng = np.random.default_rng(2)
    sums = rng.multinomial(80, np.full(10, 0.1), size=7 * 40).astype(float)
    found = score_weeks(sums, 30, psi_of_counts, draws=1500)
    by_law = psi_threshold(30 * 560, 560, 10, 0.05)
    # 95% quantile of 1,500 draws: the exceedance of the law's limit has a standard error of 0.0056
    assert abs(np.mean(found.null > by_law) - 0.05) < 4 * 0.0056
    assert len(found.reference) == 30 and len(found.watched) == 10


def test_days_that_share_a_value_need_another_limit():
    rng = np.random.default_rng(3)
    bins = rng.integers(0, 10, 7 * 30)
    sums = 80.0 * np.eye(10)[bins]
    found = score_weeks(sums, 30, psi_of_counts, draws=500)
    assert np.mean(found.null > psi_threshold(30 * 560, 560, 10, 0.05)) == 1
    assert np.quantile(found.null, 0.95) > np.median(found.reference)


def test_several_measurements_share_one_null():
    rng = np.random.default_rng(4)
    tables = [rng.multinomial(80, np.full(5, 0.2), size=7 * 30).astype(float) for _ in range(6)]
    together = largest_ratio([score_weeks(table, 25, psi_of_counts, draws=800) for table in tables])
    assert np.mean(together.null > 1) > 0.15  # each exceeds its own in 5%: six of them in 1 - 0.95^6 = 26%
    assert np.quantile(together.null, 0.95) > 1


def test_signs_can_be_dropped():
    sums = np.c_[np.repeat([1.0, 0.0], 7 * 4), np.ones(56)]
    found = score_weeks(sums, 4, difference_of_means, draws=10)
    assert (found.watched == -1).all() and (found.absolute().watched == 1).all()


def test_a_bill_has_false_alarms_and_silence():
    scores = Scores(np.zeros(5), np.array([0.0, 2, 0, 0]), np.array([2.0, 0, 2, 0]))
    found = bill(scores, 1, window_days=7, change=10, end=28, price_of_alarm=100, price_of_day=10)
    assert (found["red_before"], found["windows_before"], found["red_after"]) == (1, 4, 2)
    assert (
        found["silent_days"] == 21 - 10
    )  # the third window ends on day 21; the first was over before the change
    assert found["cost"] == pytest.approx(0.25 * 13 * 100 + 11 * 10)
    never = bill(scores, 9, window_days=7, change=10, end=28, price_of_alarm=100, price_of_day=10)
    assert never["silent_days"] == 18
    late_alarm = bill(scores, 1, window_days=7, change=10, end=14, price_of_alarm=100, price_of_day=10)
    assert late_alarm["silent_days"] == 4  # an alarm after the end comes too late to count


def test_rows_of_one_day_count_as_one():
    found = mean_by_days(np.repeat([1.0, 0, 1, 0], 50), np.repeat(range(4), 50), np.zeros(200))
    assert found["mean"][0] == 0.5
    assert found["half"][0] == pytest.approx(1.96 * np.std([1, 0, 1, 0], ddof=1) / 2)


def test_a_shift_moves_the_mean_to_the_share_and_keeps_the_order():
    forecast = np.array([0.1, 0.3, 0.6])
    moved = shifted(forecast, shift_to_share(forecast, 0.2))
    assert moved.mean() == pytest.approx(0.2, abs=1e-9)
    assert (np.diff(moved) > 0).all()


@pytest.fixture(scope="module")
def reference():
    """Flights of the 25 whole weeks from 7 January on."""
    frame = flights().dropna(subset="late")
    day = (pd.to_datetime(frame[["year", "month", "day"]]) - pd.Timestamp("2013-01-07")).dt.days
    return frame[day.between(0, 174)], day[day.between(0, 174)].to_numpy()


@pytest.mark.parametrize(("column", "most", "least"), [("wind_speed", 1.0, 0.9), ("carrier", 0.06, 0.0)])
def test_weeks_of_real_flights_pass_the_limit_for_independent_rows_in_wind_and_not_in_the_carrier(
    reference, column, most, least
):
    frame, day = reference
    values = as_numbers(frame, PLANNED + WEATHER)[column].to_numpy()
    counts = counts_of_days(day, values, psi_edges(values[~np.isnan(values)]), 175)
    found = score_weeks(counts, 25, psi_of_counts)
    by_rows = psi_threshold(len(frame), len(frame) // 25, 10, 0.05)
    assert least <= np.mean(found.null > by_rows) <= most
