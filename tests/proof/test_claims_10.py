"""Claims of lesson 10 on 100 seeds: PSI without drift (F1), many tests (F2), label shift (F3), weights (F4)."""

import math

import numpy as np
import pandas as pd
import pytest
from river.drift import ADWIN
from scipy import stats

from holdout import load
from holdout.topics.drift.cases import NUMERIC, draw_window, evidence, parcel_pool
from holdout.topics.drift.experiments import (
    alarm_cost,
    correct_forecast,
    cusum,
    effective_sample_size,
    gaussian_density_ratio,
    ks_p_values,
    label_shift_weights,
    operating_point,
    psi,
    psi_edges,
    psi_threshold,
)

pytestmark = pytest.mark.proof

SEEDS = range(100)


def quiet_psi(rows, bins, windows, rng):
    shares = np.maximum(rng.multinomial(rows, np.full(bins, 1 / bins), size=(windows, 2)), 0.5) / rows
    return np.sum((shares[:, 1] - shares[:, 0]) * np.log(shares[:, 1] / shares[:, 0]), axis=1)


def test_mean_psi_without_drift_is_the_chi_square_mean():
    windows, rows, bins = 2000, 1000, 10
    for seed in SEEDS:
        values = quiet_psi(rows, bins, windows, np.random.default_rng(seed))
        noise = 2 / rows
        # chi-square: mean 9, variance 18. The next term of the expansion is of order bins / rows, 1 % of the mean.
        allowed = 4 * noise * math.sqrt(18 / windows) + 0.01 * 9 * noise
        assert abs(values.mean() - 9 * noise) < allowed, seed


def test_the_rule_of_thumb_cries_wolf_in_small_windows_and_sleeps_in_large_ones():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        assert np.mean(quiet_psi(100, 10, 1000, rng) > 0.1) > 0.75, (
            seed
        )  # law: 0.83; 0.75 is 6 standard errors off
        assert np.mean(quiet_psi(5000, 10, 1000, rng) > 0.1) == 0, seed
    assert psi_threshold(5000, 5000, 10, 1e-6) < 0.1


def test_twenty_tests_alarm_in_64_percent_of_quiet_windows():
    rng, windows = np.random.default_rng(1), 3000
    lowest = np.array(
        [ks_p_values(rng.normal(size=(300, 20)), rng.normal(size=(301, 20))).min() for _ in range(windows)]
    )
    # 300 rows against 301: the p-values are nearly continuous. With 300 on each side they come in steps, and the rate is 58 %.
    assert abs(np.mean(lowest < 0.05) - (1 - 0.95**20)) < 4 * math.sqrt(0.64 * 0.36 / windows)
    assert np.mean(lowest < 0.05 / 20) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / windows)


def test_label_shift_is_recovered_on_every_seed_and_counting_is_not():
    rows, recall, false_positive, old, new = 10_000, 0.75, 0.2, 0.2, 0.5
    for seed in SEEDS:
        rng = np.random.default_rng(seed)

        def called(labels, rng=rng):
            return (rng.random(len(labels)) < np.where(labels == 1, recall, false_positive)).astype(int)

        labels = (rng.random(rows) < old).astype(int)
        now = called((rng.random(rows) < new).astype(int))
        share = labels.mean() * label_shift_weights(labels, called(labels), now)[1]
        # delta method for (mu - f) / (r - f): noise of mu, and of recall and false calls among the reference rows
        variance = 0.475 * 0.525 / rows
        variance += new**2 * recall * (1 - recall) / (old * rows)
        variance += (1 - new) ** 2 * false_positive * (1 - false_positive) / ((1 - old) * rows)
        allowed = 4 * math.sqrt(variance) / (recall - false_positive)
        assert abs(share - new) < allowed, seed
    # counting estimates 0.475 whatever the rows: outside for fewer false calls or a larger shift, e.g. 0.9
    assert abs(recall * 0.9 + false_positive * 0.1 - 0.9) > 0.2


def test_weights_turn_the_slope_of_shimodaira_on_every_seed():
    rows = 20_000
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        x = rng.normal(0.5, 0.5, rows)
        y = -x + x**3 + rng.normal(0, 0.3, rows)
        weights = gaussian_density_ratio(x, (0.5, 0.5), (0.0, 0.3))
        for w, slope in ((np.ones(rows), 0.5), (weights, -0.73)):
            design = np.c_[x, np.ones(rows)]
            bread = np.linalg.inv(design.T @ (w[:, None] * design))
            line = bread @ (design.T @ (w * y))
            meat = design.T @ (((w * (y - design @ line)) ** 2)[:, None] * design)
            error = math.sqrt((bread @ meat @ bread)[0, 0])  # sandwich: the line is not the truth
            # 100 seeds, two slopes: the largest of 200 normal values stays below 4 with probability 0.987
            assert abs(line[0] - slope) < 4.5 * error, seed
        assert effective_sample_size(weights) / rows == pytest.approx(0.418, abs=0.012), seed


def cost(shift, threshold, *, window=7, features=10):
    """Euros per quarter, and days until noticed."""
    found = operating_point(shift, window, threshold, features)
    delay = np.minimum(found["delay"], 91)
    return alarm_cost(found["false_alarms"], delay, price_of_alarm=800, price_of_day=150), delay


def test_most_quiet_windows_of_four_days_have_a_red_feature_among_twelve():
    noise = 1 / (4 * 37) + 1 / 4000
    assert 1 - stats.chi2.cdf(0.10 / noise, 9) ** 12 > 0.7


def test_the_cheapest_threshold_belongs_to_the_shift_that_was_assumed():
    thresholds = np.geomspace(0.01, 0.5, 60)
    best = {shift: thresholds[np.argmin(cost(shift, thresholds)[0])] for shift in (0.2, 0.3, 0.5)}
    assert best[0.2] < best[0.3] < best[0.5]
    assert cost(0.3, best[0.5])[0] > 1.6 * cost(0.3, best[0.3])[0]
    assert cost(0.2, best[0.5])[1] == 91  # the review at the end of the quarter is first


def test_the_psi_of_the_review_passes_both_what_chance_gives_and_the_alarm_that_was_priced():
    thresholds = np.geomspace(0.01, 0.5, 60)
    alarm = thresholds[np.argmin(cost(0.5, thresholds, features=12)[0])]
    assert psi_threshold(4000, 259, 10, 0.05, tests=12) < alarm < 0.16


@pytest.fixture(scope="module")
def parcels():
    frame = load("parcels")
    frame["hour"] = frame["accepted_at"].dt.hour + frame["accepted_at"].dt.minute / 60
    return frame


def between(frame, first, last):
    return frame[(frame["accepted_at"] >= first) & (frame["accepted_at"] < last)]


def test_whole_weeks_are_quiet_for_the_features_of_parcels_and_not_for_the_wind(parcels):
    weeks = between(parcels, "2024-02-05", "2024-10-28")
    number = (weeks["accepted_at"] - pd.Timestamp("2024-02-05")).dt.days // 7
    red = {}
    for feature in ("weight_kg", "distance_km", "stops", "hour", "wind_ms"):
        rest = {n: weeks.loc[number != n, feature] for n in range(38)}
        red[feature] = sum(
            psi(rest[n], weeks.loc[number == n, feature], psi_edges(rest[n])) > 0.142 for n in range(38)
        )
    assert red.pop("wind_ms") > 30
    assert set(red.values()) == {0}


def test_april_moved_the_outcomes_of_express_parcels_and_none_of_their_features(parcels):
    before, after = between(parcels, "2025-02-01", "2025-04-01"), between(parcels, "2025-04-01", "2025-06-01")
    limit = psi_threshold(len(before), len(after), 10, 0.05, tests=4)
    for feature in ("weight_kg", "distance_km", "stops", "hour"):
        assert psi(before[feature], after[feature], psi_edges(before[feature])) < limit, feature
    express = [part.loc[part["service"] == "express", "late"] for part in (before, after)]
    error = math.sqrt(sum(late.var() / len(late) for late in express))
    assert express[1].mean() - express[0].mean() > 4 * error


def alarms(found):
    """Which of the eight measurements of a window pass their share of 5%."""
    limit = psi_threshold(
        found["reference_rows"] - found["bad_reference"],
        found["rows"] - found["bad"],
        found["bins"],
        0.05,
        tests=8,
    )
    usual = found["bad_reference"] / found["reference_rows"] * found["rows"]
    passed = {name: value > limit for name, value in found["psi"].items()}
    passed["bad"] = found["bad"] > stats.poisson.isf(0.05 / 8, max(usual, 1)) + 1
    passed["late"] = abs(found["late"] - found["expected"]) / found["spread"] > stats.norm.isf(0.05 / 16)
    return passed


def test_eight_measurements_share_five_percent_when_each_window_has_its_own_reference():
    pool, windows = parcel_pool(), 400
    passed = [
        alarms(
            evidence(
                draw_window(pool, "nothing", 0, 4000, np.random.default_rng([1, seed])),
                draw_window(pool, "nothing", 0, 1000, np.random.default_rng([2, seed])),
                labelled=1000,
            )
        )
        for seed in range(windows)
    ]
    # Bonferroni promises at most 5%; four standard errors of a share
    assert np.mean([any(one.values()) for one in passed]) < 0.05 + 4 * math.sqrt(0.05 * 0.95 / windows)
    assert np.mean([any(one[name] for name in NUMERIC) for one in passed]) < 0.05 + 4 * math.sqrt(
        0.0475 / windows
    )


def test_counting_is_too_low_for_the_rates_of_the_prediction_and_not_for_all_rates():
    assert 0.36 * 0.56 + 0.64 * 0.11 < 0.36
    assert 0.16 * 0.56 + 0.84 * 0.11 > 0.16  # the same classifier, before the shift: too high


def test_corrected_forecasts_save_money_on_every_draw_of_the_new_window():
    home = parcel_pool()[lambda pool: ~pool["harbour"]]
    half = np.random.default_rng(2).random(len(home)) < 0.5
    held_out, future = home[half], home[~half]
    weight = np.where(future["late"] == 1, 3.0, 1.0)
    saved = []
    for seed in SEEDS:
        chosen = np.random.default_rng(seed).choice(len(future), 3000, p=weight / weight.sum())
        forecast, late = (future[name].to_numpy()[chosen] for name in ("forecast", "late"))
        called, now = ((values >= 0.3).astype(int) for values in (held_out["forecast"].to_numpy(), forecast))
        corrected = correct_forecast(forecast, label_shift_weights(held_out["late"].to_numpy(), called, now))
        paid = [np.where(values >= 0.3, 3.0, 10.0 * late).mean() for values in (forecast, corrected)]
        saved.append(paid[0] - paid[1])
    assert min(saved) > 0.1  # euros per parcel; the lesson's window has 0.27 ± 0.08
    assert abs(np.mean(saved) - 0.27) < 0.08


def test_our_cusum_is_faster_than_adwin_on_streams_that_did_not_choose_its_height():
    def first_after(outcomes, detect):
        return min((time for time in detect(outcomes) if time >= 2000), default=4000) - 2000

    def of_cusum(outcomes):
        found = np.flatnonzero(cusum(outcomes, usual=0.2, slack=0.1) > 12)
        return found[:1].tolist()

    def of_adwin(outcomes):
        detector, found = ADWIN(), []
        for time, outcome in enumerate(outcomes.astype(int).tolist()):
            detector.update(outcome)
            if detector.drift_detected:
                found.append(time)
                detector = ADWIN()
        return found

    draws = np.random.default_rng(171).random((100, 4000))
    quiet = np.arange(4000) < 2000
    streams = draws < np.where(quiet, 0.2, 0.4)
    sooner = [first_after(one, of_adwin) - first_after(one, of_cusum) for one in streams]
    assert np.mean(sooner) > 4 * np.std(sooner, ddof=1) / 10
    faint = draws < np.where(quiet, 0.2, 0.25)
    assert np.mean([first_after(one, of_cusum) == 2000 for one in faint]) > 0.8
    assert np.mean([first_after(one, of_adwin) == 2000 for one in faint]) > 0.6


def test_each_monday_the_last_week_looks_better_than_it_turns_out_to_be(parcels):
    gaps = []
    for monday in pd.date_range("2024-02-05", "2025-06-02", freq="7D"):
        week = between(parcels, monday - pd.Timedelta("7D"), monday)
        known = week[week["label_available_at"] < monday]
        gaps.append(week["late"].mean() - known["late"].mean())
    assert np.mean(gaps) > 4 * np.std(gaps, ddof=1) / math.sqrt(len(gaps))
